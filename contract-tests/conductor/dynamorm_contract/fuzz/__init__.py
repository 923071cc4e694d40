"""Random models, values and operations; the only judges are the differential, the round trip and the relay."""

package encryption

// GCM is what values are sealed by, for a test against the standard's own vectors.
var GCM = gcm

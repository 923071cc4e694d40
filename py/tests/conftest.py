from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from dynamorm.testing import FixedClock

# Shared runners are slow now and then; a law does not depend on time.
settings.register_profile("dynamorm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dynamorm")

NOW_NS = 1_700_000_000_123_456_789


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_NS)

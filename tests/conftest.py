"""Settings that all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Whole clusters are drawn, which takes longer than Hypothesis likes on a busy machine; the checks themselves are timed
# by nobody. HYPOTHESIS_PROFILE=thorough multiplies the draws, for the night, or for a change of the engine.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _garbage_stays_garbage() -> Iterator[None]:
    """A command freezes what it loaded, since its process ends soon. The process of the tests goes on."""
    yield
    gc.unfreeze()

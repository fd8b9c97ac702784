"""Settings that all tests share."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

# Whole clusters are drawn, which takes longer than Hypothesis likes on a busy machine; the checks themselves are timed
# by nobody. HYPOTHESIS_PROFILE=thorough multiplies the draws, for the night, or for a change of the engine.
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

MEASURED_EXAMPLES = 10
"""So many examples of a property are measured for coverage. The others try values, not lines, in half the time."""


@pytest.fixture(autouse=True)
def _garbage_stays_garbage() -> Iterator[None]:
    """A command freezes what it loaded, since its process ends soon. The process of the tests goes on."""
    yield
    gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Stops coverage's tracer after the first examples of a property, and starts it again after the last."""
    tracer = sys.gettrace()
    handle = getattr(pyfuncitem.obj, "hypothesis", None)
    if tracer is None or handle is None:
        return (yield)
    # The place for what runs around each example:
    # https://hypothesis.readthedocs.io/en/latest/details.html#custom-function-execution
    inner = handle.inner_test
    examples = itertools.count()

    @functools.wraps(inner)
    def measured_at_first(*arguments: object, **named: object) -> object:
        if next(examples) == MEASURED_EXAMPLES:
            sys.settrace(None)
        return inner(*arguments, **named)

    handle.inner_test = measured_at_first
    try:
        return (yield)
    finally:
        handle.inner_test = inner
        sys.settrace(tracer)

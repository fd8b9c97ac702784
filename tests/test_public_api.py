"""What ``import ringfence`` offers, and that it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ringfence


def test_the_public_names_are_these() -> None:
    assert ringfence.__all__ == [
        "Cluster",
        "Connection",
        "Conversion",
        "Diagnosis",
        "DiffReport",
        "EndpointError",
        "Finding",
        "FixAnswer",
        "FixSet",
        "Generated",
        "Grouping",
        "InputError",
        "Judgement",
        "PortSet",
        "Protocol",
        "QueryError",
        "ReachReport",
        "RingfenceError",
        "Severity",
        "TestReport",
        "Verdict",
        "WhyAnswer",
        "__version__",
        "load",
    ]


@pytest.mark.parametrize("name", ringfence.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(ringfence, name) is not None
    assert name in dir(ringfence)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        ringfence.nothing  # noqa: B018


def test_every_error_is_a_ringfence_error() -> None:
    for error in (ringfence.InputError, ringfence.EndpointError, ringfence.QueryError):
        assert issubclass(error, ringfence.RingfenceError)


def test_importing_the_package_imports_none_of_it() -> None:
    code = "import sys, ringfence; assert not [m for m in sys.modules if m.startswith('ringfence.')]"
    subprocess.run([sys.executable, "-c", code], check=True)

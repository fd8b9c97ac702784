"""Ringfence: the workbench for Kubernetes network policy.

::

    cluster = ringfence.load("manifests/")
    cluster.verdict("shop/Deployment/frontend", "service:shop/cart", 80).allowed

Names are imported when they are first used, so that ``import ringfence`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringfence.cluster import Cluster as Cluster, load as load
    from ringfence.convert.report import Conversion as Conversion
    from ringfence.diagnose.report import Diagnosis as Diagnosis
    from ringfence.diff.report import DiffReport as DiffReport
    from ringfence.explain.judge import Judgement as Judgement
    from ringfence.explain.why import WhyAnswer as WhyAnswer
    from ringfence.fix.propose import FixAnswer as FixAnswer
    from ringfence.fix.propose_all import FixSet as FixSet
    from ringfence.generate import Generated as Generated
    from ringfence.model.errors import (
        EndpointError as EndpointError,
        InputError as InputError,
        QueryError as QueryError,
        RingfenceError as RingfenceError,
    )
    from ringfence.model.finding import Finding as Finding, Severity as Severity
    from ringfence.model.ports import PortSet as PortSet, Protocol as Protocol
    from ringfence.model.verdict import Verdict as Verdict
    from ringfence.reach.report import Connection as Connection, Grouping as Grouping, ReachReport as ReachReport
    from ringfence.testing.report import TestReport as TestReport

__version__ = "0.1.0"

_HOME = {
    "Cluster": "ringfence.cluster",
    "Connection": "ringfence.reach.report",
    "Conversion": "ringfence.convert.report",
    "Diagnosis": "ringfence.diagnose.report",
    "DiffReport": "ringfence.diff.report",
    "EndpointError": "ringfence.model.errors",
    "Finding": "ringfence.model.finding",
    "FixAnswer": "ringfence.fix.propose",
    "FixSet": "ringfence.fix.propose_all",
    "Generated": "ringfence.generate",
    "Grouping": "ringfence.reach.report",
    "InputError": "ringfence.model.errors",
    "Judgement": "ringfence.explain.judge",
    "PortSet": "ringfence.model.ports",
    "Protocol": "ringfence.model.ports",
    "QueryError": "ringfence.model.errors",
    "ReachReport": "ringfence.reach.report",
    "RingfenceError": "ringfence.model.errors",
    "Severity": "ringfence.model.finding",
    "TestReport": "ringfence.testing.report",
    "Verdict": "ringfence.model.verdict",
    "WhyAnswer": "ringfence.explain.why",
    "load": "ringfence.cluster",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    """Imports a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

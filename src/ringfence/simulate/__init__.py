"""Seeded traffic for a cluster with ground truth, in the words of any log format."""

from ringfence.simulate.directory import Written, write
from ringfence.simulate.inventory import states
from ringfence.simulate.loss import LossLaw
from ringfence.simulate.plan import Closed, ExternalName, Plan, Wish
from ringfence.simulate.simulation import LogLine, Simulation, simulate
from ringfence.simulate.truth import TrueEdge, TrueKey, Truth

__all__ = [
    "Closed",
    "ExternalName",
    "LogLine",
    "LossLaw",
    "Plan",
    "Simulation",
    "TrueEdge",
    "TrueKey",
    "Truth",
    "Wish",
    "Written",
    "simulate",
    "states",
    "write",
]

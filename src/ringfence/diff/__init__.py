"""What a change would do: every connection that two states of a cluster treat differently, and why."""

from ringfence.diff.causes import Cause
from ringfence.diff.compute import compute_diff
from ringfence.diff.report import By, Change, ChangeKind, DiffReport, End, Impact, Risk, RiskKind
from ringfence.diff.states import State

__all__ = [
    "By",
    "Cause",
    "Change",
    "ChangeKind",
    "DiffReport",
    "End",
    "Impact",
    "Risk",
    "RiskKind",
    "State",
    "compute_diff",
]

"""What a dialect's reader is given and gives back."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject
from ringfence.model.policy import Policy


class StageName(enum.Enum):
    """The stages of the network layer, in the order they are judged; the value is the stage's name."""

    ADMIN = "admin"
    NETWORK_POLICY = "networkpolicy"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Reading:
    """The circumstances of one run: which CNI's reading to follow, and where findings go."""

    cni: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A policy and the stage that it belongs to."""

    stage: StageName
    policy: Policy


Reader = Callable[[RawObject, Reading], ReadPolicy | None]
"""Reads one object; None, with a finding, where it must be left out."""

"""What a dialect's reader is given and gives back."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.policy import Action, Policy, StageKind

NETWORK_LAYER = "network"
MESH_LAYER = "mesh"
FIREWALL_LAYER = "firewall"
"""Firewalls of namespaces, which stand beside the network's policies: both must allow."""


@dataclass(frozen=True, slots=True)
class StageKey:
    """A stage of a layer, by which the policies of all dialects are put together; the lowest rank is judged first."""

    rank: float
    name: str
    kind: StageKind
    default: Action = Action.PASS
    layer: str = NETWORK_LAYER


# The ranks of the network layer are on the scale of Calico's tier orders, where the tier of NetworkPolicy has 1,000,000
# and those of ClusterNetworkPolicy 1,000 and 10,000,000 (Calico reference, Tier).
ADMIN = StageKey(1_000.0, "admin", StageKind.ORDERED)
NETWORK_POLICY = StageKey(1_000_000.0, "networkpolicy", StageKind.ADDITIVE)
BASELINE = StageKey(10_000_000.0, "baseline", StageKind.ORDERED)


@dataclass(frozen=True)
class Reading:
    """The circumstances of one run.

    ``cni`` is the CNI whose reading to follow; ``snapshot`` the cluster that policies speak of (Services, nodes).
    Findings go to ``findings``. ``staged`` asks for policies that are written down and not enforced.
    """

    cni: str
    snapshot: Snapshot = field(default_factory=Snapshot)
    findings: list[Finding] = field(default_factory=list)
    staged: bool = False

    @property
    def objects(self) -> ByKind:
        """The policies of the snapshot and what they refer to (network sets, tiers), by API group and kind."""
        key = id(self.snapshot)
        known = _indexed.get(key)
        if known is None:
            alive = weakref.ref(self.snapshot, lambda _: _indexed.pop(key, None))
            known = _indexed[key] = (alive, _by_kind(self.snapshot.policies))
        return known[1]


ByKind = Mapping[tuple[str, str], Sequence[RawObject]]
"""Objects by API group and kind."""

# Trying a patch reads one policy of a snapshot of thousands: they are sorted once a snapshot, and forgotten with it.
_indexed: dict[int, tuple[weakref.ref[Any], ByKind]] = {}


def _by_kind(policies: Sequence[RawObject]) -> ByKind:
    found: dict[tuple[str, str], list[RawObject]] = {}
    for raw in policies:
        group, _ = split_api_version(raw.ref.api_version)
        found.setdefault((group, raw.ref.kind), []).append(raw)
    return found


def split_api_version(api_version: str) -> tuple[str, str]:
    """``(group, version)``; the core group is empty."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", group)


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A policy and the stage that it belongs to."""

    stage: StageKey
    policy: Policy


Reader = Callable[[RawObject, Reading], Sequence[ReadPolicy] | None]
"""Reads one object, which may have a part in several stages; None, with a finding, where it must be left out."""

"""The intermediate form that every policy dialect is read into.

A :class:`PolicySet` has layers (network, mesh); a connection must be allowed in each. A layer is a sequence of
stages, judged once at the source for egress and once at the destination for ingress. In a stage,

- *ordered*: policies by order, rules in the order written; the first rule that matches decides. ``PASS`` goes on to
  the next stage; ``LOG`` decides nothing. Without a match the stage's ``default`` applies to endpoints that one of
  its policies selects.
- *additive*: an endpoint that some policy isolates for the direction gets what any rule allows, and nothing else;
  for an endpoint that none isolates the stage decides nothing.

What no stage decides is allowed. Design §2 tabulates how each API maps to stages.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.peers import (
    AddressPeer,
    AllPeers,
    AnyPeer,
    NamePeer,
    NodePeer,
    NotPeer,
    Peer,
    PodPeer,
    SameNodePeer,
    leaves,
)
from ringfence.model.ports import PortMatch


class Direction(enum.Enum):
    """The side of the connection that a rule guards."""

    EGRESS = "egress"
    INGRESS = "ingress"

    # Directions are looked up by the million; the hash that Enum brings is Python code.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self.value


class Action(enum.Enum):
    """What a matching rule does."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"
    LOG = "log"

    def __str__(self) -> str:
        return self.value


class StageKind(enum.Enum):
    """How a stage combines its policies; see the module's text."""

    ORDERED = "ordered"
    ADDITIVE = "additive"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold beyond addresses and ports, in words: ``HTTP GET /api``."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy in one direction.

    ``peers`` of ``None`` is everything, outside the cluster too; an empty tuple is nobody. ``ports`` of ``None`` is
    every port of every protocol. ``only`` narrows the policy's subject for this rule (Calico's ``destination`` in an
    ingress rule). A rule matches when ``only`` matches the subject, a peer the other end, a port matches and every
    condition holds.
    """

    action: Action
    peers: tuple[Peer, ...] | None = None
    ports: tuple[PortMatch, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    name: str = ""
    origin: Origin = field(default=UNKNOWN, compare=False)
    only: Peer | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, as one stage sees it.

    ``order`` sorts policies of an ordered stage (priority, then name). ``isolates`` names the directions in which an
    additive stage isolates the subjects; rules of a direction that is not among them still allow, where another
    policy isolates (Cilium ``enableDefaultDeny: false``). An ordered stage takes it as the directions that the policy
    applies to.
    """

    ref: ObjectRef
    subject: PodPeer
    isolates: frozenset[Direction]
    egress: tuple[Rule, ...] = ()
    ingress: tuple[Rule, ...] = ()
    order: tuple[float, str] = (0.0, "")
    origin: Origin = field(default=UNKNOWN, compare=False)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """The rules of one direction, in the order written."""
        return self.egress if direction is Direction.EGRESS else self.ingress


@dataclass(frozen=True, slots=True)
class Stage:
    """Policies that are judged together.

    ``default`` is what an ordered stage does for an endpoint that one of its policies selects for the direction when
    no rule matches: ``PASS`` (go on) or ``DENY`` (Calico's end of tier). Ignored by additive stages.
    Policies of an ordered stage are sorted by ``order``.
    """

    name: str
    kind: StageKind
    policies: tuple[Policy, ...] = ()
    default: Action = Action.PASS

    @property
    def closes(self) -> bool:
        """True where an endpoint that the stage has a policy for is denied what no rule allows."""
        return self.kind is StageKind.ADDITIVE or self.default is Action.DENY

    def heeds(self, policy: Policy, direction: Direction) -> bool:
        """True where one of the stage's policies has a say on a direction."""
        if direction in policy.isolates:
            return True
        return self.kind is StageKind.ADDITIVE and bool(policy.rules(direction))


@dataclass(frozen=True, slots=True)
class Layer:
    """Stages that end in one decision: the network layer, the mesh layer."""

    name: str
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies of a snapshot."""

    layers: tuple[Layer, ...] = ()

    def policies(self) -> Iterator[Policy]:
        """Every policy, layer by layer, stage by stage."""
        for layer in self.layers:
            for stage in layer.stages:
                yield from stage.policies


__all__ = [
    "Action",
    "AddressPeer",
    "AllPeers",
    "AnyPeer",
    "Condition",
    "Direction",
    "Layer",
    "NamePeer",
    "NodePeer",
    "NotPeer",
    "Peer",
    "PodPeer",
    "Policy",
    "PolicySet",
    "Rule",
    "SameNodePeer",
    "Stage",
    "StageKind",
    "leaves",
]

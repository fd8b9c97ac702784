"""The answer to "may this connect to that": the verdict and the full trace of how each stage decided."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, NamePeer, Peer, Policy, Rule
from ringfence.model.ports import AnyProtocol, PortMatch


@dataclass(frozen=True, slots=True)
class AddressEndpoint:
    """An address that is no known pod's: outside the cluster, or a node's (``node`` names it)."""

    address: int
    node: str = ""

    def __str__(self) -> str:
        return format_address(self.address)


Endpoint = Pod | AddressEndpoint


class Outcome(enum.Enum):
    """What a direction, or one of its stages, came to."""

    ALLOW = "allow"
    DENY = "deny"
    NEXT = "next"
    """The stage decided nothing: the next one is asked."""

    def __str__(self) -> str:
        return self.value


class Reason(enum.Enum):
    """Why a direction is decided as it is."""

    RULE = "rule"
    """A rule matched."""
    NO_RULE = "no-rule"
    """The endpoint is isolated and no rule allows the connection."""
    STAGE_DEFAULT = "stage-default"
    """No rule of an ordered stage matched, and its default denies."""
    NOT_ISOLATED = "not-isolated"
    """No stage decided: traffic is allowed by default."""
    NO_SUBJECT = "no-subject"
    """The endpoint is outside the cluster or of the host network: pod policy doesn't apply to it."""
    SELF = "self"
    """A pod may always reach itself."""
    SAME_NODE = "same-node"
    """A node may always reach the pods that it runs."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class PeerMiss:
    """Why one peer entry of a rule doesn't match: ``text`` in words, ``distance`` 1 for a near miss, more for far."""

    peer: Peer
    text: str
    distance: int


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule met the connection.

    ``peer`` is the entry that matched, ``None`` for "everything" or no match; ``misses`` tell each entry's failure
    where none matched. ``port_matches`` tells whether the ports match; ``port`` which entry did; ``port_miss`` the
    failure in words.
    """

    policy: Policy
    direction: Direction
    index: int
    rule: Rule
    peer_matches: bool
    port_matches: bool
    peer: Peer | None = None
    port: PortMatch | None = None
    misses: tuple[PeerMiss, ...] = ()
    port_miss: str = ""

    @property
    def matches(self) -> bool:
        """True where peers and ports both match; conditions are not looked at."""
        return self.peer_matches and self.port_matches

    @property
    def uncertain(self) -> bool:
        """True where the input can't say whether a matching rule applies: it has conditions, or a name matched."""
        return bool(self.rule.conditions) or (isinstance(self.peer, NamePeer) and self.peer.uncertain)


@dataclass(frozen=True, slots=True)
class StageTrace:
    """One stage's decision for one direction.

    ``selecting`` are the stage's policies that select the endpoint for the direction; ``rules`` how each of their
    rules met the connection, in the order judged, ending in an ordered stage with the deciding one; ``deciding`` are
    the rules that brought the outcome about.
    """

    layer: str
    stage: str
    outcome: Outcome
    selecting: tuple[Policy, ...] = ()
    rules: tuple[RuleTrace, ...] = ()
    deciding: tuple[RuleTrace, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectionVerdict:
    """Egress at the source, or ingress at the destination.

    ``conditional`` holds the rules that would change the outcome to allowed if their conditions hold (names, L7); it
    is empty where the outcome is certain. Stages after the deciding one are not traced.
    """

    direction: Direction
    allowed: bool
    reason: Reason
    stages: tuple[StageTrace, ...] = ()
    conditional: tuple[RuleTrace, ...] = ()

    @property
    def deciding(self) -> tuple[RuleTrace, ...]:
        """The rules that decided, of every layer."""
        return tuple(rule for stage in self.stages if stage.outcome is not Outcome.NEXT for rule in stage.deciding)


@dataclass(frozen=True, slots=True)
class Verdict:
    """May ``source`` open a connection to ``destination`` on this port?"""

    source: Endpoint
    destination: Endpoint
    protocol: AnyProtocol
    port: int
    egress: DirectionVerdict
    ingress: DirectionVerdict

    @property
    def allowed(self) -> bool:
        """True where both directions surely allow the connection."""
        return self.egress.allowed and self.ingress.allowed

    @property
    def conditional(self) -> bool:
        """True where the connection is not surely allowed, but would be if the named conditions held."""
        return not self.allowed and all(side.allowed or side.conditional for side in (self.egress, self.ingress))


__all__ = [
    "AddressEndpoint",
    "DirectionVerdict",
    "Endpoint",
    "Outcome",
    "PeerMiss",
    "Reason",
    "RuleTrace",
    "StageTrace",
    "Verdict",
]

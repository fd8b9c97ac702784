"""What a proposal is made of: rules with their evidence, and what becomes of each direction of a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ringfence.learn.demands import Port, number_of
from ringfence.learn.evidence import Evidence, together
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.policy import Action, Direction, Peer, Rule
from ringfence.model.ports import Icmp, IcmpRange, PortMatch, PortRange


class Purpose(Enum):
    """Why a rule is there."""

    OBSERVED = "observed"
    DNS = "dns"
    WEBHOOK = "webhook"
    PUBLIC = "public"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class LearnedRule:
    """One rule with what it rests on.

    ``peer`` says in words whom it is for. ``name`` is a DNS name, ``addresses`` are those that it is written with or
    had when it was seen; ``added`` of them were never seen. ``evidence`` is by port, in order, and empty where only
    the platform asks for the rule.
    """

    direction: Direction
    purpose: Purpose
    peer: str
    ports: tuple[Port, ...]
    rule: Rule
    evidence: tuple[tuple[Port, Evidence], ...] = ()
    name: str = ""
    addresses: AddressSet = NO_ADDRESSES
    added: int = 0
    note: str = ""

    @property
    def total(self) -> Evidence | None:
        """All evidence together; None where there is none."""
        return together(each for _, each in self.evidence) if self.evidence else None


class State(Enum):
    """What becomes of one direction of a workload."""

    ISOLATED = "isolated"  # by the proposal
    GUARDED = "guarded"  # by policies that are there, which allow all that was seen
    OPEN = "open"  # left alone, since something was seen that no rule can name
    UNSEEN = "unseen"  # left alone, since nothing was seen

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Side:
    """One direction of a group: what becomes of it, its new rules, and how many kinds of connections need none."""

    direction: Direction
    state: State
    rules: tuple[LearnedRule, ...] = ()
    known: int = 0
    reasons: tuple[str, ...] = ()


def rule_for(
    direction: Direction,
    purpose: Purpose,
    peer: str,
    peers: tuple[Peer, ...] | None,
    ports: tuple[Port, ...],
    evidence: Mapping[Port, Evidence],
    note: str = "",
) -> LearnedRule:
    """A rule that allows these ports; ``peers`` of None are everyone."""
    entries = tuple(map(_entry, ports))
    rule = Rule(Action.ALLOW, peers, entries)
    return LearnedRule(direction, purpose, peer, ports, rule, tuple(sorted(evidence.items())), note=note)


def _entry(port: Port) -> PortMatch:
    protocol, number = port
    if isinstance(protocol, Icmp):
        return IcmpRange.of(protocol, number_of(port))
    return PortRange(protocol, number, number)

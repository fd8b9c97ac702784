"""The rules that came closest to allowing a denied connection, and what each of them failed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.explain.words import rule_words
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.policy import Action
from ringfence.model.verdict import DirectionVerdict, PeerMiss, RuleTrace

_PORT_DISTANCE = 2
"""Another port is as far off as two labels: a wrong label is the more frequent slip."""

_NOBODY_DISTANCE = 9

NEAREST = "; the nearest, "
"""Begins what :func:`nearest_words` adds to a sentence."""


@dataclass(frozen=True, slots=True)
class NearRule:
    """A rule that would have allowed the connection, had it matched.

    ``peer_misses`` tell the failure of each peer entry, nearest first, none where the peer matches. ``port_miss`` is
    empty where the port matches. ``nobody`` marks a rule whose list of peers is empty. ``condition`` tells what a
    rule that matches still depends on.
    """

    trace: RuleTrace
    distance: int
    peer_misses: tuple[PeerMiss, ...] = ()
    port_miss: str = ""
    nobody: bool = False
    condition: str = ""


def closest(side: DirectionVerdict, limit: int | None = None) -> tuple[NearRule, ...]:
    """The rules of a denied direction that failed, nearest first; rules equally near stay in the order judged.

    Empty where the direction is allowed. A rule that denies or passes is never near: matching it would not help.
    """
    if side.allowed:
        return ()
    found = sorted((_near(trace) for trace in _candidates(side)), key=lambda near: near.distance)
    return tuple(found[:limit])


def nearest_words(side: DirectionVerdict) -> str:
    """The rule that came closest and what it fails on, as the end of a sentence; empty where there is none."""
    for near in closest(side, 1):
        fails = [*(miss.text for miss in near.peer_misses[:1]), *([near.port_miss] if near.port_miss else [])]
        if fails and not near.nobody:
            return f"{NEAREST}{rule_words(near.trace)} fails on {'; '.join(fails)}"
    return ""


def _candidates(side: DirectionVerdict) -> Iterator[RuleTrace]:
    for stage in side.stages:
        for trace in stage.rules:
            if (
                trace.rule.action is Action.ALLOW
                and trace.rule.name != OTHER_PROTOCOLS
                and (not trace.matches or trace.uncertain)
            ):
                yield trace


def _near(trace: RuleTrace) -> NearRule:
    misses = () if trace.peer_matches else tuple(sorted(trace.misses, key=lambda miss: miss.distance))
    nobody = not trace.peer_matches and not misses
    distance = misses[0].distance if misses else _NOBODY_DISTANCE if nobody else 0
    if not trace.port_matches:
        distance += _PORT_DISTANCE
    return NearRule(
        trace,
        distance,
        misses,
        "" if trace.port_matches else trace.port_miss or "another port",
        nobody,
        conditions_of(trace) if trace.matches else "",
    )


def conditions_of(trace: RuleTrace) -> str:
    """What it takes that a matching rule allows, or doesn't deny, in words; empty where it is certain."""
    parts = [condition.text for condition in trace.rule.conditions]
    if trace.uncertain and not parts:
        parts = [f"the address belongs to {trace.peer}"]
    text = ", ".join(parts)
    return f"not ({text})" if text and trace.rule.action is Action.DENY else text

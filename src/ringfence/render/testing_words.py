"""A policy test and what came of it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.causes import first_causes
from ringfence.explain.endpoints import describe
from ringfence.explain.judge import direction_of
from ringfence.model.origin import Origin
from ringfence.model.policy import Direction
from ringfence.model.verdict import Outcome, RuleTrace
from ringfence.render import external
from ringfence.render.lines import count, ports
from ringfence.testing.report import Example, Failure, Result, Share
from ringfence.testing.suite import Case, Connections, Expect, Side

_EXCEPTIONS = 3
_ONE = {Side.FROM: "source", Side.TO: "destination", Side.PORTS: "port"}


def promise(case: Case) -> str:
    """What the test promises: ``From any-pod to dns: allowed.``"""
    text = f"{_ends(case.connections, default='anywhere')}: {_expected(case)}."
    return text[:1].upper() + text[1:]


def _ends(connections: Connections, *, default: str) -> str:
    """Sources, destinations and ports; an end that isn't given is ``default``, and left out where that is empty."""
    sides = (("from", connections.sources), ("to", connections.destinations), ("on", connections.ports))
    return " ".join(
        f"{word} {', '.join(map(str, given)) if given is not None else default}"
        for word, given in sides
        if given is not None or (default and word != "on")
    )


def _expected(case: Case) -> str:
    shown = [_ends(each, default="") for each in case.exceptions[:_EXCEPTIONS]]
    if case.exceptions[_EXCEPTIONS:]:
        shown.append(f"{len(case.exceptions) - _EXCEPTIONS} more")
    exceptions = "; ".join(shown)
    if case.only:
        return f"allowed only {exceptions}"
    enough = " and ".join(f"one {_ONE[side]}" for side in Side if side in case.exists)
    text = f"{case.expect}{f', {enough} is enough' if enough else ''}"
    return f"{text}, except {exceptions}" if exceptions else text


def counter_example(result: Result) -> str:
    """The connection that breaks the promise, in a sentence; empty for a test that passed."""
    failure = result.failure
    if failure is None:
        return ""
    if not failure.examples:
        return "Nothing is as promised."
    return _sentence(failure.examples[0], result.planned.expect)


def _sentence(example: Example, expect: Expect) -> str:
    source, destination = describe(example.source), describe(example.destination)
    on = ports(example.ports)
    if example.uncertain:
        return f"{source} may or may not reach {destination} on {on}: the input can't say, so the promise isn't kept."
    can = "can" if expect is Expect.DENIED else "can't"
    return f"{source} {can} reach {destination} on {on}."


def extent(result: Result) -> str:
    """How many ends of how many break the promise, and further examples; empty where the example is all there is."""
    failure = result.failure
    if failure is None or not failure.examples:
        return ""
    sides = [text for text in (_share(failure.sources, "source"), _share(failure.destinations, "destination")) if text]
    text = f"It concerns {' and '.join(sides)}." if sides else ""
    others = [f"{describe(each.source)} → {describe(each.destination)}" for each in failure.examples[1:]]
    return f"{text} Also: {', '.join(others)}." if others else text


def _share(share: Share, noun: str) -> str:
    parts = []
    if share.points and (share.of_points > 1 or share.of_addresses):
        parts.append(f"{share.points:,} of {count(share.of_points, noun)}")
    if share.addresses:
        whole = share.addresses == share.of_addresses
        parts.append("every address asked about" if whole else f"the addresses {external.describe(share.addresses)}")
    return " and ".join(parts)


def culprit(failure: Failure) -> Origin | None:
    """The policy or rule that brings it about: what denies, or the rule that lets it through; ``None`` for neither."""
    if failure.why is None:
        return None
    for cause in first_causes(failure.why.causes[0]):
        if cause.origin.position.file:
            return cause.origin
    for trace in _allowing(failure):
        if trace.rule.origin.position.file:
            return trace.rule.origin
    return None


def _allowing(failure: Failure) -> Iterator[RuleTrace]:
    """The rules that let the example through, or may; those of the destination first."""
    if failure.why is None:
        return
    verdict = failure.why.judgements[0].groups[0].verdict
    for direction in (Direction.INGRESS, Direction.EGRESS):
        side = direction_of(verdict, direction)
        for stage in side.stages:
            if stage.outcome is Outcome.ALLOW:
                yield from stage.deciding
        yield from side.conditional

"""A broken promise in words: what was expected, the counter-example, and why it is as it is."""

from __future__ import annotations

import click

from ringfence.check.report import TestOutcome
from ringfence.model.objects import Pod
from ringfence.model.verdict import Endpoint
from ringfence.render import why_text
from ringfence.render.lines import ports
from ringfence.testing.report import Example, Share
from ringfence.testing.suite import Case, Connections, Expect


def expects(outcome: TestOutcome) -> str:
    """What the test promises: ``From any-pod to dns: allowed.``, with the reason that its author gave."""
    case = outcome.result.planned.case
    text = f"{_ends(case.connections)}: {_expected(case)}."
    return f"{text[:1].upper()}{text[1:]}{f' Reason: {case.reason}' if case.reason else ''}"


def message(outcome: TestOutcome) -> str:
    """The counter-example in a sentence, and how many more there are; empty for a test that passed."""
    failure = outcome.result.failure
    if failure is None:
        return ""
    if not failure.examples:
        return "No connection is as promised."
    expect = outcome.result.planned.case.expect
    first = _sentence(failure.examples[0], expect)
    others = [f"{_name(each.source)} → {_name(each.destination)}" for each in failure.examples[1:]]
    more = f" The same holds for {', '.join(others)}." if others else ""
    shares = [
        text
        for text in (_share(failure.sources, "source"), _share(failure.destinations, "destination"))
        if text and not outcome.result.planned.case.exists
    ]
    return first + more + (f" Concerned: {' and '.join(shares)}." if shares and others else "")


def details(outcome: TestOutcome) -> str:
    """Why the counter-example is as it is, as ``ringfence why`` says it; empty where it wasn't worked out."""
    failure = outcome.result.failure
    if failure is None or failure.why is None:
        return ""
    return click.unstyle(why_text.render(failure.why, notes=False)).strip("\n")


def whole(outcome: TestOutcome) -> str:
    """All of it, of several lines; for a test that failed."""
    return "\n".join(filter(None, (expects(outcome), message(outcome), details(outcome))))


def _ends(connections: Connections, default: str = "anywhere") -> str:
    """Sources, destinations and ports; an end that isn't given is ``default``, and left out where that is empty."""
    source = ", ".join(map(str, connections.sources)) if connections.sources is not None else default
    destination = ", ".join(map(str, connections.destinations)) if connections.destinations is not None else default
    on = ", ".join(map(str, connections.ports)) if connections.ports is not None else ""
    named = (("from", source), ("to", destination), ("on", on))
    return " ".join(f"{word} {text}" for word, text in named if text)


def _expected(case: Case) -> str:
    exceptions = "; ".join(_ends(each, "") for each in case.exceptions)
    if case.only:
        return f"only {exceptions or 'nothing'}"
    one = f", one of {' and '.join(sorted(map(str, case.exists)))} is enough" if case.exists else ""
    return f"{case.expect}{one}{f', except {exceptions}' if exceptions else ''}"


def _sentence(example: Example, expect: Expect) -> str:
    pair = f"{_name(example.source)} {{}} connect to {_name(example.destination)} on {ports(example.ports)}"
    if example.uncertain:
        return f"{pair.format('may perhaps')}: it depends on what the input can't say."
    return pair.format("may" if expect is Expect.DENIED else "can't") + "."


def _name(end: Endpoint) -> str:
    return str(end.workload) if isinstance(end, Pod) else str(end)


def _share(share: Share, noun: str) -> str:
    return f"{share.points} of {share.of_points} {noun}s" if share.points else ""

"""A broken promise in words: what was expected, the counter-example, and why it is as it is."""

from __future__ import annotations

import click

from ringfence.check.report import TestOutcome
from ringfence.model.origin import Position
from ringfence.render import testing_words as words, why_text


def expects(outcome: TestOutcome) -> str:
    """What the test promises: ``From any-pod to dns: allowed.``, with the reason that its author gave."""
    case = outcome.result.planned.case
    return f"{words.promise(case)} Reason: {case.reason}" if case.reason else words.promise(case)


def message(outcome: TestOutcome) -> str:
    """The counter-example in a sentence, and how far it goes; empty for a test that passed."""
    return " ".join(filter(None, (words.counter_example(outcome.result), words.extent(outcome.result))))


def details(outcome: TestOutcome) -> str:
    """Why the counter-example is as it is, as ``ringfence why`` says it; empty where it wasn't worked out."""
    failure = outcome.result.failure
    if failure is None or failure.why is None:
        return ""
    return click.unstyle(why_text.render(failure.why, notes=False)).strip("\n")


def whole(outcome: TestOutcome) -> str:
    """All of it, of several lines; for a test that failed."""
    return "\n".join(filter(None, (expects(outcome), message(outcome), details(outcome))))


def place(outcome: TestOutcome) -> Position:
    """The rule or policy that breaks the promise, where there is one: that is what is reviewed; else the test."""
    failure = outcome.result.failure
    culprit = words.culprit(failure) if failure is not None else None
    return culprit.position if culprit is not None else outcome.position

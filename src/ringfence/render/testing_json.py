"""What came of policy tests as a TestReport document."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from ringfence.explain.judge import direction_of
from ringfence.explain.why import WhyAnswer
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction
from ringfence.render import json_values, testing_words as words
from ringfence.render.json_values import Json
from ringfence.render.testing_cases import UNCERTAIN, kind_of
from ringfence.render.why_json import cause
from ringfence.render.why_text import sentence
from ringfence.testing.report import Example, Failure, Result, Share, TestReport


def render(report: TestReport, found: Iterable[Finding]) -> str:
    """The document, indented."""
    failed = report.failed
    fields: Json = {
        "summary": {
            "tests": len(report.results),
            "passed": len(report.results) - len(failed),
            "failed": len(failed),
            "uncertain": sum(kind_of(result) == UNCERTAIN for result in failed),
        },
        "tests": [_result(result) for result in report.results],
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("TestReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _result(result: Result) -> Json:
    planned = result.planned
    fields: Json = {
        "suite": planned.suite.name,
        "name": planned.case.name,
        "status": "passed" if result.passed else "failed",
        "expect": str(planned.expect),
        "promise": words.promise(planned.case),
        "origin": json_values.origin(planned.case.origin),
        "notes": list(planned.notes),
    }
    if planned.case.reason:
        fields["reason"] = planned.case.reason
    if result.failure is not None:
        fields["failure"] = _failure(result, result.failure)
    return fields


def _failure(result: Result, failure: Failure) -> Json:
    fields: Json = {
        "kind": kind_of(result),
        "message": words.counter_example(result),
        "sources": _share(failure.sources),
        "destinations": _share(failure.destinations),
        "examples": [_example(example) for example in failure.examples],
    }
    if failure.why is not None:
        fields["why"] = _why(failure.why)
    return fields


def _share(share: Share) -> Json:
    """Addresses are given as ``lo-hi``."""
    fields: Json = {"points": share.points, "of": share.of_points}
    if share.addresses:
        fields["addresses"] = str(share.addresses).split(",")
    return fields


def _example(example: Example) -> Json:
    return {
        "source": json_values.endpoint(example.source),
        "destination": json_values.endpoint(example.destination),
        "ports": json_values.ports(example.ports),
        "explained": json_values.port(example.protocol, example.port),
        "certain": not example.uncertain,
    }


def _why(answer: WhyAnswer) -> Json:
    judgement = answer.judgements[0]
    verdict = judgement.groups[0].verdict
    return {
        "sentence": click.unstyle(sentence(judgement)),
        "causes": [cause(each, judgement) for each in answer.causes[0]],
        **{str(side): json_values.direction(direction_of(verdict, side)) for side in Direction},
    }

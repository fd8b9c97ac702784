"""Mutation coverage as a TestCoverageReport document."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from ringfence.model.finding import Finding
from ringfence.render import json_values
from ringfence.render.json_values import Json
from ringfence.render.testing_coverage import changed
from ringfence.testing.coverage_report import CoverageReport, Equivalent, PlaceCoverage, Status, Survivor
from ringfence.testing.mutants import Mutant


def render(report: CoverageReport, found: Iterable[Finding]) -> str:
    """The document, indented."""
    fields: Json = {
        "summary": {
            "percent": round(report.percent, 2),
            "noticed": report.noticed,
            "survived": report.survived,
            "equivalent": report.equivalent,
            "rules": {status.name.lower(): len(report.with_status(status)) for status in Status},
            "tests": report.cases,
            "failing": list(report.failing),
        },
        "places": [_place(place) for place in report.places],
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("TestCoverageReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _place(found: PlaceCoverage) -> Json:
    place = found.place
    fields: Json = {
        "policy": str(place.policy.ref),
        "name": found.name,
        "status": found.status.name.lower(),
        "origin": json_values.origin(found.origin),
    }
    if place.index is not None:
        fields |= {"direction": str(place.direction), "rule": place.index}
    return {
        **fields,
        "noticed": [{**_mutant(each.mutant), "test": each.case} for each in found.noticed],
        "survivors": [_survivor(each) for each in found.survivors],
        "equivalent": [_equivalent(each) for each in found.equivalent],
    }


def _mutant(mutant: Mutant) -> Json:
    return {"kind": str(mutant.kind), "change": mutant.text, "origin": json_values.origin(mutant.origin)}


def _survivor(found: Survivor) -> Json:
    asked = found.change.connection
    return {
        **_mutant(found.mutant),
        "effect": click.unstyle(changed(found.change)),
        "source": json_values.endpoint(asked.source),
        "destination": json_values.endpoint(asked.destination),
        **json_values.port(asked.protocol, asked.port),
        "allowed": found.change.allowed,
        "test": found.test,
    }


def _equivalent(found: Equivalent) -> Json:
    because = [{"policy": name, "origin": json_values.origin(origin)} for name, origin in found.same.because]
    return {**_mutant(found.mutant), "reason": found.same.text, "because": because}

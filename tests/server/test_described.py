"""The API keeps to its own description, whatever is asked of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

RECORDED = (
    "flows/denied",
    "flows/timeline",
    "flows/top",
    "flows/workload",
    "flows/replay",
    "changes",
    "changes/compare",
)
"""What needs a store of flows or a history: asked in tests of these."""

NAMES = (
    "cluster", "endpoints", "why", "verdict", "reach", "findings", "diagnose", "audit", "state", "map",
    "map/edge", "matrix", "diff", "test",
)  # fmt: skip
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", NAMES)
def test_each_question_is_answered_as_described(address: str, name: str, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operation = described[f"/api/v1/{name}"]["POST" if name in ("diff", "test") else "GET"]
    if mode is GenerationMode.NEGATIVE and name in ("cluster", "diagnose"):
        return  # they have no parameter that could be wrong

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS, timeout=30)

    ask()


def test_the_description_names_every_question(client: httpx.Client) -> None:
    assert set(client.get("/openapi.json").json()["paths"]) == {f"/api/v1/{name}" for name in (*NAMES, *RECORDED)}

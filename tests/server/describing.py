"""Questions to the API that are made up from its own description, right and wrong ones."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

NO_HTTP = "Invalid HTTP request received."


def answers_as_described(address: str, name: str, method: str, mode: GenerationMode) -> None:
    """Asks a few, and holds each answer to the description."""
    operation = schemathesis.openapi.from_url(f"{address}/openapi.json")[f"/api/v1/{name}"][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any]) -> None:
        response = case.call(timeout=30)
        # What is no HTTP is refused by the server of HTTP, before there is an API: its answer is in no description.
        assume(response.text != NO_HTTP)
        case.validate_response(response, checks=CHECKS)

    ask()

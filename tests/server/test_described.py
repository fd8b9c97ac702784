"""The API keeps to its own description, whatever is asked of it."""

from __future__ import annotations

import httpx
import pytest
from schemathesis.generation import GenerationMode

from tests.server.describing import answers_as_described

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


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", NAMES)
def test_each_question_is_answered_as_described(address: str, name: str, mode: GenerationMode) -> None:
    if mode is GenerationMode.NEGATIVE and name in ("cluster", "diagnose"):
        return  # they have no parameter that could be wrong
    answers_as_described(address, name, "POST" if name in ("diff", "test") else "GET", mode)


def test_the_description_names_every_question(client: httpx.Client) -> None:
    assert set(client.get("/openapi.json").json()["paths"]) == {f"/api/v1/{name}" for name in (*NAMES, *RECORDED)}

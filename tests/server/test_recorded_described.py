"""The API about flows and changes keeps to its own description, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode

from tests.server.recorded import changes_of, flows_of, small, small_store
from tests.server.serving import serving
from tests.server.test_described import CHECKS, RECORDED


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("recorded")
    (directory / "cluster").mkdir()
    source = small(directory / "cluster")
    with (
        changes_of(source, directory / "history.db") as (changes, _),
        flows_of(source, small_store(directory, directory / "cluster"), changes) as flows,
        serving(source, flows=flows, changes=changes) as found,
    ):
        yield found


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", RECORDED)
def test_each_question_is_answered_as_described(address: str, name: str, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operation = described[f"/api/v1/{name}"]["POST" if name == "flows/replay" else "GET"]

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

"""The API about flows and changes keeps to its own description, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from schemathesis.generation import GenerationMode

from tests.server.describing import answers_as_described
from tests.server.recorded import changes_of, flows_of, small, small_store
from tests.server.serving import serving
from tests.server.test_described import RECORDED


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
    answers_as_described(address, name, "POST" if name == "flows/replay" else "GET", mode)

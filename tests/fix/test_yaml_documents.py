"""Documents taken out of a text, and keys given another name: everything else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ringfence.fix.yaml_documents import EditError, documents, object_at, window, without_document
from ringfence.fix.yaml_text import edit_document
from ringfence.model.patch import Edit, EditOp

TEXT = """\
# Copyright: everybody.
kind: A
name: one  # the first
---
# About two.
kind: A
name: two
---
kind: B
name: three
"""


@pytest.mark.parametrize(
    ("number", "left"),
    [
        (0, "# Copyright: everybody.\n# About two.\nkind: A\nname: two\n---\nkind: B\nname: three\n"),
        (1, "# Copyright: everybody.\nkind: A\nname: one  # the first\n---\nkind: B\nname: three\n"),
        (2, "# Copyright: everybody.\nkind: A\nname: one  # the first\n---\n# About two.\nkind: A\nname: two\n"),
    ],
)
def test_a_document_goes_with_its_separator(number: int, left: str) -> None:
    assert without_document(TEXT, number) == left


def test_the_only_document_leaves_an_empty_file() -> None:
    assert without_document("kind: A\n", 0) == ""


def test_a_template_is_refused() -> None:
    with pytest.raises(EditError):
        without_document("{{ if x }}\nkind: A\n{{ end }}\n", 0)


def test_of_two_objects_of_one_name_the_one_on_the_line_is_found() -> None:
    def is_a(body: Mapping[str, Any]) -> bool:
        return body.get("kind") == "A"

    assert [found[0] for line in (0, 3, 7) if (found := object_at(TEXT, is_a, line)) is not None] == [0, 0, 1]


def test_a_key_is_renamed_where_it_stands() -> None:
    text = "spec:\n  podSelectors:  # whom?\n    # the web\n    matchLabels: {app: web}\n  ingress: []\n"
    value = documents(text)[0]["spec"]["podSelectors"]
    edits = [
        Edit(EditOp.REMOVE, ("spec", "podSelectors")),
        Edit(EditOp.ADD, ("spec", "podSelector"), value),
    ]
    assert edit_document(text, 0, (), edits) == text.replace("podSelectors", "podSelector")


def test_a_renaming_leaves_other_edits_in_their_order() -> None:
    text = "a: 1\nb: 2\nc: 3\n"
    edits = [
        Edit(EditOp.REMOVE, ("a",)),
        Edit(EditOp.REMOVE, ("b",)),
        Edit(EditOp.ADD, ("d",), 2),
        Edit(EditOp.REPLACE, ("c",), 4),
    ]
    assert edit_document(text, 0, (), edits) == "d: 2\nc: 4\n"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (2, "# Copyright: everybody.\nkind: A\nname: one  # the first\n---\n# About two.\nkind: A\nname: two\n"),
        (4, TEXT),  # the line of the mark is the document's own
        (7, TEXT),
        (9, "---\n# About two.\nkind: A\nname: two\n---\nkind: B\nname: three\n"),
        (0, TEXT),
        (99, TEXT),
    ],
)
def test_a_window_holds_the_document_of_a_line_and_those_beside_it(line: int, part: str) -> None:
    found = window(TEXT, line)
    assert TEXT[found.start : found.end] == part
    assert found.skipped == TEXT[: found.start].count("\n")


def test_where_documents_may_end_early_the_window_is_the_text() -> None:
    text = "a: 1\n...\n---\nb: 2\n---\nc: 3\n---\nd: 4\n"
    assert window(text, 8).end - window(text, 8).start == len(text)

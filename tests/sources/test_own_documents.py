"""Documents of Ringfence's own group are found wherever they lie, and one that can't be read is told of."""

from __future__ import annotations

import io
from pathlib import Path

from ringfence.sources.documents import Documents, load_with_documents, read_documents

SUITE = "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: %s}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
KINDS = ("PolicyTest",)


def write(directory: Path, **files: str) -> str:
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(directory)


def names(documents: Documents) -> list[str]:
    return [raw.ref.name for raw in documents.objects]


def said(documents: Documents) -> list[str]:
    return [finding.what for finding in documents.problems]


def test_documents_are_found_beside_other_objects_with_their_places(tmp_path: Path) -> None:
    documents = read_documents([write(tmp_path, a=POD, b=f"{POD}---\n{SUITE % 'one'}---\n{SUITE % 'two'}")], KINDS)
    assert names(documents) == ["one", "two"]
    assert documents.problems == []
    position = documents.objects[1].origin("metadata", "name").position
    assert (position.file, position.line, position.column) == (str(tmp_path / "b.yaml"), 11, 18)


def test_a_cluster_and_its_documents_are_read_at_once(tmp_path: Path) -> None:
    snapshot, documents = load_with_documents([write(tmp_path, a=POD, b=SUITE % "one")], KINDS)
    assert [pod.name for pod in snapshot.pods] == ["web"]
    assert names(documents) == ["one"]


def test_a_kind_that_is_looked_for_is_found_in_any_group(tmp_path: Path) -> None:
    text = (SUITE % "one").replace("ringfence.dev", "example.com")
    assert names(read_documents([write(tmp_path, a=text)], KINDS)) == ["one"]


def test_documents_come_as_json_and_on_stdin() -> None:
    text = b'{"apiVersion": "ringfence.dev/v1", "kind": "PolicyTest", "metadata": {"name": "one"}}'
    assert names(read_documents(["-"], KINDS, stdin=io.BytesIO(text))) == ["one"]


def test_a_broken_document_of_a_file_that_may_hold_one_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, a=f"{SUITE % 'one'}---\nkind: [\n")
    assert len(read_documents([path], KINDS).problems) == 1
    assert len(load_with_documents([write(tmp_path, b=POD)], KINDS)[1].problems) == 1


def test_a_broken_file_that_names_neither_group_nor_kind_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, a=SUITE % "one", b="kind: [\n", c=POD)
    assert read_documents([path], KINDS).problems == []


def test_a_key_that_is_given_twice_is_a_problem(tmp_path: Path) -> None:
    documents = read_documents([write(tmp_path, a=SUITE % "one, name: two")], KINDS)
    assert "The key `name` is given twice" in said(documents)[0]


def test_a_path_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "can't be read" in said(read_documents([str(tmp_path / "none.yaml")], KINDS))[0]


def test_an_empty_file_holds_none(tmp_path: Path) -> None:
    documents = read_documents([write(tmp_path, a="")], KINDS)
    assert (documents.objects, documents.problems) == ([], [])


def test_they_are_not_counted_as_objects_that_were_skipped(tmp_path: Path) -> None:
    snapshot, _ = load_with_documents([write(tmp_path, a=POD, b=SUITE % "one")], KINDS)
    assert not snapshot.skipped

"""Patches as replacements of text: small, in place, and together exactly the new file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from ringfence.cluster import load
from ringfence.fix.text_edits import TextEdit, applied, edits_between, text_edits
from ringfence.fix.writing import FileChange, WriteError
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - ports:
    - port: 80  # the front
"""

TEXTS = st.text(alphabet="ab \n\r\u2028é", max_size=30)


def made(before: str, after: str) -> list[TextEdit]:
    return list(edits_between(FileChange("f", before, after)))


@pytest.mark.parametrize(
    ("before", "after", "edit"),
    [
        ("port: 80\n", "port: 8080\n", TextEdit("f", 1, 9, 1, 9, "80")),
        ("a: 1\nb: 2\n", "a: 1\nb: 30\n", TextEdit("f", 2, 4, 2, 5, "30")),
        ("a\nb\nc\n", "a\nc\n", TextEdit("f", 2, 1, 3, 1, "")),
        ("a\n", "a\nb\n", TextEdit("f", 2, 1, 2, 1, "b\n")),
        ("é: x\n", "é: y\n", TextEdit("f", 1, 4, 1, 5, "y")),  # a column is a character, not a byte
        ("a\u2028b\n", "a\u2028c\n", TextEdit("f", 1, 3, 1, 4, "c")),  # this separator ends no line
        ("", "a\n", TextEdit("f", 1, 1, 1, 1, "a\n")),
    ],
)
def test_only_what_differs_is_replaced(before: str, after: str, edit: TextEdit) -> None:
    assert made(before, after) == [edit]


def test_lines_far_apart_are_edits_of_their_own() -> None:
    assert len(made("a\nb\nc\n", "x\nb\ny\n")) == 2


@given(TEXTS, TEXTS)
def test_the_edits_together_make_the_new_text(before: str, after: str) -> None:
    assert applied(before, made(before, after)) == after


def test_a_patch_is_replaced_in_the_file_of_its_object(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    ref = ObjectRef("NetworkPolicy", "p", "shop", "networking.k8s.io/v1")
    patch = Patch("t", ref, (Edit(EditOp.REPLACE, ("spec", "ingress", 0, "ports", 0, "port"), 9000),))
    (edit,) = text_edits([patch], load(str(tmp_path)).snapshot)
    assert (edit.file, edit.start_line, edit.start_column) == (str(file), 8, 13)
    assert "port: 9000  # the front\n" in applied(POLICY, [edit])


def test_what_was_read_from_json_has_no_edits(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(
        '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",'
        ' "metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": {}}}',
        encoding="utf-8",
    )
    ref = ObjectRef("NetworkPolicy", "p", "shop", "networking.k8s.io/v1")
    patch = Patch("t", ref, (Edit(EditOp.ADD, ("spec", "policyTypes"), ["Ingress"]),))
    with pytest.raises(WriteError):
        text_edits([patch], load(str(tmp_path)).snapshot)

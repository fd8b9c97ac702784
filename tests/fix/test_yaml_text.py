"""Edits of YAML text: only the lines that an edit is about change, and what can't be done so is refused."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from ringfence.fix.yaml_documents import EditError, documents, object_at
from ringfence.fix.yaml_dump import block, document, flow
from ringfence.fix.yaml_text import edit_document
from ringfence.model.patch import Edit, EditOp, apply_edits

POLICY = """\
# The first document.
kind: ConfigMap
data: {a: "1"}
---
kind: NetworkPolicy   # ours
metadata:
  name: web
  labels:
spec:
  podSelector: {matchLabels: {app: web}}

  # Who may call.
  ingress:
    # The shop.
    - from:
        - podSelector:
            matchLabels:
              app: cart    # the cart
              tier: "api"
        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}
      ports:
      - {protocol: TCP, port: 80}
      - port: 443
        protocol: TCP

    # Nobody else.
  egress: []  # yet
"""

ADD, REPLACE, REMOVE = EditOp.ADD, EditOp.REPLACE, EditOp.REMOVE
RULE = ("spec", "ingress", 0)

# the edit; lines that go; lines that come
TABLE: list[tuple[Edit, list[str], list[str]]] = [
    (Edit(REMOVE, (*RULE, "from", 0, "podSelector", "matchLabels", "tier")), ['              tier: "api"'], []),
    (
        Edit(REMOVE, (*RULE, "from", 0, "podSelector", "matchLabels", "app")),
        ["              app: cart    # the cart"],
        [],
    ),
    (Edit(ADD, (*RULE, "from", 0, "podSelector", "matchLabels", "env"), "prod"), [], ["              env: prod"]),
    (
        Edit(ADD, ("spec", "podSelector", "matchLabels", "tier"), "front"),
        ["  podSelector: {matchLabels: {app: web}}"],
        ["  podSelector: {matchLabels: {app: web, tier: front}}"],
    ),
    (
        Edit(REMOVE, ("spec", "podSelector", "matchLabels", "app")),
        ["  podSelector: {matchLabels: {app: web}}"],
        ["  podSelector: {matchLabels: {}}"],
    ),
    (
        Edit(REPLACE, (*RULE, "ports", 0, "port"), 8080),
        ["      - {protocol: TCP, port: 80}"],
        ["      - {protocol: TCP, port: 8080}"],
    ),
    (Edit(REPLACE, (*RULE, "ports", 1, "port"), "http"), ["      - port: 443"], ["      - port: http"]),
    (
        Edit(REMOVE, (*RULE, "ports", 1, "port")),
        ["      - port: 443", "        protocol: TCP"],
        ["      - protocol: TCP"],
    ),
    (Edit(REMOVE, (*RULE, "ports", 0)), ["      - {protocol: TCP, port: 80}"], []),
    (
        Edit(REMOVE, (*RULE, "from", 1, "ipBlock", "except", 0)),
        ["        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}"],
        ["        - ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}"],
    ),
    (
        Edit(REMOVE, (*RULE, "from", 1, "ipBlock", "except", 1)),
        ["        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}"],
        ["        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}"],
    ),
    (
        Edit(REMOVE, (*RULE, "from", 1, "ipBlock", "except")),
        ["        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}"],
        ["        - ipBlock: {cidr: 10.0.0.0/8}"],
    ),
    (Edit(ADD, (*RULE, "ports", 2), {"port": 53}), [], ["      - port: 53"]),
    (
        Edit(ADD, ("spec", "ingress", 1), {"from": [{"podSelector": {}}]}),
        [],
        ["    - from:", "        - podSelector: {}"],
    ),
    # Before the first rule, and before its comment, which is about that rule.
    (Edit(ADD, ("spec", "ingress", 0), {"ports": [{"port": 1}]}), [], ["    - ports:", "        - port: 1"]),
    (
        Edit(ADD, ("spec", "egress"), [{"to": [{"podSelector": {}}]}]),
        ["  egress: []  # yet"],
        ["  egress:  # yet", "    - to:", "        - podSelector: {}"],
    ),
    (
        Edit(ADD, ("spec", "egress", 0), {"to": [{"podSelector": {}}]}),
        ["  egress: []  # yet"],
        ["  egress:  # yet", "    - to:", "        - podSelector: {}"],
    ),
    (Edit(ADD, ("metadata", "labels", "team"), "web"), [], ["    team: web"]),
    (
        Edit(ADD, ("metadata", "annotations", "why"), "it: is"),
        [],
        ["  annotations:", "    why: 'it: is'"],
    ),
    (Edit(ADD, ("metadata", "labels", "on"), "yes"), [], ["    'on': 'yes'"]),
]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


@pytest.mark.parametrize(("edit", "gone", "come"), TABLE, ids=[f"{e.op} {e.pointer}" for e, _, _ in TABLE])
def test_only_the_lines_of_the_edit_change(edit: Edit, gone: list[str], come: list[str]) -> None:
    after = edit_document(POLICY, 1, (), (edit,))
    assert changed(POLICY, after) == (gone, come)


@pytest.mark.parametrize(("edit", "gone", "come"), TABLE, ids=[f"{e.op} {e.pointer}" for e, _, _ in TABLE])
def test_line_ends_and_a_missing_last_one_stay(edit: Edit, gone: list[str], come: list[str]) -> None:
    expected = edit_document(POLICY, 1, (), (edit,))
    crlf = edit_document(POLICY.replace("\n", "\r\n"), 1, (), (edit,))
    assert crlf == expected.replace("\n", "\r\n")
    assert edit_document(POLICY.rstrip("\n"), 1, (), (edit,)).rstrip("\n") == expected.rstrip("\n")


def test_comments_before_the_first_rule_stay_with_it() -> None:
    after = edit_document(POLICY, 1, (), (Edit(ADD, ("spec", "ingress", 0), {"ports": [{"port": 1}]}),))
    assert "  ingress:\n    - ports:\n        - port: 1\n    # The shop.\n    - from:\n" in after


def test_the_last_key_and_the_last_item_leave_an_empty_value() -> None:
    text = "a:\n  b:\n    c: 1 # one\n  d:\n  - 1\nz: 2\n"
    assert edit_document(text, 0, (), (Edit(REMOVE, ("a", "b", "c")),)) == "a:\n  b: {} # one\n  d:\n  - 1\nz: 2\n"
    assert edit_document(text, 0, (), (Edit(REMOVE, ("a", "d", 0)),)) == "a:\n  b:\n    c: 1 # one\n  d: []\nz: 2\n"


def test_letters_outside_ascii_do_not_shift_the_place() -> None:
    text = "# Größe 🙂\nname: ünïcode\nspec: {port: 80}\n"
    assert edit_document(text, 0, (), (Edit(REPLACE, ("spec", "port"), 81),)) == text.replace("80", "81")


def test_objects_of_a_list_are_edited_there() -> None:
    text = "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 1\n"
    found = object_at(text, lambda body: body.get("kind") == "B")
    assert found is not None
    assert found[:2] == (0, ("items", 1))
    assert edit_document(text, *found[:2], (Edit(REPLACE, ("x",), 2),)) == text[:-2] + "2\n"


@pytest.mark.parametrize(
    ("text", "edit", "reason"),
    [
        ("a: &x {b: 1}\nc: *x\n", Edit(REPLACE, ("a", "b"), 2), "anchor"),
        ("a: &x {b: 1}\nc: *x\n", Edit(REPLACE, ("c", "b"), 2), "anchor"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", Edit(REPLACE, ("c", "b"), 2), "merge key"),
        ("a: {{ .Values.a }}\n", Edit(REPLACE, ("a",), 2), "not plain YAML"),
        ("{{- if .x }}\na: 1\n{{- end }}\n", Edit(REPLACE, ("a",), 2), "not plain YAML"),
        ("- - 1\n  - 2\n", Edit(ADD, (0, 0), 3), "another"),
        ("- - 1\n  - 2\n", Edit(REMOVE, (0, 0)), "one line"),
    ],
)
def test_what_cannot_be_edited_line_by_line_is_refused(text: str, edit: Edit, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        edit_document(text, 0, (), (edit,))


def test_a_comment_in_a_file_with_anchors_is_no_obstacle_elsewhere() -> None:
    text = "a: &x {b: 1}\nc: *x\nd: {e: 1}  # here\n"
    assert edit_document(text, 0, (), (Edit(REPLACE, ("d", "e"), 2),)) == text.replace("{e: 1}", "{e: 2}")


# ---- any document, any edit ---------------------------------------------------------------------------------------

scalars = st.one_of(
    st.integers(-5, 99999),
    st.booleans(),
    st.sampled_from(("web", "yes", "", "80", "a: b", "# no", "-", "10.0.0.0/8", "é")),
)
keys = st.sampled_from(("app", "k8s.io/x", "on", "80", "from"))
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=10,
)


@st.composite
def edits(draw: st.DrawFn, body: dict[str, Any]) -> Edit:
    """An edit at a random place of ``body``."""
    node: Any = body
    path: list[str | int] = []
    while True:
        choices: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        inner = [step for step in choices if isinstance(node[step], dict | list)]
        if draw(st.booleans()) and inner:
            step: Any = draw(st.sampled_from(inner))
            path.append(step)
            node = node[step]
            continue
        op = draw(st.sampled_from(EditOp)) if choices else EditOp.ADD
        if op is EditOp.ADD:
            last: str | int = draw(keys) if isinstance(node, dict) else draw(st.integers(0, len(node)))
        else:
            last = draw(st.sampled_from(choices))
        return Edit(op, (*path, last), None if op is EditOp.REMOVE else draw(values))


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Any], Edit]:
    body = draw(st.dictionaries(keys, values, min_size=1, max_size=4))
    style = draw(st.sampled_from((False, None, True)))
    indent = draw(st.sampled_from((2, 4)))
    dumps = [yaml.safe_dump({"kind": "First"}), yaml.safe_dump(body, default_flow_style=style, indent=indent)]
    lines = dumps[1].splitlines(keepends=True)
    if draw(st.booleans()) and style is False and "'" not in dumps[1]:
        lines = [line for each in lines for line in (("  # about it\n", each) if each.startswith("  ") else (each,))]
    return dumps[0] + "---\n" + "".join(lines), [{"kind": "First"}, body], draw(edits(body))


@given(texts())
@settings(max_examples=400, deadline=None)
def test_an_edit_means_what_json_patch_means_or_is_refused(case: tuple[str, list[Any], Edit]) -> None:
    text, before, edit = case
    assert documents(text) == before
    try:
        after = edit_document(text, 1, (), (edit,))
    except EditError:
        return
    assert documents(after) == [before[0], apply_edits(before[1], (edit,))]


@given(values)
def test_values_are_written_so_that_they_are_read_back(value: Any) -> None:
    assert yaml.safe_load(document(value)) == value
    assert yaml.safe_load("\n".join(block(value))) == value
    assert yaml.safe_load(f"[{flow(value)}]") == [value]

"""A field of the wrong type: the object is left out, the finding has the field's own place, and no other is lost."""

from __future__ import annotations

import json

import pytest

from tests.sources.loading import load_text, of_code, pod, pods


@pytest.mark.parametrize(
    ("text", "place", "path", "says"),
    [
        ("metadata:\n  name: x\n  labels:\n    ok: a\n    on: yes\nspec: {}\n", "<stdin>:7:9", "metadata.labels.true",
         "true or false, where a text belongs"),
        ("metadata: {name: x, labels: [a]}\nspec: {}\n", "<stdin>:3:29", "metadata.labels", "a list, where a mapping"),
        ("metadata: {name: 1.5}\nspec: {}\n", "<stdin>:3:18", "metadata.name", "a number with a fraction"),
        ("metadata: {name: x}\nspec:\n  containers:\n  - ports:\n    - containerPort: 80\n    - containerPort: http\n",
         "<stdin>:8:22", "spec.containers[0].ports[1].containerPort", "a text, where an integer belongs"),
        ("metadata: {name: x}\nspec: {hostNetwork: 'true'}\n", "<stdin>:4:21", "spec.hostNetwork", "a text, where"),
        ("metadata: {name: x}\nspec: [a]\n", "<stdin>:4:7", "spec", "a list, where a mapping"),
        ("metadata: x\n", "<stdin>:3:11", "metadata", "a text, where a mapping"),
    ],
)  # fmt: skip
def test_the_place_of_a_field_of_the_wrong_type(text: str, place: str, path: str, says: str) -> None:
    snapshot = load_text(f"apiVersion: v1\nkind: Pod\n{text}---\n" + pod("good"))
    assert set(pods(snapshot)) == {"default/good"}
    (finding,) = of_code(snapshot, "RF006")
    assert (str(finding.origin.position), finding.origin.path) == (place, path)
    assert says in finding.what


def test_a_label_that_yaml_takes_for_a_number_is_told_to_be_quoted() -> None:
    (finding,) = of_code(load_text(pod("x", labels="{version: 1.20}")), "RF006")
    assert "quotes" in finding.hint


def test_one_bad_item_of_a_json_list_costs_no_other() -> None:
    items = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": {}}
        for name, labels in (("a", {}), ("b", {"x": 1}), ("c", {"x": "1"}))
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)
    snapshot = load_text(text)
    assert set(pods(snapshot)) == {"default/a", "default/c"}
    (finding,) = of_code(snapshot, "RF006")
    assert finding.origin.path == "metadata.labels.x"
    line, column = finding.origin.position.line, finding.origin.position.column
    assert text.splitlines()[line - 1][column - 1 :] == "1"
    assert str(finding.subject) == "default/Pod/b"


@pytest.mark.parametrize(
    "item",
    [
        1,
        "x",
        None,
        [],
        {},
        {"kind": "Pod"},
        {"kind": 1, "apiVersion": "v1"},
        {"apiVersion": "v1"},
        {"apiVersion": "v1", "kind": ""},
    ],
)
@pytest.mark.parametrize("yaml", [False, True])
def test_an_item_of_a_list_that_is_no_object_is_a_finding(item: object, yaml: bool) -> None:
    good = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "good"}, "spec": {}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item, good]})
    snapshot = load_text("# YAML\n" + text if yaml else text)
    assert set(pods(snapshot)) == {"default/good"}
    assert len(of_code(snapshot, "RF005")) == (0 if yaml and item is None else 1)


@pytest.mark.parametrize(
    "text", ['{"kind": "List", "apiVersion": "v1", "items": {}}', '{"kind": 5}', '{"kind": "Pod", "items": 3}']
)
def test_json_of_an_unexpected_form_does_not_stop_the_run(text: str) -> None:
    load_text(text + "\n" + json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {}}))

"""Every expected place was counted by hand in the text beside it."""

from __future__ import annotations

import json

import pytest

from ringfence.model.objects import RawObject
from tests.sources.loading import load_text

YAML = """\
# a comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: "é-name"
  namespace: a
spec:
  podSelector: &sel {matchLabels: {app: "ü", tier: web}}
  ingress:
  - from:
    - podSelector: *sel
    - ipBlock:
        cidr: 10.0.0.0/8
    ports: [{port: 80}, {port: 443, protocol: TCP}]
  -
    ports:
      - port: 1
"""


def policy(text: str) -> RawObject:
    return load_text(text).policies[0]


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        ((), False, "2:1"),
        (("metadata",), True, "4:1"),
        (("metadata",), False, "5:3"),
        (("metadata", "name"), False, "5:9"),
        (("spec", "podSelector"), True, "8:3"),
        (("spec", "podSelector", "matchLabels", "tier"), True, "8:46"),
        (("spec", "ingress"), False, "10:3"),
        (("spec", "ingress", 0), False, "10:5"),
        (("spec", "ingress", 0, "from", 1, "ipBlock", "cidr"), False, "13:15"),
        (("spec", "ingress", 0, "ports", 1, "protocol"), True, "14:37"),
        (("spec", "ingress", 1), False, "16:5"),
        (("spec", "ingress", 1, "ports", 0, "port"), False, "17:15"),
    ],
)
def test_every_key_and_value_has_its_line_and_column(path: tuple[str | int, ...], key: bool, place: str) -> None:
    assert str(policy(YAML).source.locate(path, key=key)) == f"<stdin>:{place}"


def test_an_alias_stands_at_its_own_place_and_what_is_in_it_at_the_anchor() -> None:
    source = policy(YAML).source
    assert str(source.locate(("spec", "ingress", 0, "from", 0, "podSelector"))) == "<stdin>:11:20"
    inside = ("spec", "ingress", 0, "from", 0, "podSelector", "matchLabels", "app")
    assert str(source.locate(inside, key=True)) == "<stdin>:8:36"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("spec", "egress"), "8:3"),
        (("spec", "ingress", 7), "10:3"),
        (("spec", "ingress", "x"), "10:3"),
        (("x",), "2:1"),
    ],
)
def test_a_path_that_does_not_exist_has_the_place_of_what_encloses_it(path: tuple[str | int, ...], place: str) -> None:
    assert str(policy(YAML).source.locate(path)) == f"<stdin>:{place}"


def test_places_count_from_the_start_of_the_file_in_every_document() -> None:
    text = "kind: A\napiVersion: v1\n---\n" + YAML
    assert str(policy(text).source.locate(("spec",), key=True)) == "<stdin>:10:1"


def test_places_in_a_file_with_windows_line_ends() -> None:
    assert str(policy(YAML.replace("\n", "\r\n")).source.locate(("spec", "ingress", 1))) == "<stdin>:16:5"


def test_a_byte_order_mark_moves_nothing() -> None:
    assert str(load_text(b"\xef\xbb\xbf" + YAML.encode()).policies[0].source.locate(("metadata", "name"))) == (
        "<stdin>:5:9"
    )


BODY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "x", "namespace": "a"},
    "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]},
}


def test_a_json_object_has_lines_too() -> None:
    text = json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": [BODY, BODY | {"metadata": {"name": "y"}}]}, indent=2
    )
    lines = text.splitlines()
    first, second = load_text(text).policies
    for raw, name in ((first, '"x"'), (second, '"y"')):
        found = raw.source.locate(("metadata", "name"))
        assert lines[found.line - 1][found.column - 1 :].startswith(name)
    port = second.source.locate(("spec", "ingress", 0, "ports", 0, "port"), key=True)
    assert lines[port.line - 1][port.column - 1 :] == '"port": 80'
    start = second.source.locate(())
    assert lines[start.line - 1][start.column - 1 :] == "{"
    assert start.line < second.source.locate(("metadata",)).line


def test_columns_of_json_on_one_line() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [BODY]})
    found = load_text(text).policies[0].source.locate(("spec", "ingress"))
    assert found.line == 1
    assert text[found.column - 1 :].startswith('[{"ports"')


def test_an_item_of_a_typed_list_is_located_without_the_kind_that_it_is_given() -> None:
    item = {"metadata": {"name": "x"}, "spec": {"podSelector": {}}}
    text = json.dumps({"kind": "NetworkPolicyList", "apiVersion": "networking.k8s.io/v1", "items": [item]}, indent=1)
    (found,) = load_text(text).policies
    assert found.body["kind"] == "NetworkPolicy"
    assert found.body["apiVersion"] == "networking.k8s.io/v1"
    place = found.source.locate(("spec", "podSelector"), key=True)
    assert text.splitlines()[place.line - 1][place.column - 1 :] == '"podSelector": {}'


def test_a_json_text_that_yaml_can_not_read_has_the_place_of_its_object() -> None:
    body = json.dumps(BODY | {"note": "\U0001f600"}, indent=1)
    assert "\\ud83d" in body
    found = load_text("\n\n" + body).policies[0].source.locate(("spec", "ingress"))
    assert (found.line, found.column) == (3, 1)


def test_every_value_of_a_long_list_has_its_own_line() -> None:
    """Flow mappings of two keys and plain values in turn, so that the values are of unequal size in the table."""
    lines = ["values:", *(f"- {{a: {n}, b: [1, 2]}}" if n % 2 else f"- {n}" for n in range(200))]
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: long}\n" + "\n".join(lines)
    (raw,) = load_text(text).policies
    assert [raw.origin("values", n).position.line for n in range(200)] == [5 + n for n in range(200)]

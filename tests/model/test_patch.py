"""Edits follow RFC 6902; the examples are those of its appendix A, with paths as tuples."""

from typing import Any

import pytest

from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, apply_edits

_TARGET = ObjectRef("NetworkPolicy", "web", "shop")


@pytest.mark.parametrize(
    ("body", "edit", "result"),
    [
        # A.1 adding an object member
        ({"foo": "bar"}, Edit(EditOp.ADD, ("baz",), "qux"), {"foo": "bar", "baz": "qux"}),
        # A.2 adding an array element inserts before the index
        ({"foo": ["bar", "baz"]}, Edit(EditOp.ADD, ("foo", 1), "qux"), {"foo": ["bar", "qux", "baz"]}),
        # 4.1 the index may be the length: the element is appended
        ({"foo": ["bar"]}, Edit(EditOp.ADD, ("foo", 1), "baz"), {"foo": ["bar", "baz"]}),
        # A.3, A.4 removing
        ({"baz": "qux", "foo": "bar"}, Edit(EditOp.REMOVE, ("baz",)), {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, Edit(EditOp.REMOVE, ("foo", 1)), {"foo": ["bar", "baz"]}),
        # A.5 replacing
        ({"baz": "qux", "foo": "bar"}, Edit(EditOp.REPLACE, ("baz",), "boo"), {"baz": "boo", "foo": "bar"}),
        # 4.1 an add of a member that exists replaces it
        ({"foo": 1}, Edit(EditOp.ADD, ("foo",), 2), {"foo": 2}),
        # below lists and mappings
        ({"a": [{"b": {}}]}, Edit(EditOp.ADD, ("a", 0, "b", "c"), 1), {"a": [{"b": {"c": 1}}]}),
    ],
)
def test_an_edit_does_what_the_rfc_says(body: dict[str, Any], edit: Edit, result: dict[str, Any]) -> None:
    assert apply_edits(body, (edit,)) == result


@pytest.mark.parametrize(
    "edit",
    [
        Edit(EditOp.ADD, ("nope", 0), 1),
        Edit(EditOp.REPLACE, ("nope", "c"), 1),
        Edit(EditOp.REMOVE, ("nope",)),
        Edit(EditOp.REPLACE, ("nope",), 1),
        Edit(EditOp.ADD, ("list", 3), 1),
        Edit(EditOp.REPLACE, ("list", 1), 1),
        Edit(EditOp.ADD, ("list", 0, "deep"), 1),
    ],
)
def test_a_path_that_does_not_exist_is_refused(edit: Edit) -> None:
    with pytest.raises(LookupError):
        apply_edits({"list": ["one"]}, (edit,))


def test_an_add_makes_the_mappings_on_its_way() -> None:
    edit = Edit(EditOp.ADD, ("metadata", "labels", "tier"), "api")
    assert apply_edits({"metadata": {"labels": None}}, (edit,)) == {"metadata": {"labels": {"tier": "api"}}}
    assert apply_edits({}, (edit,)) == {"metadata": {"labels": {"tier": "api"}}}


def test_edits_follow_one_another_and_leave_the_body_alone() -> None:
    body = {"spec": {"ingress": [{"ports": [{"port": 80}]}]}}
    edits = (
        Edit(EditOp.REPLACE, ("spec", "ingress", 0, "ports", 0, "port"), 8080),
        Edit(EditOp.ADD, ("spec", "ingress", 1), {}),
    )
    assert apply_edits(body, edits) == {"spec": {"ingress": [{"ports": [{"port": 8080}]}, {}]}}
    assert body == {"spec": {"ingress": [{"ports": [{"port": 80}]}]}}


def test_a_pointer_escapes_slashes_and_tildes() -> None:
    path = ("metadata", "labels", "app.kubernetes.io/name~x", 0)
    assert Edit(EditOp.ADD, path).pointer == "/metadata/labels/app.kubernetes.io~1name~0x/0"


def test_a_patch_gives_the_new_body() -> None:
    assert Patch("delete it", _TARGET, delete=True).apply({"a": 1}) is None
    assert Patch("make it", _TARGET, manifest={"b": 1}).apply(None) == {"b": 1}
    assert Patch("edit it", _TARGET, (Edit(EditOp.REMOVE, ("a",)),)).apply({"a": 1}) == {}


def test_an_edited_object_must_be_there() -> None:
    with pytest.raises(LookupError, match="shop/NetworkPolicy/web"):
        Patch("edit it", _TARGET, (Edit(EditOp.REMOVE, ("a",)),)).apply(None)

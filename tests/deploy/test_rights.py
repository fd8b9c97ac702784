"""The rights that the chart gives are those of the manifest that is tested to be enough and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.deploy.chart import DEPLOY, Object, objects, one

MANIFEST = [each for each in yaml.safe_load_all((DEPLOY / "rbac.yaml").read_text(encoding="utf-8")) if each]


def bare(item: Object) -> dict[str, Any]:
    """An object without labels, which the plain manifest doesn't have."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "labels"}
    return {**item, "metadata": metadata}


@pytest.mark.parametrize("kind", ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"])
def test_the_chart_has_the_manifest_s(kind: str) -> None:
    (manifest,) = (each for each in MANIFEST if each["kind"] == kind)
    assert bare(one(kind)) == manifest


def test_with_namespaces_the_same_rules_hold_in_those_and_nowhere_else() -> None:
    (rules,) = (each["rules"] for each in MANIFEST if each["kind"] == "ClusterRole")
    found = objects({"rbac": {"namespaces": ["shop", "data"]}})
    roles = {each["metadata"]["namespace"]: each["rules"] for each in found if each["kind"] == "Role"}
    assert roles == {"shop": rules, "data": rules}
    bindings = [each for each in found if each["kind"] == "RoleBinding"]
    assert [each["metadata"]["namespace"] for each in bindings] == ["shop", "data"]
    assert {each["subjects"][0]["namespace"] for each in bindings} == {"ringfence"}
    assert not [each for each in found if each["kind"].startswith("ClusterRole")]


def test_without_rbac_no_right_is_given() -> None:
    assert not [each for each in objects({"rbac": {"create": False}}) if "Role" in each["kind"]]

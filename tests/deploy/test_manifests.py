"""The plain manifests: the chart's defaults, accepted by the types of the API, put together by kustomize."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from lightkube.core.resource_registry import resource_registry

from tests.deploy.chart import DEPLOY, Object, objects
from tests.deploy.manifests import expected
from tests.deploy.test_chart import VARIANTS

FILES = sorted([*DEPLOY.glob("manifests/*.yaml"), DEPLOY / "rbac.yaml"])


def plain() -> list[Object]:
    return [each for path in FILES for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def test_they_are_what_the_chart_makes_of_its_defaults() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in expected()}
    assert texts == expected(), "run python -m tests.deploy.manifests"


def test_with_the_rights_and_the_namespace_they_are_all_that_the_chart_installs() -> None:
    kinds = sorted(each["kind"] for each in objects())
    assert sorted(each["kind"] for each in plain()) == sorted([*kinds, "Namespace"])


def test_kustomize_puts_every_file_together() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run([kubectl, "kustomize", str(DEPLOY)], capture_output=True, text=True, check=True)
    key = json.dumps
    assert sorted(yaml.safe_load_all(done.stdout), key=key) == sorted(plain(), key=key)


def unknown(given: Any, typed: Any, path: str = "") -> list[str]:
    """Paths of fields that the API's type dropped, because it doesn't know them."""
    if isinstance(given, dict) and isinstance(typed, dict):
        return [
            place
            for key, value in given.items()
            for place in (unknown(value, typed[key], f"{path}.{key}") if key in typed else [f"{path}.{key}"])
        ]
    if isinstance(given, list) and isinstance(typed, list):
        return [
            place
            for at, (one, two) in enumerate(zip(given, typed, strict=True))
            for place in unknown(one, two, f"{path}[{at}]")
        ]
    return []


def test_a_misspelt_field_would_be_noticed() -> None:
    kind: Any = resource_registry.load("v1", "Service")
    item = {"spec": {"ports": [{"port": 80, "targetport": 80}]}}
    assert unknown(item, kind.from_dict(item).to_dict()) == [".spec.ports[0].targetport"]


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
def test_the_types_of_the_api_know_every_field(values: Object) -> None:
    found = 0
    for item in objects(values):
        group = item["apiVersion"].rpartition("/")[0]
        if group in ("cilium.io", "projectcalico.org", "monitoring.coreos.com"):
            continue  # of a CRD: Ringfence's own schema check judges the policies among them, see test_policies
        kind: Any = resource_registry.load(item["apiVersion"], item["kind"])
        typed = kind.from_dict(item).to_dict()
        assert unknown(item, typed) == [], item["kind"]
        found += 1
    assert found >= 5

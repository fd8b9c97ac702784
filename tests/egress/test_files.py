"""A Helm chart and a Kustomize base with overlay. Helm isn't here to render the chart, so a few lines stand for it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ringfence.egress import Choice
from ringfence.egress.chart import chart
from ringfence.egress.overlay import overlay
from tests.egress.worlds import BASE, MESH, RECORDS, names, proposal

CHOICES = list(Choice)


def rendered(files: Mapping[str, str], values: Mapping[str, Any]) -> list[Any]:
    """What Helm makes of the few constructs that our templates have."""
    (path,) = [path for path in files if path.startswith("templates/")]
    text = files[path]
    (key,) = re.findall(r'index \.Values\.requests "([^"]+)"', text)
    own = values["requests"][key]
    if not own["enabled"]:
        return []
    text = re.sub(r"^\{\{- (\$request :=|if|end).*\}\}\n", "", text, flags=re.MULTILINE)

    def each(found: re.Match[str]) -> str:
        return "".join(found[2].replace("{{ . | quote }}", json.dumps(one)) for one in own["addresses"][found[1]])

    pattern = r' *\{\{- range \(index \$request\.addresses "([^"]+)"\) \}\}\n((?:.*\n)*?) *\{\{- end \}\}\n'
    text = re.sub(pattern, each, text)
    text = re.sub(
        r'\{\{ \(index \$request\.addresses "([^"]+)"\) \| toJson \}\}',
        lambda m: json.dumps(own["addresses"][m[1]]),
        text,
    )
    text = re.sub(
        r"^( *)\{\{- toYaml \$request\.labels \| nindent \d+ \}\}$",
        lambda m: "\n".join(f"{m[1]}{key}: {json.dumps(value)}" for key, value in own["labels"].items()),
        text,
        flags=re.MULTILINE,
    )
    text = text.replace("{{ $request.selector | quote }}", json.dumps(own.get("selector")))
    text = text.replace("{{ $request.namespace }}", own["namespace"]).replace('{{ "{{" }}', "{{")
    assert "{{" not in text
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("choice", CHOICES)
def test_the_chart_with_its_own_values_is_the_manifests(choice: Choice) -> None:
    answer = proposal(choice, BASE + MESH, recorded=names(*RECORDS))
    files = chart(answer)
    assert yaml.safe_load(files["Chart.yaml"])["apiVersion"] == "v2"
    bodies = rendered(files, yaml.safe_load(files["values.yaml"]))
    assert bodies == [json.loads(json.dumps(manifest.body)) for manifest in answer.manifests]


@pytest.mark.parametrize("choice", CHOICES)
def test_the_values_are_what_differs_from_cluster_to_cluster(choice: Choice) -> None:
    answer = proposal(choice, BASE + MESH, recorded=names(*RECORDS))
    files = chart(answer)
    values = yaml.safe_load(files["values.yaml"])
    own = values["requests"]["shop-pay"]
    own["namespace"] = "store"
    bodies = rendered(files, values)
    assert all(body["metadata"].get("namespace", "store") == "store" for body in bodies)
    own["enabled"] = False
    assert rendered(files, values) == []


def test_addresses_of_the_values_replace_those_on_record() -> None:
    files = chart(proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS)))
    values = yaml.safe_load(files["values.yaml"])
    values["requests"]["shop-pay"]["addresses"]["api.pay.example"] = ["198.51.100.1/32"]
    (body,) = rendered(files, values)
    assert body["spec"]["egress"][1]["to"] == [{"ipBlock": {"cidr": "198.51.100.1/32"}}]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds the overlay, and is not installed")
@pytest.mark.parametrize("choice", CHOICES)
def test_kubectl_builds_the_overlay_into_the_manifests(choice: Choice, tmp_path: Path) -> None:
    answer = proposal(choice, BASE + MESH, recorded=names(*RECORDS))
    for path, text in overlay(answer).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    command = ["kubectl", "kustomize", str(tmp_path / "overlays" / "current")]
    built = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    want = [json.loads(json.dumps(manifest.body)) for manifest in answer.manifests]

    def key(body: Any) -> tuple[str, str]:
        return body["kind"], body["metadata"]["name"]

    assert sorted(yaml.safe_load_all(built), key=key) == sorted(want, key=key)


def test_newer_addresses_change_one_file_of_the_overlay() -> None:
    old = overlay(proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS)))
    patch = yaml.safe_load(old["overlays/current/addresses-egress-pay.yaml"])
    assert [each["path"] for each in patch] == [
        "/spec/egress/1/to",
        "/metadata/annotations/ringfence.dev~1names",
        "/metadata/annotations/ringfence.dev~1names-recorded",
    ]

"""Real answers of an API server. Expected facts are read from the files with the plain JSON and YAML libraries."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ringfence.model.addresses import format_address, parse_address
from ringfence.model.objects import Snapshot
from ringfence.sources import load_snapshot
from tests.sources.loading import CORPORA, codes, of_code

FOLDER = CORPORA / "apiserver"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/corpora is absent")


def load(name: str) -> Snapshot:
    return load_snapshot([str(FOLDER / name)])


def objects(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / name).read_text()
    items = (json.loads(text) if name.endswith("json") else yaml.safe_load(text))["items"]
    return list(items)


def test_every_object_of_the_cluster_is_read() -> None:
    snapshot = load("cluster.json")
    given = Counter(item["kind"] for item in objects("cluster.json"))
    assert len(snapshot.pods) == given["Pod"]
    assert len(snapshot.namespaces) == given["Namespace"]
    assert len(snapshot.nodes) == given["Node"]
    assert len(snapshot.services) == given["Service"]
    assert len(snapshot.policies) == given["NetworkPolicy"]
    assert snapshot.findings == ()


def test_pods_have_what_their_json_says() -> None:
    pods = {(pod.namespace, pod.name): pod for pod in load("cluster.json").pods}
    for item in objects("cluster.json"):
        if item["kind"] != "Pod":
            continue
        pod = pods[item["metadata"]["namespace"], item["metadata"]["name"]]
        assert pod.labels == item["metadata"]["labels"]
        assert [format_address(point) for point in pod.addresses] == [ip["ip"] for ip in item["status"]["podIPs"]]
        assert pod.node == item["spec"]["nodeName"]
        assert pod.host_network == item["spec"].get("hostNetwork", False)
        sidecars = [each for each in item["spec"].get("initContainers", []) if each.get("restartPolicy") == "Always"]
        ports = [port for each in item["spec"]["containers"] + sidecars for port in each.get("ports", [])]
        assert [(port.name, str(port.protocol), port.number) for port in pod.ports] == [
            (port.get("name", ""), port["protocol"], port["containerPort"]) for port in ports
        ]


def test_pods_belong_to_the_workloads_that_were_applied() -> None:
    workloads = {str(workload) for workload in load("cluster.json").workloads()}
    assert workloads == {
        f"{item['metadata']['namespace']}/{item['kind']}/{item['metadata']['name']}"
        for item in objects("cluster.json")
        if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet")
    }


def test_services_without_selector_have_the_endpoints_of_their_slices() -> None:
    slices: dict[tuple[str, str], set[int]] = {}
    for item in objects("cluster.json"):
        if item["kind"] == "EndpointSlice":
            key = item["metadata"]["namespace"], item["metadata"]["labels"]["kubernetes.io/service-name"]
            slices.setdefault(key, set()).update(
                parse_address(address) for each in item.get("endpoints") or [] for address in each["addresses"]
            )
    for service in load("cluster.json").services:
        if service.selector is None and not service.external_name:
            assert {address for address, _ in service.endpoints} == slices[service.namespace, service.name]
        else:
            assert service.endpoints == ()


def test_policies_are_handed_on_as_they_stand() -> None:
    bodies = [item for item in objects("cluster.json") if item["kind"] == "NetworkPolicy"]
    assert [policy.body for policy in load("cluster.json").policies] == bodies


def test_yaml_and_json_of_one_cluster_are_the_same_snapshot(tmp_path: Path) -> None:
    kinds = {item["kind"] for item in objects("cluster.yaml")}
    items = [item for item in objects("cluster.json") if item["kind"] in kinds]  # the YAML has fewer kinds
    (tmp_path / "x.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    of_json, of_yaml = load_snapshot([str(tmp_path / "x.json")]), load("cluster.yaml")
    assert of_yaml == of_json  # origins are not compared
    assert [policy.body for policy in of_yaml.policies] == [policy.body for policy in of_json.policies]
    assert {"Pod", "Service", "NetworkPolicy", "Namespace"} <= kinds


def test_a_raw_list_is_the_list_that_kubectl_prints() -> None:
    raw, printed = load("networkpolicies-raw.json"), load("cluster.json")
    assert {policy.ref: policy.body["spec"] for policy in raw.policies} == {
        policy.ref: policy.body["spec"] for policy in printed.policies
    }
    assert codes(raw) == []


def test_one_page_of_a_list_is_a_finding_that_tells_how_much_is_missing() -> None:
    snapshot = load("networkpolicies-page-1.json")
    page = json.loads((FOLDER / "networkpolicies-page-1.json").read_text())
    assert len(snapshot.policies) == len(page["items"])
    (finding,) = of_code(snapshot, "RF014")
    assert f"{page['metadata']['remainingItemCount']} more" in finding.what


def test_a_watch_ends_in_the_state_after_its_last_event() -> None:
    state: dict[tuple[str, str], dict[str, Any]] = {}
    for line in (FOLDER / "networkpolicies-watch.jsonl").read_text().splitlines():
        event = json.loads(line)
        metadata = event["object"]["metadata"]
        if event["type"] in ("ADDED", "MODIFIED"):
            state[metadata["namespace"], metadata["name"]] = event["object"]
        elif event["type"] == "DELETED":
            state.pop((metadata["namespace"], metadata["name"]), None)
    snapshot = load("networkpolicies-watch.jsonl")
    assert {(policy.ref.namespace, policy.ref.name): policy.body for policy in snapshot.policies} == state
    assert codes(snapshot) == []


@pytest.mark.parametrize(
    ("name", "kind"), [("netpol-managed-fields.json", "policies"), ("pods-managed-fields.yaml", "pods")]
)
def test_managed_fields_change_nothing(name: str, kind: str) -> None:
    snapshot, plain = load(name), load("cluster.json")
    assert codes(snapshot) == []
    if kind == "policies":
        assert [policy.body["spec"] for policy in snapshot.policies] == [
            policy.body["spec"] for policy in plain.policies
        ]
    else:
        assert [(pod.name, pod.labels, pod.addresses, pod.ports) for pod in snapshot.pods] == [
            (pod.name, pod.labels, pod.addresses, pod.ports) for pod in plain.pods
        ]


def test_every_field_of_every_policy_is_located_on_the_line_that_holds_it() -> None:
    for name in ("cluster.yaml", "cluster.json"):
        lines = (FOLDER / name).read_text().splitlines()
        for policy in load(name).policies:
            found = policy.source.locate(("metadata", "name"))
            text = lines[found.line - 1][found.column - 1 :]
            assert text.strip('",') == policy.ref.name
            for number, rule in enumerate(policy.body["spec"].get("ingress") or []):
                if rule.get("from"):
                    place = policy.source.locate(("spec", "ingress", number, "from"), key=True)
                    assert lines[place.line - 1][place.column - 1 :].lstrip('"').startswith("from")


def test_an_audit_log_holds_no_object_of_the_cluster() -> None:
    both = load_snapshot([str(FOLDER / "audit.jsonl"), str(FOLDER / "cluster.json")])
    assert both.skipped == {"Event": len((FOLDER / "audit.jsonl").read_text().splitlines())}

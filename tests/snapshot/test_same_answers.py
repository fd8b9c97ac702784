"""What the commands say of an archive is what they say of its input."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

import ringfence
from ringfence.model.addresses import format_address, parse_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod, Snapshot
from ringfence.model.ports import ContainerPort
from ringfence.reach.report import Connection
from ringfence.snapshot import make
from tests import strategies
from tests.cli.running import run
from tests.corpora.places import ROOT, needs_corpora

EXAMPLES = Path(__file__).parents[2] / "examples"
ABOUT_THE_INPUT = {"RF001", "RF002", "RF003", "RF004", "RF005", "RF007", "RF008", "RF013", "RF014", "RF015", "RF016"}


def archived(*paths: str, directory: Path) -> str:
    out = str(directory / "a.tar.gz")
    result = run("snapshot", *paths, "--out", out, "-q")
    assert result.exit_code == 0, result.stderr
    return out


def stdout(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code in (0, 1), result.stderr
    return result.stdout


def told(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """The findings of a report without places: code, object, and what is wrong."""
    return sorted(
        (each["code"], each.get("object", ""), each["what"])
        for each in report["findings"]
        if each["code"] not in ABOUT_THE_INPUT
    )


@pytest.mark.parametrize(
    "path",
    [EXAMPLES / "shop", *sorted((EXAMPLES / "incidents").glob("0*/*/cluster"))],
    ids=lambda path: str(path.relative_to(EXAMPLES)),
)
def test_reach_and_lint_say_the_same_of_an_example(tmp_path: Path, path: Path) -> None:
    archive = archived(str(path), directory=tmp_path)
    assert stdout("reach", archive, "-o", "csv") == stdout("reach", str(path), "-o", "csv")
    reports = [json.loads(stdout("lint", each, "-o", "json")) for each in (archive, str(path))]
    assert told(reports[0]) == told(reports[1])


def test_diagnose_finds_the_same_losses_needs_and_causes(tmp_path: Path) -> None:
    incident = EXAMPLES / "incidents" / "01-default-deny-dns" / "forty-services"
    paths = [str(incident / "cluster"), str(incident / "broken")]
    archive = archived(*paths, directory=tmp_path)
    before, after = (json.loads(stdout("diagnose", *each, "-o", "json")) for each in (paths, [archive]))
    assert before["headline"] == after["headline"]
    assert "77 connections that are needed are cut" in after["headline"]
    assert before["counts"] == after["counts"]
    assert [each["what"] for each in before["problems"]] == [each["what"] for each in after["problems"]]


def test_diff_of_an_input_and_its_archive_is_empty_and_of_two_archives_that_of_their_inputs(tmp_path: Path) -> None:
    before, after = EXAMPLES / "diff" / "before", EXAMPLES / "diff" / "after"
    cluster = str(EXAMPLES / "diff" / "cluster.yaml")
    pair = [tmp_path / "before.tar.gz", tmp_path / "after.tar.gz"]
    for side, out in zip((before, after), pair, strict=True):
        assert run("snapshot", cluster, str(side), "--out", str(out)).exit_code == 0
    assert run("diff", str(pair[0]), str(pair[0]), "-o", "csv").stdout.count("\n") == 1
    from_archive = stdout("diff", str(pair[0]), str(pair[1]), "-o", "csv")
    assert from_archive == stdout("diff", str(pair[0]), "--policies", str(after), "-o", "csv")
    assert from_archive.count("\n") > 1


def connections(cluster: ringfence.Cluster) -> list[Connection]:
    return list(cluster.reach(by="pod").connections) if cluster.snapshot.pods else []


@needs_corpora
@pytest.mark.parametrize("suite", ["netpol-analyzer-connlist", "policy-assistant", "cyclonus", "apiserver"])
def test_the_engine_says_the_same_of_every_case_of_a_corpus(suite: str) -> None:
    found = [
        path
        for path in sorted([ROOT / suite, *(ROOT / suite).rglob("*")])
        if path.is_dir() and (any(path.glob("*.yaml")) or any(path.glob("*.json")))
    ]
    assert found
    for path in found[:60]:
        archive = make([str(path)], version="1")
        before, after = ringfence.load(str(path)), ringfence.load("-", stdin=io.BytesIO(archive.data))
        assert connections(before) == connections(after), path


@st.composite
def inputs(draw: st.DrawFn) -> bytes:
    """A cluster as ``kubectl`` or its authors would write it, with fields that are of no concern."""
    snapshot = draw(strategies.snapshots())
    bodies = [*_objects(snapshot), *draw(strategies.policy_bodies())]
    for body in bodies:
        if draw(st.booleans()):
            body["metadata"] = {**body["metadata"], "annotations": {"note": "x", "other": draw(st.text(max_size=5))}}
    form = draw(st.sampled_from(("json", "lines", "yaml", "flow")))
    if form == "json":
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}).encode()
    if form == "lines":
        return "\n".join(json.dumps(body) for body in bodies).encode()
    return yaml.safe_dump_all(bodies, default_flow_style=form == "flow", sort_keys=False).encode()


def _objects(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    for namespace in snapshot.namespaces.values():
        labels = {key: value for key, value in namespace.labels.items() if key != NAMESPACE_NAME_LABEL}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name, "labels": labels}}
    for node in snapshot.nodes:
        addresses = [{"type": "InternalIP", "address": format_address(point)} for point in node.addresses]
        metadata: dict[str, Any] = {"name": node.name, "labels": dict(node.labels)}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": {"addresses": addresses}}
    for number, pod in enumerate(snapshot.pods):
        yield _pod(pod, number)


def _pod(pod: Pod, number: int) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "ports": [_port(port) for port in pod.ports], "env": [{"name": "A"}]}
    spec = {"containers": [container], "hostNetwork": pod.host_network, "nodeName": pod.node, "volumes": []}
    if pod.planned:
        template = {"metadata": {"labels": dict(pod.labels)}, "spec": spec}
        metadata: dict[str, Any] = {"name": f"d{number}", "namespace": pod.namespace}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}
    addresses = [{"ip": format_address(point)} for point in pod.addresses]
    metadata = {"name": f"p{number}", "namespace": pod.namespace, "labels": dict(pod.labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIPs": addresses}}


def _port(port: ContainerPort) -> dict[str, Any]:
    given = {"containerPort": port.number, "protocol": port.protocol.name}
    return {**given, "name": port.name} if port.name else given


@given(inputs())
@settings(max_examples=60, deadline=None)
def test_the_engine_says_the_same_of_any_cluster(data: bytes) -> None:
    archive = make(["-"], version="1", stdin=io.BytesIO(data))
    before, after = (ringfence.load("-", stdin=io.BytesIO(each)) for each in (data, archive.data))
    assert connections(before) == connections(after)
    assert make(["-"], version="1", stdin=io.BytesIO(data)).data == archive.data


EVERYTHING = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}, annotations: {ringfence.dev/ignore: "RF401: soon"}}
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: x}}
status: {addresses: [{type: InternalIP, address: 10.1.0.1}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop, labels: {role: a}}
secrets: [{name: s}]
---
apiVersion: v1
kind: Service
metadata: {name: out, namespace: shop}
spec: {clusterIP: 10.96.0.1, ports: [{name: a, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: out-1, namespace: shop, labels: {kubernetes.io/service-name: out}}
addressType: IPv4
ports: [{name: a, port: 8080}]
endpoints: [{addresses: [192.0.2.1]}, {addresses: [192.0.2.2], conditions: {ready: false}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {service: {name: out, port: {name: a}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {serviceAccountName: robot, dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53]}, nodeName: n1,
  containers: [{name: c, env: [{name: U, value: "http://out:80"}]}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: shop, ownerReferences: [{kind: Job, name: j, controller: true}]}
status: {phase: Succeeded}
---
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: shop}
spec: {template: {spec: {containers: [{name: c}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {}}
"""


def test_every_part_of_a_snapshot_survives() -> None:
    """A part that a reader begins to fill from a new place fails here, and not in front of a user."""
    archive = make(["-"], version="1", stdin=io.BytesIO(EVERYTHING.encode()))  # compares every part with the input's
    after = ringfence.load("-", stdin=io.BytesIO(archive.data)).snapshot
    for part in (
        "namespaces",
        "pods",
        "services",
        "nodes",
        "policies",
        "references",
        "uses",
        "ignores",
        "completed",
        "accounts",
    ):
        assert getattr(after, part), part
    assert [str(pod) for pod in after.pods] == ["shop/web"]
    assert after.accounts == {("shop", "robot"): {"role": "a"}}
    assert after.services[0].endpoints == ((parse_address("192.0.2.1"), {"a": 8080}),)
    assert after.pods[0].resolvers == (parse_address("192.0.2.53"),)

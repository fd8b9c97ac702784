"""The generator of clusters: seeded, of the size asked, and valid as a real cluster is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bench.generate import POLICIES, generate, snapshot_of
from bench.write import write_json, write_yaml
from ringfence.dialects import read_policies
from ringfence.model.addresses import V4_MAX
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.policy import AddressPeer
from ringfence.model.ports import NamedPort, PortRange
from ringfence.sources import load_snapshot


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a cluster of 400 pods."""
    path = tmp_path_factory.mktemp("cluster")
    plan = generate(400)
    write_json(plan, path / "cluster.json")
    write_yaml(plan, path / "cluster.yaml")
    return path


def test_equal_seeds_give_equal_clusters_and_others_do_not() -> None:
    assert generate(300) == generate(300)
    assert generate(300).pods != generate(300, seed=21).pods


def test_a_cluster_does_not_depend_on_what_was_generated_before() -> None:
    alone = snapshot_of(generate(200, 40))
    generate(100)
    assert snapshot_of(generate(200, 40)) == alone


@pytest.mark.parametrize("pods", [size for size in POLICIES if size <= 10_000])
def test_sizes_are_as_asked(pods: int) -> None:
    snapshot = snapshot_of(generate(pods))
    kinds = Counter(policy.ref.kind for policy in snapshot.policies)
    assert len(snapshot.pods) == pods
    assert kinds == {"NetworkPolicy": POLICIES[pods], "ClusterNetworkPolicy": 5}


def test_too_few_pods_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        generate(5)


def test_names_and_addresses_are_unique() -> None:
    snapshot = snapshot_of(generate(10_000))
    names = Counter((pod.namespace, pod.name) for pod in snapshot.pods)
    addresses = Counter(address for pod in snapshot.pods if not pod.host_network for address in pod.addresses)
    policies = Counter(policy.ref for policy in snapshot.policies)
    nodes = {address for node in snapshot.nodes for address in node.addresses}
    assert max(names.values()) == max(addresses.values()) == max(policies.values()) == 1
    assert not nodes & addresses.keys()


def test_policies_are_read_without_a_finding() -> None:
    _, findings = read_policies(snapshot_of(generate(1_000)))
    assert findings == ()


def test_the_cluster_has_what_real_ones_have() -> None:
    snapshot = snapshot_of(generate(1_000))
    policies, _ = read_policies(snapshot)
    rules = [rule for policy in policies.policies() for rule in (*policy.ingress, *policy.egress)]
    ports = [port for rule in rules for port in rule.ports or ()]
    peers = [peer for rule in rules for peer in rule.peers or ()]
    hosts = [pod for pod in snapshot.pods if pod.host_network]
    assert any(isinstance(port, NamedPort) for port in ports)
    assert any(isinstance(port, PortRange) and port.lo < port.hi for port in ports)
    assert any(isinstance(peer, AddressPeer) and len(peer.addresses) > 1 for peer in peers)  # with exceptions
    assert {pod.workload.kind for pod in hosts} == {"DaemonSet"}
    assert len(hosts) == 2 * len(snapshot.nodes)
    assert any(max(pod.addresses) > V4_MAX for pod in snapshot.pods)  # dual stack
    guarded = {policy.ref.namespace for policy in snapshot.policies}
    assert 0.5 < len(guarded) / len(snapshot.namespaces) < 0.9  # some namespaces have no policy
    replicas = Counter(pod.workload for pod in snapshot.pods if pod.workload.kind != "DaemonSet")
    assert (min(replicas.values()), max(replicas.values())) == (1, 10)


def test_the_json_is_the_snapshot(directory: Path) -> None:
    loaded, given = load_snapshot([str(directory / "cluster.json")]), snapshot_of(generate(400))
    assert loaded.findings == ()
    assert {str(pod): pod_facts(pod) for pod in loaded.pods} == {str(pod): pod_facts(pod) for pod in given.pods}
    assert {name: space.labels for name, space in loaded.namespaces.items()} == {
        name: space.labels for name, space in given.namespaces.items()
    }
    assert {policy.ref: policy.body["spec"] for policy in loaded.policies} == {
        policy.ref: policy.body["spec"] for policy in given.policies
    }


def test_replicas_of_a_deployment_are_told_apart_by_their_replica_set(directory: Path) -> None:
    loaded, given = load_snapshot([str(directory / "cluster.json")]), snapshot_of(generate(400))
    assert {pod.workload.kind for pod in loaded.pods} == {
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
    }  # as kubectl's answer
    assert len(set(loaded.workloads())) == len(set(given.workloads()))


def pod_facts(pod: Pod) -> Pod:
    return replace(pod, service_account="", workload=WorkloadRef("", "", ""))


def test_a_pod_weighs_what_a_real_one_does(directory: Path) -> None:
    items = json.loads((directory / "cluster.json").read_bytes())["items"]
    pods = [len(json.dumps(item, separators=(",", ":"))) for item in items if item["kind"] == "Pod"]
    assert 3_400 < sum(pods) / len(pods) < 3_800


def test_the_yaml_is_valid_and_gives_every_workload(directory: Path) -> None:
    text = (directory / "cluster.yaml").read_text(encoding="utf-8")
    documents = list(yaml.load_all(text, yaml.CSafeLoader))
    plan = generate(400)
    kinds = Counter(document["kind"] for document in documents)
    assert kinds["Deployment"] + kinds["StatefulSet"] + kinds["DaemonSet"] == len(plan.workloads)
    assert [one for one in documents if one["kind"].endswith("NetworkPolicy")] == plan.policies


def test_the_yaml_loads_without_errors(directory: Path) -> None:
    snapshot = load_snapshot([str(directory / "cluster.yaml")])
    assert {finding.code.code for finding in snapshot.findings} <= {"RF012"}  # manifests have no addresses
    assert len(set(snapshot.workloads())) == len(generate(400).workloads)

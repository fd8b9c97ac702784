"""A seeded cluster of a chosen size: as a snapshot, as ``kubectl get -o json`` prints it, and as YAML manifests."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.plan import Plan, PlannedPod, Workload, node_address, node_name, plan_cluster
from bench.policies import add_policies
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Namespace, Node, Pod, RawObject, Service, ServicePort, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.ports import ContainerPort, Protocol

POLICIES = {100: 50, 1_000: 500, 10_000: 2_000, 100_000: 20_000}
"""NetworkPolicies of a cluster of so many pods."""

SEED = 20


def generate(pods: int, policies: int | None = None, seed: int = SEED) -> Plan:
    """A cluster of exactly ``pods`` pods and ``policies`` NetworkPolicies, with five ClusterNetworkPolicies.

    Without ``policies``, as many as :data:`POLICIES` says, or one for five pods. Equal arguments give equal clusters.

    Raises:
        ValueError: so few pods don't even make the system namespaces.
    """
    count = POLICIES.get(pods, pods // 5) if policies is None else policies
    plan = plan_cluster(pods, max(6, count // 20), seed)
    add_policies(plan, count)
    return plan


@dataclass(frozen=True, slots=True)
class _NoLines:
    """Objects that were never text."""

    file: str = "generated"

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 - a SourceMap's
        return Position(self.file)


def snapshot_of(plan: Plan) -> Snapshot:
    """The cluster as the loader would hand it on."""
    refs = {id(workload): _ref(workload) for workload in plan.workloads}
    ports = {
        id(workload): tuple(ContainerPort(p.name, Protocol[p.protocol], p.number) for p in workload.ports)
        for workload in plan.workloads
    }
    return Snapshot(
        namespaces={name: Namespace(name, labels) for name, labels in plan.namespaces.items()},
        pods=tuple(_pod(pod, refs[id(pod.workload)], ports[id(pod.workload)]) for pod in plan.pods),
        services=tuple(_service(workload) for workload in plan.workloads if workload.kind != "DaemonSet"),
        nodes=tuple(
            Node(
                node_name(number), {"kubernetes.io/hostname": node_name(number)}, (parse_address(node_address(number)),)
            )
            for number in range(plan.nodes)
        ),
        policies=tuple(RawObject(_policy_ref(body), body, _NoLines()) for body in plan.policies),
    )


def _ref(workload: Workload) -> WorkloadRef:
    return WorkloadRef(workload.namespace, workload.kind, workload.name)


def _pod(pod: PlannedPod, ref: WorkloadRef, ports: tuple[ContainerPort, ...]) -> Pod:
    return Pod(
        pod.workload.namespace,
        pod.name,
        pod.labels,
        ref,
        tuple(map(parse_address, pod.addresses)),
        ports,
        pod.workload.host_network,
        node_name(pod.node),
    )


def _service(workload: Workload) -> Service:
    ports = tuple(ServicePort(port.name, Protocol[port.protocol], port.number, port.name) for port in workload.ports)
    return Service(workload.namespace, workload.name, ports, {"app": workload.labels["app"]})


def _policy_ref(body: Mapping[str, object]) -> ObjectRef:
    metadata = body["metadata"]
    assert isinstance(metadata, dict)  # noqa: S101 - written a few lines away
    return ObjectRef(str(body["kind"]), metadata["name"], metadata.get("namespace", ""), str(body["apiVersion"]))


def main() -> None:
    """Write one cluster to a directory."""
    from bench.write import write_json, write_yaml

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--pods", type=int, default=1_000)
    parser.add_argument("--policies", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--format", choices=("json", "yaml"), default="json")
    chosen = parser.parse_args()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    plan = generate(chosen.pods, chosen.policies, chosen.seed)
    if chosen.format == "json":
        write_json(plan, chosen.directory / "cluster.json")
    else:
        write_yaml(plan, chosen.directory / "cluster.yaml")


if __name__ == "__main__":
    main()

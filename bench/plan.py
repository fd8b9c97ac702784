"""A cluster as it is planned, before it is written as objects: namespaces, workloads, pods and nodes.

Shapes follow what multi-tenant clusters look like: a few system namespaces with daemon sets on the host network, many
team namespaces with an environment each, workloads of 1 to 10 replicas, named ports, some namespaces dual-stack.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TEAMS = (
    "atlas", "beacon", "cargo", "delta", "ember", "falcon", "garnet", "harbor", "iris", "juniper", "kestrel", "lumen",
    "mosaic", "nimbus", "orbit", "prism", "quartz", "raven", "summit", "tundra", "umbra", "vertex", "willow", "zephyr",
)  # fmt: skip
ENVIRONMENTS = ("production", "production", "staging", "development")
POD_RANGE = "10.0.0.0/8"
PODS_A_NODE = 40


@dataclass(frozen=True, slots=True)
class Port:
    """A container port."""

    name: str
    number: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of workload: what it is called, listens on, and how many replicas it tends to have."""

    tier: str
    kind: str
    names: tuple[str, ...]
    ports: tuple[Port, ...]
    most: int
    weight: int


METRICS = Port("metrics", 9090)
ROLES = (
    Role("frontend", "Deployment", ("web", "portal", "console", "storefront"), (Port("http", 8080), METRICS), 8, 2),
    Role("backend", "Deployment", ("api", "orders", "catalog", "accounts", "pricing", "search", "billing", "sessions"),
         (Port("http", 8080), Port("grpc", 50051), METRICS), 10, 6),
    Role("worker", "Deployment", ("mailer", "exporter", "indexer", "resizer", "scheduler"), (METRICS,), 6, 3),
    Role("data", "StatefulSet", ("postgres",), (Port("postgres", 5432), Port("metrics", 9187)), 3, 2),
    Role("data", "StatefulSet", ("kafka",),
         (Port("broker", 9092), Port("controller", 9093), Port("metrics", 9404)), 5, 1),
    Role("cache", "Deployment", ("redis", "memcached"), (Port("redis", 6379), Port("metrics", 9121)), 3, 2),
)  # fmt: skip
SYSTEM = {
    "kube-system": (
        ("Deployment", "coredns", (Port("dns", 53, "UDP"), Port("dns-tcp", 53), Port("metrics", 9153)), 2),
    ),
    "ingress-nginx": (("Deployment", "ingress-nginx-controller", (Port("http", 80), Port("https", 443)), 2),),
    "monitoring": (
        ("StatefulSet", "prometheus", (Port("http-web", 9090),), 2),
        ("Deployment", "grafana", (Port("grafana", 3000),), 1),
    ),
}
DAEMONS = (
    ("kube-system", "kube-proxy", Port("metrics", 10249)),
    ("monitoring", "node-exporter", Port("metrics", 9100)),
)


@dataclass(slots=True)
class Workload:
    """A workload and its replicas; ``labels`` are its pods', without those that tell replicas apart."""

    namespace: str
    kind: str
    name: str
    labels: Mapping[str, str]
    ports: tuple[Port, ...]
    replicas: int
    host_network: bool = False


@dataclass(frozen=True, slots=True)
class PlannedPod:
    """One replica, on its node, with its addresses."""

    workload: Workload
    number: int
    name: str
    labels: Mapping[str, str]
    node: int
    addresses: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """A whole cluster. ``seed`` and the sizes decide everything."""

    seed: int
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    dual_stack: set[str] = field(default_factory=set)
    workloads: list[Workload] = field(default_factory=list)
    pods: list[PlannedPod] = field(default_factory=list)
    nodes: int = 0
    policies: list[dict[str, object]] = field(default_factory=list)

    def by_namespace(self) -> dict[str, list[Workload]]:
        """The workloads of each namespace; those on the host network left out."""
        found: dict[str, list[Workload]] = {name: [] for name in self.namespaces}
        for workload in self.workloads:
            if not workload.host_network:
                found[workload.namespace].append(workload)
        return found


def node_name(number: int) -> str:
    """The name of a node."""
    return f"node-{number:04}"


def node_address(number: int) -> str:
    """The address of a node, in 172.20.0.0/14."""
    return f"172.{20 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def plan_cluster(pods: int, namespaces: int, seed: int) -> Plan:
    """A cluster of exactly ``pods`` pods and about ``namespaces`` namespaces, system ones included."""
    rng = random.Random(f"{seed} cluster {pods}")
    plan = Plan(seed, nodes=max(2, pods // PODS_A_NODE))
    _plan_system(plan, rng)
    left = pods - sum(workload.replicas for workload in plan.workloads)
    if left <= 0:
        raise ValueError(f"{pods} pods are too few: the system itself has {pods - left}")
    names = list(_team_namespaces(plan, rng, max(1, namespaces - len(SYSTEM))))
    shares = [rng.lognormvariate(0, 0.6) for _ in names]
    for place, name in enumerate(names):
        share = left if place == len(names) - 1 else round(left * shares[place] / sum(shares[place:]))
        _plan_workloads(plan, rng, name, share)
        left -= share
    plan.pods = list(_pods(plan, rng))
    return plan


def _plan_system(plan: Plan, rng: random.Random) -> None:
    for namespace, workloads in SYSTEM.items():
        plan.namespaces[namespace] = {
            "kubernetes.io/metadata.name": namespace,
            "pod-security.kubernetes.io/enforce": "privileged",
            "team": "platform",
        }
        for kind, name, ports, replicas in workloads:
            labels = {"app.kubernetes.io/name": name, "app": name, "team": "platform", **_hash(kind, rng)}
            if name == "coredns":
                labels["k8s-app"] = "kube-dns"
            plan.workloads.append(Workload(namespace, kind, name, labels, ports, replicas))
    for namespace, name, port in DAEMONS:
        labels = {"app": name, "team": "platform", "controller-revision-hash": _token(rng, 10)}
        plan.workloads.append(Workload(namespace, "DaemonSet", name, labels, (port,), plan.nodes, host_network=True))


def _team_namespaces(plan: Plan, rng: random.Random, count: int) -> Iterator[str]:
    products = ("core", "shop", "pay", "data", "edge", "ml", "auth", "crm", "bi", "ops", "docs", "chat")
    for number in range(count):
        team = TEAMS[number % len(TEAMS)]
        environment = rng.choice(ENVIRONMENTS)
        name = f"{team}-{rng.choice(products)}-{environment[:4]}-{number:03}"
        labels = {
            "kubernetes.io/metadata.name": name,
            "team": team,
            "environment": environment,
            "cost-center": f"cc-{rng.randrange(100, 100 + 2 * len(TEAMS))}",
            "pod-security.kubernetes.io/enforce": rng.choice(("baseline", "restricted")),
        }
        if rng.random() < 0.25:
            labels["tenant-isolation"] = "enabled"
        plan.namespaces[name] = labels
        if rng.random() < 0.3:
            plan.dual_stack.add(name)
        yield name


def _plan_workloads(plan: Plan, rng: random.Random, namespace: str, pods: int) -> None:
    taken: set[str] = set()
    while pods > 0:
        role = rng.choices(ROLES, [role.weight for role in ROLES])[0]
        base = rng.choice(role.names)
        name = base if base not in taken else f"{base}-{len(taken)}"
        taken.add(name)
        replicas = min(pods, max(1, round(rng.triangular(0.5, role.most + 0.5, 2))))
        pods -= replicas
        labels = {
            "app": name,
            "app.kubernetes.io/name": base,
            "app.kubernetes.io/instance": f"{namespace}-{name}"[:63],
            "app.kubernetes.io/managed-by": "Helm",
            "tier": role.tier,
            "team": plan.namespaces[namespace]["team"],
            "version": f"v{rng.randrange(1, 4)}.{rng.randrange(10)}",
            **_hash(role.kind, rng),
        }
        plan.workloads.append(Workload(namespace, role.kind, name, labels, role.ports, replicas))


def _hash(kind: str, rng: random.Random) -> dict[str, str]:
    return {"pod-template-hash" if kind == "Deployment" else "controller-revision-hash": _token(rng, 10)}


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("bcdfghjklmnpqrstvwxz2456789", k=length))


def _pods(plan: Plan, rng: random.Random) -> Iterator[PlannedPod]:
    held = [0] * plan.nodes
    node = 0
    for workload in plan.workloads:
        for number in range(workload.replicas):
            labels = workload.labels
            if workload.kind == "StatefulSet":
                name = f"{workload.name}-{number}"
                labels = {
                    **labels,
                    "apps.kubernetes.io/pod-index": str(number),
                    "statefulset.kubernetes.io/pod-name": name,
                }
            elif workload.kind == "DaemonSet":
                name = f"{workload.name}-{_token(rng, 5)}-{number}"
            else:
                name = f"{workload.name}-{workload.labels['pod-template-hash']}-{_token(rng, 5)}{number}"
            if workload.host_network:
                yield PlannedPod(workload, number, name, labels, number, (node_address(number),))
                continue
            node = (node + 1) % plan.nodes
            held[node] += 1
            subnet, host = node + (held[node] >> 7) * plan.nodes, held[node] & 127
            addresses = [f"10.{subnet >> 8}.{subnet & 255}.{host + 2}"]
            if workload.namespace in plan.dual_stack:
                addresses.append(f"fd00:10:{subnet:x}::{host + 2:x}")
            yield PlannedPod(workload, number, name, labels, node, tuple(addresses))

"""How good learned policies are: on simulated traffic, whose truth is known, and beside hubble-audit2policy.

    python -m bench.flows_quality [--pods 1730] [--hours 6] [--write docs/flows/quality.md]

The same Hubble log goes to both. What each proposes is read and judged by the engine: which true connections it cuts,
what it allows that nobody intends, and whether replies and denied connections became rules.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.generate import generate, snapshot_of
from bench.quality_tables import table
from ringfence.cluster import Cluster
from ringfence.flowlogs.read import read
from ringfence.flows.state import state_of
from ringfence.flows.store import edges_of
from ringfence.learn import Settings, learn
from ringfence.model.addresses import parse_address
from ringfence.model.flow import EndKind, Outcome
from ringfence.model.objects import Pod, RawObject, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.simulate import LossLaw, Plan, Simulation, TrueEdge, Truth, simulate, write
from ringfence.simulate.connection import Purpose
from ringfence.simulate.judging import Arbiter
from ringfence.sources import load_snapshot

_EPHEMERAL = 32_768
_GUARDED = "postgres"
"""Workloads of this name have a policy before anything is learned, so that scanners are denied somewhere."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was proposed, and what the engine says of it. Edges are between workloads, or a workload and a name."""

    tool: str
    lost: float
    seconds: float
    learning: float | None
    objects: int
    intended: int
    kept: int
    cut_outside: int
    allowed: int
    never_intended: int
    everywhere: int
    reply_rules: int
    denied_allowed: int
    denied: int


@dataclass(frozen=True, slots=True)
class _Nowhere:
    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 - a SourceMap's
        return Position("bench")


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1730)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    rows = list(measure(chosen.pods, chosen.hours))
    text = table(rows)
    if chosen.write is not None:
        begin, end = "<!-- quality:begin -->", "<!-- quality:end -->"
        page = chosen.write.read_text(encoding="utf-8")
        before, after = page.partition(begin)[0], page.partition(end)[2]
        chosen.write.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")
    else:
        sys.stdout.write(text)


def measure(pods: int, hours: float) -> Iterator[Quality]:
    """Both tools on one log, and Ringfence on the same traffic with a fifth of its records lost."""
    simulation = traffic(pods, hours)
    for lost in (0.0, 0.2):
        with tempfile.TemporaryDirectory(prefix="ringfence-quality-") as directory:
            truth = write(simulation, directory, "hubble", LossLaw(lost=lost)).truth
            yield _ringfence(simulation, truth, directory, lost)
            yield _audit2policy(simulation, truth, directory, lost)


def traffic(pods: int, hours: float) -> Simulation:
    """Traffic of a cluster of which only its databases are guarded: their policies allow exactly who needs them."""
    base = snapshot_of(generate(pods, 0))
    base = replace(base, policies=())
    plan = Plan(seed=7, hours=hours, rate=2.0, random_calls=2.5, random_names=0.5, scanners=10, rollouts=8)
    open_cluster = Cluster(base)
    truth = simulate(base, open_cluster.engine, plan).truth
    guarded = replace(base, policies=tuple(_guards(base, truth)))
    return simulate(guarded, Cluster(guarded).engine, plan)


def _guards(snapshot: Snapshot, truth: Truth) -> Iterator[RawObject]:
    """A NetworkPolicy for each database: from those that are meant to reach it."""
    pods = _first_pods(snapshot)
    for ref, pod in pods.items():
        if ref.name != _GUARDED and not ref.name.startswith(f"{_GUARDED}-"):
            continue
        rules = []
        for key in truth.edges:
            source = pods.get(_ref(key.source))
            if key.destination == str(ref) and key.intended and source is not None and not source.host_network:
                peer = {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": source.namespace}},
                    "podSelector": {"matchLabels": {"app": source.labels["app"]}},
                }
                rules.append({"from": [peer], "ports": [{"protocol": key.protocol, "port": key.port}]})
        api, name = "networking.k8s.io/v1", f"guard-{ref.name}"
        body = {
            "apiVersion": api,
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": ref.namespace},
            "spec": {
                "podSelector": {"matchLabels": {"app": pod.labels["app"]}},
                "policyTypes": ["Ingress"],
                "ingress": rules,
            },
        }
        yield RawObject(ObjectRef("NetworkPolicy", name, ref.namespace, api), body, _Nowhere())


# ---- the tools ---------------------------------------------------------------------------------------------------


def _ringfence(simulation: Simulation, truth: Truth, directory: str, lost: float) -> Quality:
    began = time.perf_counter()
    reductions = [reading.reduction for reading in read([f"{directory}/logs"])]
    inventory = sorted(Path(directory, "inventory").iterdir())
    states = [state_of(load_snapshot([str(path)]), path.stat().st_mtime) for path in inventory]
    edges = edges_of(reductions, states)
    joined = time.perf_counter()
    proposal = learn(simulation.snapshot, edges, Settings("cilium"))
    now = time.perf_counter()
    bodies = [made.body for made in proposal.objects]
    times = (now - began, now - joined)
    return _judged("ringfence learn --for cilium", simulation, truth, bodies, lost, times)


def _audit2policy(simulation: Simulation, truth: Truth, directory: str, lost: float) -> Quality:
    """It reads one file, so the nodes' logs are put together before the clock starts."""
    together = Path(directory, "all.log")
    with together.open("wb") as out:
        for path in sorted(Path(directory, "logs").rglob("*.log")):
            out.write(path.read_bytes())
    made = Path(directory, "policies.yaml")
    command = [str(Path(sys.executable).with_name("hubble-audit2policy")), "--no-enrich"]
    began = time.perf_counter()
    subprocess.run([*command, "--single-file", str(made), str(together)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    bodies = [raw.body for raw in load_snapshot([str(made)]).policies]
    return _judged("hubble-audit2policy 0.18.5", simulation, truth, bodies, lost, (seconds, None))


# ---- the judge ---------------------------------------------------------------------------------------------------


def _judged(
    tool: str,
    simulation: Simulation,
    truth: Truth,
    bodies: Iterable[Mapping[str, Any]],
    lost: float,
    times: tuple[float, float | None],
) -> Quality:
    made = tuple(RawObject(_body_ref(body), body, _Nowhere()) for body in bodies)
    taken = {raw.ref for raw in made}
    kept_policies = tuple(raw for raw in simulation.snapshot.policies if raw.ref not in taken)
    cluster = Cluster(replace(simulation.snapshot, policies=(*kept_policies, *made)))
    arbiter = Arbiter(cluster.engine)
    between = [edge for edge in truth.edges.values() if edge.key.intended and edge.key.outcome is Outcome.ALLOWED]
    between = [edge for edge in between if edge.key.purpose is not Purpose.PROBE]
    kept = [edge for edge in between if _passes(arbiter, edge)]
    outside = sum(edge.ends[1].kind is EndKind.EXTERNAL for edge in between)
    kept_outside = sum(edge.ends[1].kind is EndKind.EXTERNAL for edge in kept)
    denied = [edge for edge in truth.edges.values() if edge.key.outcome is Outcome.DENIED]
    wanted = {(edge.key.source, edge.key.destination, edge.key.protocol, edge.key.port) for edge in between}
    open_now = set(_open(cluster))
    declared = {port.number for pod in simulation.snapshot.pods for port in pod.ports}
    everywhere = sum(_reaches_everything(cluster, pod) for pod in _first_pods(cluster.snapshot).values())
    return Quality(
        tool,
        lost,
        *times,
        len(made),
        len(between),
        len(kept),
        outside - kept_outside,
        len(open_now),
        len(open_now - wanted),
        everywhere,
        sum(_reply_rules(raw.body, declared) for raw in made),
        sum(_passes(arbiter, edge) for edge in denied),
        len(denied),
    )


def _passes(arbiter: Arbiter, edge: TrueEdge) -> bool:
    """Whether an edge is allowed: at every address that it was seen with."""
    source, destination = edge.ends
    ends = [replace(destination, address=address) for address in edge.addresses] or [destination]
    for end in ends:
        egress, ingress = arbiter.judge(source, end, Protocol[edge.key.protocol], edge.key.port)
        if not (egress.allowed and ingress.allowed):
            return False
    return True


def _open(cluster: Cluster) -> Iterator[tuple[str, str, str, int]]:
    """Every pair of workloads and port that the destination declares, that is open; one pod stands for each.

    DNS is left out: both tools let everybody ask, one of them by TCP as well, as a resolver may.
    """
    pods = [pod for pod in _first_pods(cluster.snapshot).values() if not pod.host_network]
    dns = {pod.workload for server in cluster.survey.dns for pod in server.pods}
    for destination in (pod for pod in pods if pod.workload not in dns):
        for source in pods:
            if source is destination:
                continue
            ports = cluster.engine.allowed(source, destination)
            for port in destination.ports:
                if ports.has(port.protocol, port.number):
                    yield str(source.workload), str(destination.workload), port.protocol.name, port.number


def _reaches_everything(cluster: Cluster, pod: Pod) -> bool:
    """Whether a workload may reach an address outside that nobody ever called."""
    if pod.host_network:
        return False
    ports = cluster.engine.allowed(pod, AddressEndpoint(parse_address("8.8.8.8")))
    return ports.has(Protocol.TCP, 443)


def _reply_rules(body: Mapping[str, Any], declared: set[int]) -> int:
    """Rules on ports of clients, which no pod declares: answers that were taken for connections."""
    spec = body.get("spec", {})
    rules = [rule for key in ("ingress", "egress") for rule in spec.get(key) or ()]
    entries = [entry for rule in rules for entry in rule.get("toPorts") or ()]
    numbers = [str(port.get("port", "")) for entry in entries for port in entry.get("ports") or ()]
    return sum(text.isdigit() and int(text) >= _EPHEMERAL and int(text) not in declared for text in numbers)


def _first_pods(snapshot: Snapshot) -> dict[WorkloadRef, Pod]:
    found: dict[WorkloadRef, Pod] = {}
    for pod in snapshot.pods:
        found.setdefault(pod.workload, pod)
    return found


def _ref(text: str) -> WorkloadRef:
    namespace, _, rest = text.partition("/")
    kind, _, name = rest.partition("/")
    return WorkloadRef(namespace, kind, name)


def _body_ref(body: Mapping[str, Any]) -> ObjectRef:
    metadata = body["metadata"]
    return ObjectRef(body["kind"], metadata["name"], metadata.get("namespace", ""), body["apiVersion"])


if __name__ == "__main__":
    main()

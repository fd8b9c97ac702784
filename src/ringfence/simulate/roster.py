"""The pods of a simulated cluster over time: replicas, rollouts, jobs, and addresses that are used again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from ringfence.model.addresses import format_address, parse_address
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.simulate.addresses import Addresses, node_address, suffix
from ringfence.simulate.connection import Instance
from ringfence.simulate.plan import Plan

HASH_LABEL = "pod-template-hash"
JOB_SECONDS = 240.0
"""How long the pod of a CronJob runs."""
_OVERLAP = 20.0
"""How long an old pod is there beside the new one in a rollout, in seconds."""
_REST = 60.0
"""How long an address is left alone after its pod, in seconds."""
_SCHEDULED = ("CronJob", "Job")
_ROLLED = ("Deployment", "StatefulSet", "ReplicaSet")


@dataclass(frozen=True, slots=True)
class SimulatedNode:
    """A node of the cluster, of the input or made up."""

    name: str
    address: str
    number: int


@dataclass(slots=True)
class Roster:
    """Who was there when."""

    nodes: tuple[SimulatedNode, ...]
    by_workload: dict[WorkloadRef, list[Instance]] = field(default_factory=dict)

    def alive(self, workload: WorkloadRef, time: float) -> list[Instance]:
        """The pods that a workload had at a moment."""
        return [instance for instance in self.by_workload.get(workload, ()) if instance.alive(time)]

    def instances(self) -> Iterator[Instance]:
        """Every pod that ever was, workload by workload."""
        for group in self.by_workload.values():
            yield from group

    def at(self, time: float) -> Iterator[Instance]:
        """Every pod that was there at a moment."""
        return (instance for instance in self.instances() if instance.alive(time))

    def changes(self) -> list[float]:
        """The moments at which a pod came or went, after the first, in order."""
        starts = [instance.start for instance in self.instances()]
        moments = {*starts, *(one.end for one in self.instances() if one.end != float("inf"))}
        return sorted(moments - {min(starts, default=0.0)})

    def node(self, name: str) -> SimulatedNode | None:
        """The node of this name."""
        return next((node for node in self.nodes if node.name == name), None)


@dataclass(frozen=True, slots=True)
class _Event:
    """A moment at which pods of a workload come, and others go."""

    time: float
    workload: WorkloadRef
    kind: str


def hires(snapshot: Snapshot, plan: Plan) -> Roster:
    """The roster of a snapshot for the time of the plan."""
    return _Builder(snapshot, plan).build()


class _Builder:
    def __init__(self, snapshot: Snapshot, plan: Plan) -> None:
        self._plan = plan
        self._rng = Random(f"{plan.seed}:pods")  # noqa: S311 - traffic to be repeated, not secrets
        self._nodes = _nodes(snapshot, plan)
        taken = {point for pod in snapshot.pods if not pod.host_network for point in pod.addresses}
        self._addresses = Addresses(taken, self._rng)
        self._templates: dict[tuple[object, ...], int] = {}
        self._next_node = 0
        self._leaving: list[tuple[float, int, str]] = []
        self._pods: dict[WorkloadRef, list[Pod]] = {}
        for pod in snapshot.pods:
            self._pods.setdefault(pod.workload, []).append(pod)
        self._roster = Roster(self._nodes)

    def build(self) -> Roster:
        for workload, pods in self._pods.items():
            self._roster.by_workload[workload] = []
            if workload.kind not in _SCHEDULED:
                for pod in self._first(pods):
                    self._add(workload, pod, self._plan.start)
        for event in sorted(self._events(), key=lambda one: (one.time, str(one.workload))):
            self._free(event.time)
            if event.kind == "run":
                self._run(event)
            else:
                self._roll(event)
        return self._roster

    def _first(self, pods: list[Pod]) -> Iterator[Pod]:
        """The pods that are there at the beginning; planned ones become replicas."""
        for pod in pods:
            if not pod.planned:
                yield self._placed(pod, pod.name)
                continue
            hashed = _hashed(pod, suffix(self._rng, 10))
            count = len(self._nodes) if pod.workload.kind == "DaemonSet" else self._plan.replicas
            for number in range(1 if pod.workload.kind == "Pod" else count):
                node = self._nodes[number].name if pod.workload.kind == "DaemonSet" else ""
                yield self._placed(replace(hashed, node=node or hashed.node), self._name(hashed, number))

    def _events(self) -> Iterator[_Event]:
        plan = self._plan
        days = plan.hours / 24
        rolled = [ref for ref, pods in self._pods.items() if ref.kind in _ROLLED and not pods[0].host_network]
        for _ in range(int(plan.rollouts * days + self._rng.random()) if rolled else 0):
            time = plan.start + self._rng.uniform(0.1, 0.95) * plan.hours * 3600
            yield _Event(float(round(time)), self._rng.choice(rolled), "roll")
        for workload in self._pods:
            if workload.kind in _SCHEDULED:
                yield from (_Event(time, workload, "run") for time in self._runs(workload))

    def _runs(self, workload: WorkloadRef) -> Iterator[float]:
        """A CronJob runs once a day at its own minute, a Job once."""
        plan = self._plan
        first = plan.start + self._rng.randrange(max(1, int(min(plan.hours, 24) * 60))) * 60
        days = 1 if workload.kind == "Job" else int(plan.hours // 24) + 1
        yield from (first + day * 86_400 for day in range(days) if first + day * 86_400 < plan.end)

    def _run(self, event: _Event) -> None:
        pod = self._pods[event.workload][0]
        name = f"{event.workload.name}-{int(event.time // 60)}-{suffix(self._rng, 5)}"
        placed = self._placed(replace(pod, addresses=(), node="", planned=False), name)
        self._add(event.workload, placed, event.time, event.time + JOB_SECONDS)
        self._leave(placed.node, format_address(placed.addresses[0]), event.time + JOB_SECONDS)

    def _roll(self, event: _Event) -> None:
        """Each pod is followed by one of a new template with a new address; a StatefulSet's keep their names."""
        group = self._roster.by_workload[event.workload]
        generation = suffix(self._rng, 10)
        for number, old in [(n, one) for n, one in enumerate(group) if one.alive(event.time)]:
            if old.start >= event.time:
                continue
            group[number] = replace(old, end=event.time + _OVERLAP)
            pod = _hashed(replace(old.pod, addresses=(), node="", planned=False), generation)
            keeps = event.workload.kind == "StatefulSet"
            name = old.pod.name if keeps else f"{event.workload.name}-{generation}-{suffix(self._rng, 5)}"
            start = event.time + _OVERLAP if keeps else event.time
            self._add(event.workload, self._placed(pod, name), start)
            self._leave(old.pod.node, old.address, event.time + _OVERLAP)

    def _leave(self, name: str, address: str, time: float) -> None:
        node = self._roster.node(name)
        if node is not None and address != node.address:
            self._leaving.append((time, node.number, address))

    def _free(self, time: float) -> None:
        """Gives back the addresses of pods that have been gone for a while."""
        for left in [one for one in self._leaving if one[0] + _REST <= time]:
            self._leaving.remove(left)
            self._addresses.give_back(*left[1:])

    def _placed(self, pod: Pod, name: str) -> Pod:
        """A pod of this name on a node, with an address."""
        node = self._roster.node(pod.node)
        if node is None:
            node = self._nodes[self._next_node % len(self._nodes)]
            self._next_node += 1
        if pod.host_network:
            addresses: tuple[int, ...] = (parse_address(node.address),)
        else:
            addresses = pod.addresses[:1] or (parse_address(self._addresses.take(node.number)),)
        return replace(pod, name=name, node=node.name, addresses=addresses, planned=False)

    def _name(self, pod: Pod, number: int) -> str:
        kind, name = pod.workload.kind, pod.workload.name
        if kind == "Pod":
            return name
        if kind == "StatefulSet":
            return f"{name}-{number}"
        tail = suffix(self._rng, 5)
        if kind == "Deployment":
            return f"{name}-{pod.labels.get(HASH_LABEL, '')}-{tail}"
        return f"{name}-{tail}"

    def _add(self, workload: WorkloadRef, pod: Pod, start: float, end: float = float("inf")) -> None:
        key = (pod.namespace, tuple(sorted(pod.labels.items())), pod.ports, pod.service_account, pod.host_network)
        template = self._templates.setdefault(key, len(self._templates))
        address = format_address(pod.addresses[0])
        self._roster.by_workload[workload].append(Instance(pod, address, start, end, template))


def _hashed(pod: Pod, generation: str) -> Pod:
    """The pod as its Deployment's ReplicaSet makes it, with the label of this generation."""
    if pod.workload.kind != "Deployment":
        return pod
    return replace(pod, labels={**pod.labels, HASH_LABEL: generation})


def _nodes(snapshot: Snapshot, plan: Plan) -> tuple[SimulatedNode, ...]:
    """The nodes of the input, those that its pods name, or as many as the plan says."""
    known = {node.name: node.addresses for node in snapshot.nodes}
    names: Iterable[str] = known or dict.fromkeys(pod.node for pod in snapshot.pods if pod.node)
    names = list(names) or [f"node-{number}" for number in range(1, plan.nodes + 1)]
    return tuple(
        SimulatedNode(name, format_address(known[name][0]) if known.get(name) else node_address(number), number)
        for number, name in enumerate(names, 1)
    )

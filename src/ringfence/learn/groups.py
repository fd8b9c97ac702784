"""Workloads as policies see them: the pods that one selector means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.flows.edges import Party, PartyKind
from ringfence.learn.selectors import Field, common, lasting
from ringfence.model.addresses import parse_address
from ringfence.model.labels import LabelExpr
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Node, Pod, Snapshot, WorkloadRef
from ringfence.model.policy import PodPeer

_COMES_AND_GOES = frozenset({"Job", "CronJob"})


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Workloads that no lasting label tells apart, most often one alone, with the selector of their pods.

    ``also`` are workloads that the selector means besides, since none is exact. ``absent`` tells that the cluster has
    none of their pods now: then they are known by the labels in the records.
    """

    namespace: str
    workloads: tuple[WorkloadRef, ...]
    pods: tuple[Pod, ...]
    selector: LabelExpr
    name: str
    also: tuple[WorkloadRef, ...] = ()
    absent: bool = False

    def __str__(self) -> str:
        """``namespace/Kind/name``; of several workloads each, with commas."""
        return ",".join(map(str, self.workloads))

    @property
    def peer(self) -> PodPeer:
        """The pods, as a peer or as a subject."""
        return PodPeer(namespace=self.namespace, pods=self.selector)

    @property
    def guardable(self) -> bool:
        """True where a policy of its own makes sense: it is in the cluster, or comes and goes."""
        return not self.absent or any(workload.kind in _COMES_AND_GOES for workload in self.workloads)


class Groups:
    """The workloads of a cluster, and those of records that it doesn't have now.

    ``snapshot`` is the cluster with a planned pod for each of the latter, so that the engine can judge them.
    """

    def __init__(self, snapshot: Snapshot, parties: Sequence[Party]) -> None:
        known = {pod.workload for pod in snapshot.pods}
        gone = _gone(parties, known)
        self.snapshot = _with(snapshot, gone, parties)
        self.all: list[Group] = []
        self._of: dict[WorkloadRef, Group] = {}
        self._hosts: dict[WorkloadRef, list[Pod]] = defaultdict(list)
        by_namespace: dict[str, list[Pod]] = defaultdict(list)
        for pod in snapshot.pods:
            if pod.host_network:
                self._hosts[pod.workload].append(pod)
            else:
                by_namespace[pod.namespace].append(pod)
        absent: dict[str, list[Pod]] = defaultdict(list)
        for pod in gone.values():
            absent[pod.namespace].append(pod)
        for namespace in sorted({*by_namespace, *absent}):
            self._add(namespace, by_namespace[namespace], absent[namespace])

    def of(self, workload: WorkloadRef) -> Group | None:
        """The group of a workload's pods; None where it has none that policies guard."""
        return self._of.get(workload)

    def hosts(self, workload: WorkloadRef) -> list[Pod]:
        """The workload's pods of the host network."""
        return self._hosts.get(workload, [])

    def _add(self, namespace: str, present: list[Pod], absent: list[Pod]) -> None:
        pods: dict[WorkloadRef, list[Pod]] = defaultdict(list)
        for pod in (*present, *absent):
            pods[pod.workload].append(pod)
        alike: dict[tuple[tuple[str, str], ...] | WorkloadRef, list[WorkloadRef]] = defaultdict(list)
        for workload in sorted(pods):
            labels = tuple(sorted(common(pods[workload]).items()))
            alike[labels or workload].append(workload)
        field, gone = Field((*present, *absent)), {pod.workload for pod in absent}
        names: dict[str, int] = defaultdict(int)
        for workloads in alike.values():
            names[_first(workloads, gone).name] += 1
        for workloads in alike.values():
            members = tuple(pod for workload in workloads for pod in pods[workload])
            first = _first(workloads, gone)
            choice = field.choose(members)
            group = Group(
                namespace,
                tuple(workload for workload in workloads if workload not in gone) or tuple(workloads),
                members,
                choice.expression,
                first.name if names[first.name] == 1 else f"{first.name}-{first.kind.lower()}",
                tuple(sorted({pod.workload for pod in choice.others})),
                absent=all(workload in gone for workload in workloads),
            )
            self.all.append(group)
            self._of.update(dict.fromkeys(workloads, group))


def _first(workloads: Sequence[WorkloadRef], gone: set[WorkloadRef]) -> WorkloadRef:
    """The workload that a group is called by: one that is there, if any is."""
    return next((workload for workload in workloads if workload not in gone), workloads[0])


def _gone(parties: Iterable[Party], known: set[WorkloadRef]) -> dict[WorkloadRef, Pod]:
    """A planned pod for each recorded workload that the cluster doesn't have and whose labels are on record."""
    found: dict[WorkloadRef, Pod] = {}
    for party in sorted(parties, key=lambda each: (str(each), each.labels)):
        workload = workload_of(party)
        labels = lasting(dict(party.labels))
        if workload is not None and workload not in known and labels:
            found.setdefault(workload, Pod(workload.namespace, "", labels, workload, planned=True))
    return found


def _with(snapshot: Snapshot, gone: Mapping[WorkloadRef, Pod], parties: Iterable[Party]) -> Snapshot:
    spaces = {pod.namespace for pod in gone.values()} - set(snapshot.namespaces)
    made = {name: Namespace(name, {NAMESPACE_NAME_LABEL: name}, given=False) for name in sorted(spaces)}
    return replace(
        snapshot,
        pods=(*snapshot.pods, *gone.values()),
        namespaces={**snapshot.namespaces, **made},
        nodes=_nodes(snapshot, parties),
    )


def _nodes(snapshot: Snapshot, parties: Iterable[Party]) -> tuple[Node, ...]:
    """The nodes of the input, and those that only records tell: rules for nodes mean these, too."""
    known = {address for node in snapshot.nodes for address in node.addresses}
    known |= {address for pod in snapshot.pods for address in pod.addresses}
    found = {node.name: node for node in snapshot.nodes}
    for party in sorted((each for each in parties if each.kind is PartyKind.NODE), key=str):
        point = point_of(party)
        if point < 0 or point in known:
            continue
        known.add(point)
        kind, _, name = party.workload.partition("/")
        name = name if kind == "Node" and name else party.address
        node = found.get(name, Node(name, {}))
        found[name] = replace(node, addresses=(*node.addresses, point))
    return tuple(found.values())


def point_of(party: Party) -> int:
    """The address of a party; -1 where it has none."""
    try:
        return parse_address(party.address)
    except ValueError:
        return -1


def workload_of(party: Party) -> WorkloadRef | None:
    """The workload that a party is; None for another kind of end.

    A pod that no inventory has, of which the record has labels, is one by these.
    """
    kind, slash, name = party.workload.partition("/")
    if party.kind is PartyKind.WORKLOAD:
        return WorkloadRef(party.namespace, kind, name) if slash else None
    if party.kind is PartyKind.UNKNOWN and party.namespace and lasting(dict(party.labels)):
        labels = ",".join(f"{key}={value}" for key, value in sorted(lasting(dict(party.labels)).items()))
        return WorkloadRef(party.namespace, kind or "Pod", name or labels)
    return None

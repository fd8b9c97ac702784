"""The ends of recorded connections, as endpoints that an engine can judge.

A workload that the input has stands for its pods of today. One that it doesn't have any more is judged as a pod of the
labels that were recorded. What can't be judged says why; it is never left out in silence.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from ringfence.explain.endpoints import End, Endpoints
from ringfence.flows.edges import Party, PartyKind
from ringfence.model.addresses import format_address, parse_address
from ringfence.model.errors import EndpointError
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Pod, Snapshot, WorkloadRef
from ringfence.model.origin import UNKNOWN
from ringfence.model.verdict import AddressEndpoint, Endpoint


class Basis(Enum):
    """By what an end is judged."""

    PODS = "pods"  # of the input
    LABELS = "labels"  # that were recorded: the workload is gone
    ADDRESS = "address"
    SERVICE = "service"  # what it sends to
    NOTHING = "nothing"  # it can't be judged

    # Ends are asked by the million; the hash that Enum brings is Python code.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class RecordedEnd:
    """One end, for all parties that are judged alike.

    ``node`` is that whose address it is, by its address where nobody knows its name. ``why_not`` is a clause that says
    why an end can't be judged.
    """

    name: str
    basis: Basis
    party: Party
    end: End
    node: str = ""
    why_not: str = ""

    def may_run(self, endpoint: Endpoint) -> bool:
        """Whether this is a node that runs a pod, as far as is known: of a pod without a node, every one may."""
        if not self.node or not isinstance(endpoint, Pod):
            return False
        return endpoint.node == self.node or (not endpoint.node and not endpoint.host_network)

    @property
    def namespace(self) -> str:
        """The namespace of the workload or Service, empty for an address."""
        return self.party.namespace or self.party.service.partition("/")[0]


class RecordedEnds:
    """The ends of parties, over a snapshot to which the pods of gone workloads are added.

    ``numbers`` gives the end of each party by its number; :attr:`snapshot` is the one to build engines over.
    """

    def __init__(self, snapshot: Snapshot, parties: Sequence[Party]) -> None:
        self._base = snapshot
        self._workloads: dict[tuple[str, str], list[Pod]] = {}
        for pod in snapshot.pods:
            key = pod.workload.namespace, f"{pod.workload.kind}/{pod.workload.name}"
            self._workloads.setdefault(key, []).append(pod)
        self._nodes = {address: node.name for node in snapshot.nodes for address in node.addresses}
        self._node_addresses = {node.name: node.addresses[0] for node in snapshot.nodes if node.addresses}
        self._gone: list[Pod] = []
        self._known: dict[Hashable, int] = {}
        self.ends: list[RecordedEnd] = []
        self.numbers = [self._number(party) for party in parties]
        self.snapshot = self._extended()

    @cached_property
    def endpoints(self) -> Endpoints:
        """Finds what Services send to."""
        return Endpoints(self._base)

    def __getitem__(self, party: int) -> RecordedEnd:
        return self.ends[self.numbers[party]]

    def _number(self, party: Party) -> int:
        key, make = self._kind(party)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self.ends)
            self.ends.append(make)
        return number

    def _kind(self, party: Party) -> tuple[Hashable, RecordedEnd]:
        if party.kind is PartyKind.NODE:
            return self._node(party)
        if party.workload or party.kind is PartyKind.WORKLOAD:
            return self._workload(party)
        if party.kind is PartyKind.SERVICE:
            return (party.service, party.address, "service"), self._service(party)
        if party.kind is PartyKind.UNKNOWN:
            if party.namespace and party.labels:
                return self._gone_workload(party)
            if party.cluster and party.names:
                return party, _nothing(party, f"{party.names[0]} is not in the input")
            what = f"{party.address} is an address of the cluster" if party.address else "it is an end of the cluster"
            return party, _nothing(party, f"{what} whose pod no record and no input tells")
        return self._address(party)

    def _workload(self, party: Party) -> tuple[Hashable, RecordedEnd]:
        key = party.namespace, party.workload
        pods = self._workloads.get(key)
        if pods is None:
            return self._gone_workload(party)
        if key in self._known:
            return key, self.ends[self._known[key]]
        return key, RecordedEnd(str(party), Basis.PODS, party, End(str(party), tuple(pods)))

    def _gone_workload(self, party: Party) -> tuple[Hashable, RecordedEnd]:
        name = str(party) if party.workload or party.address else f"{party.namespace}/{_written(party.labels)}"
        if not party.labels:
            return party, _nothing(party, f"{name} is gone from the cluster, and no record has its labels", name)
        key = party.namespace, party.workload or party.address, party.labels
        if key in self._known:
            return key, self.ends[self._known[key]]
        kind, _, own = party.workload.partition("/")
        # Pods are told apart by namespace and workload: the number keeps shapes of one workload apart.
        ref = WorkloadRef(party.namespace, kind or "Pod", f"{own or 'unknown'}~{len(self._gone)}")
        pod = Pod(party.namespace, "", dict(party.labels), ref, planned=True)
        self._gone.append(pod)
        return key, RecordedEnd(name, Basis.LABELS, party, End(name, (pod,)))

    def _node(self, party: Party) -> tuple[Hashable, RecordedEnd]:
        """A node, by its address, or by its name ``Node/name`` where the records have no address of it."""
        name = party.workload.removeprefix("Node/") if party.workload.startswith("Node/") else ""
        address = parse_address(party.address) if party.address else self._node_addresses.get(name)
        if address is None:
            return party, _nothing(party, f"no record and no input tells the address of {party}")
        name = name or self._nodes.get(address, "") or format_address(address)
        key = address, name
        if key in self._known:
            return key, self.ends[self._known[key]]
        end = End(format_address(address), (AddressEndpoint(address, self._nodes.get(address, "")),))
        return key, RecordedEnd(str(party), Basis.ADDRESS, party, end, name)

    def _address(self, party: Party) -> tuple[Hashable, RecordedEnd]:
        if not party.address:
            return party, _nothing(party, "the log doesn't tell the address outside the cluster")
        if party.address in self._known:
            return party.address, self.ends[self._known[party.address]]
        address = parse_address(party.address)
        node = self._nodes.get(address, "")
        end = End(party.address, (AddressEndpoint(address, node),))
        return party.address, RecordedEnd(str(party), Basis.ADDRESS, party, end, node)

    def _service(self, party: Party) -> RecordedEnd:
        text = f"service:{party.service}" if party.service else party.address
        try:
            end = self.endpoints.destination(text)
        except EndpointError as error:
            return _nothing(party, str(error).rstrip("."), text)
        return RecordedEnd(end.name, Basis.SERVICE, party, end)

    def _extended(self) -> Snapshot:
        missing = {pod.namespace for pod in self._gone} - self._base.namespaces.keys()
        if not self._gone:
            return self._base
        # As the API server has it: every namespace carries its name.
        namespaces: Mapping[str, Namespace] = {
            **self._base.namespaces,
            **{name: Namespace(name, {NAMESPACE_NAME_LABEL: name}, given=False, origin=UNKNOWN) for name in missing},
        }
        return replace(self._base, pods=(*self._base.pods, *self._gone), namespaces=namespaces)


def _nothing(party: Party, why_not: str, name: str = "") -> RecordedEnd:
    return RecordedEnd(name or str(party), Basis.NOTHING, party, End(name or str(party), ()), why_not=why_not)


def _written(labels: Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels)

"""Policy tests the slow way: every source, every destination, every port, one by one, by the oracle.

Of address space and ports it looks at one point of each interval that nothing cuts: no rule, no pod, no node, no test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.model.addresses import V4_MAX, V6_BASE, V6_MAX, AddressSet
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.policy import PolicySet
from ringfence.model.ports import MAX_PORT, AnyProtocol, NamedPort, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing.suite import (
    AddressEnd,
    Case,
    Connections,
    End,
    Expect,
    Group,
    GroupEnd,
    NewPodEnd,
    PodsEnd,
    Side,
    TextEnd,
)
from tests import oracle, points

Port = tuple[AnyProtocol, int]
TEAM = "team"


@dataclass
class World:
    snapshot: Snapshot
    policy_set: PolicySet

    def nodes(self) -> dict[int, str]:
        return {address: node.name for node in self.snapshot.nodes for address in node.addresses}

    def node_addresses(self) -> set[int]:
        hosts = {address for pod in self.snapshot.pods if pod.host_network for address in pod.addresses}
        return hosts | set(self.nodes())

    def pod_addresses(self) -> set[int]:
        return {address for pod in self.snapshot.pods if not pod.host_network for address in pod.addresses}

    def team(self, pod: Pod) -> str:
        return self.snapshot.namespaces[pod.namespace].labels.get(TEAM, "")

    def endpoints(self, case: Case) -> list[Endpoint]:
        cuts = {0, V6_BASE}
        for address in points.addresses(self.snapshot, self.policy_set):
            cuts |= {address.address}
        known = self.node_addresses() | self.pod_addresses()
        ranges = [INTERNET, *(end.addresses for end in ends_of(case) if isinstance(end, AddressEnd))]
        ranges += [AddressSet.of((address, address) for address in known)]
        for addresses in ranges:
            cuts |= {point for low, high in addresses for point in (low, high + 1)}
        found: list[Endpoint] = list(self.snapshot.pods)
        nodes = self.nodes()
        space = [point for point in sorted(cuts) if point <= V4_MAX or V6_BASE <= point <= V6_MAX]
        found += [AddressEndpoint(point, nodes.get(point, "")) for point in space if point not in self.pod_addresses()]
        for end in ends_of(case):
            if isinstance(end, NewPodEnd) and new_pod(end) not in found:
                found.append(new_pod(end))
        return found

    def ports(self, case: Case) -> list[Port]:
        cuts: dict[Port, None] = dict.fromkeys(points.port_points(self.snapshot, self.policy_set))
        for connections in (case.connections, *case.exceptions):
            for port in connections.ports or ():
                if not isinstance(port, NamedPort):
                    cuts[port.protocol, port.lo] = None
                    cuts[port.protocol, min(port.hi + 1, MAX_PORT)] = None
            for end in ends_of(case):
                if isinstance(end, NewPodEnd):
                    for declared in end.ports:
                        cuts[declared.protocol, declared.number] = None
                        cuts[declared.protocol, min(declared.number + 1, MAX_PORT)] = None
        return list(cuts)

    def has_family(self, address: int) -> bool:
        """Whether the cluster has addresses of the family; IPv4 where it has none at all."""
        snapshot = self.snapshot
        given = [each for pod in snapshot.pods for each in pod.addresses]
        given += [each for node in snapshot.nodes for each in node.addresses]
        if not given:
            return address < V6_BASE
        return any((each < V6_BASE) is (address < V6_BASE) for each in given)

    # ---- what a case speaks of -------------------------------------------------------------------------------------

    def means(self, end: End, endpoint: Endpoint, *, excepted: bool) -> bool:
        """What an end means, but for other-teams, which needs the other end."""
        pod = endpoint if isinstance(endpoint, Pod) else None
        new = pod is not None and pod.workload.kind == "NewPod"
        match end:
            case NewPodEnd():
                return pod == new_pod(end)
            case GroupEnd(Group.ANYWHERE):
                return not new or excepted
            case GroupEnd(Group.ANY_POD):
                return pod is not None and (not new or excepted)
            case GroupEnd(Group.INTERNET):
                return self.outside(endpoint) in INTERNET
            case GroupEnd(Group.OTHER_TEAMS):
                return pod is not None and bool(self.team(pod))
            case AddressEnd(addresses):
                if pod is not None:
                    return not pod.host_network and any(address in addresses for address in pod.addresses)
                assert isinstance(endpoint, AddressEndpoint)
                return endpoint.address in addresses
            case PodsEnd(namespaces, teams, namespace_labels, labels):
                if pod is None or new:
                    return False
                own = self.snapshot.namespaces[pod.namespace]
                return (
                    (not namespaces or pod.namespace in namespaces)
                    and (not teams or self.team(pod) in teams)
                    and namespace_labels.matches(own.labels)
                    and labels.matches(pod.labels)
                )
            case TextEnd(text):
                return pod is not None and not new and text in (str(pod), str(pod.workload))
            case _:
                raise AssertionError(end)

    def outside(self, endpoint: Endpoint) -> int:
        """The address of an endpoint that is neither pod nor node, else one that is in no range."""
        if isinstance(endpoint, Pod) or endpoint.address in self.node_addresses():
            return -1
        return endpoint.address

    def in_ends(self, ends: tuple[End, ...] | None, endpoint: Endpoint, expect: Expect | None) -> bool:
        chosen = ends or (GroupEnd(Group.ANYWHERE),)
        if expect is Expect.ALLOWED and self.outside(endpoint) >= 0 and not self.has_family(self.outside(endpoint)):
            chosen = tuple(end for end in chosen if not isinstance(end, GroupEnd))
        return any(self.means(end, endpoint, excepted=expect is None) for end in chosen)

    def asked(self, connections: Connections, destination: Endpoint, expect: Expect | None, port: Port) -> bool:
        declared = destination.ports if isinstance(destination, Pod) else ()
        if connections.ports is None:
            # Without ports a test is about ports; ICMP is asked about by name.
            if expect is not Expect.ALLOWED:
                return isinstance(port[0], Protocol)
            return any((each.protocol, each.number) == port for each in declared)
        for entry in connections.ports:
            if not isinstance(entry, NamedPort):
                if entry.protocol is port[0] and entry.lo <= port[1] <= entry.hi:
                    return True
            elif any(
                each.name == entry.name and (each.protocol, each.number) == port and entry.protocol in (None, port[0])
                for each in declared
            ):
                return True
        return False

    def speaks_of(
        self, connections: Connections, source: Endpoint, destination: Endpoint, port: Port, expect: Expect | None
    ) -> bool:
        return (
            self.in_ends(connections.sources, source, expect)
            and self.in_ends(connections.destinations, destination, expect)
            and self.asked(connections, destination, expect, port)
            and self.teams_differ(connections, source, destination)
        )

    def teams_differ(self, connections: Connections, source: Endpoint, destination: Endpoint) -> bool:
        sides = (connections.sources or ()) + (connections.destinations or ())
        if not any(end == GroupEnd(Group.OTHER_TEAMS) for end in sides):
            return True
        if not isinstance(source, Pod) or not isinstance(destination, Pod):
            return False
        return "" not in (self.team(source), self.team(destination)) and self.team(source) != self.team(destination)

    def judged(self, source: Endpoint, destination: Endpoint) -> bool:
        """Leaves out what no policy decides: a pod and itself, a node and its own pods, and no pod at either end."""
        if not isinstance(source, Pod) and not isinstance(destination, Pod):
            return False
        if source == destination and not (isinstance(source, Pod) and source.planned):
            return False
        if oracle.is_guarded(destination):
            assert isinstance(destination, Pod)
            return not (destination.node and destination.node in oracle.nodes_of(self.snapshot, source))
        return True

    # ---- the answer ------------------------------------------------------------------------------------------------

    def passes(self, case: Case) -> bool | None:
        """Whether the promise holds; ``None`` where the case speaks of nothing."""
        ends, ports = self.endpoints(case), self.ports(case)
        kept: dict[tuple[int, int], bool] = {}
        for i, source in enumerate(ends):
            for j, destination in enumerate(ends):
                if not self.judged(source, destination):
                    continue
                answers = [
                    all(oracle.allowed(self.snapshot, self.policy_set, source, destination, *port))
                    is (case.expect is Expect.ALLOWED)
                    for port in ports
                    if self.speaks_of(case.connections, source, destination, port, case.expect)
                    and not any(self.speaks_of(each, source, destination, port, None) for each in case.exceptions)
                ]
                if answers:
                    kept[i, j] = any(answers) if Side.PORTS in case.exists else all(answers)
        if not kept:
            return None
        if Side.FROM in case.exists and Side.TO in case.exists:
            return any(kept.values())
        if Side.TO in case.exists:
            return all(any(kept[i, j] for i, j in kept if i == source) for source in {i for i, _ in kept})
        if Side.FROM in case.exists:
            return all(any(kept[i, j] for i, j in kept if j == end) for end in {j for _, j in kept})
        return all(kept.values())


def ends_of(case: Case) -> Iterator[End]:
    for connections in (case.connections, *case.exceptions):
        yield from connections.sources or ()
        yield from connections.destinations or ()


def new_pod(end: NewPodEnd) -> Pod:
    name = ",".join(f"{key}={value}" for key, value in sorted(end.labels.items())) or "unlabelled"
    workload = WorkloadRef(end.namespace, "NewPod", name)
    return Pod(end.namespace, "", end.labels, workload, ports=end.ports, planned=True)

"""What an end means in a cluster: pods, nodes and addresses. One that means nothing is a problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from ringfence.explain.endpoints import Endpoints
from ringfence.explain.suggest import did_you_mean
from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, NO_ADDRESSES, V6_BASE, AddressSet
from ringfence.model.codes import BAD_FIELD
from ringfence.model.errors import EndpointError
from ringfence.model.finding import Finding
from ringfence.model.internet import INTERNET
from ringfence.model.labels import EVERYTHING, AllOf, LabelExpr, Operator, Requirement
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import Origin
from ringfence.model.verdict import Endpoint
from ringfence.survey.backends import Backends
from ringfence.survey.dns import DnsServer, dns_servers
from ringfence.survey.survey import OWNER_LABELS
from ringfence.testing.ends import NOBODY, Ends
from ringfence.testing.newpods import NewPods
from ringfence.testing.points import Points
from ringfence.testing.suite import AddressEnd, End, Expect, Group, GroupEnd, NewPodEnd, PodsEnd, TextEnd


class Resolver:
    """Resolves ends over one snapshot; answers are remembered."""

    def __init__(self, points: Points, new: NewPods, sink: list[Finding], owner_label: str) -> None:
        """``owner_label`` names teams where a suite doesn't say; empty for the usual ones."""
        self.points = points
        self.snapshot: Snapshot = points.snapshot
        self.endpoints = Endpoints(self.snapshot)
        self._new = new
        self._sink = sink
        self._owner_label = owner_label
        self._numbers = points.numbers
        self._teams: dict[str, Mapping[str, int]] = {}
        self._dns: tuple[DnsServer, ...] | None = None
        self._selected: dict[tuple[PodsEnd, str], int] = {}

    @property
    def problems(self) -> int:
        """How many problems there are so far."""
        return len(self._sink)

    def report(self, origin: Origin, what: str, hint: str = "") -> None:
        """Note a problem."""
        self._sink.append(Finding(BAD_FIELD, what, origin, hint=hint.strip()))

    def teams(self, owner_label: str) -> Mapping[str, int]:
        """The pods of each team, those that a suite invents among them."""
        if owner_label not in self._teams:
            keys = [key for key in (owner_label or self._owner_label,) if key] or OWNER_LABELS
            found: dict[str, int] = {}
            for namespace in (*self.snapshot.namespaces.values(), *self._new.namespaces.values()):
                owner = next((namespace.labels[key] for key in keys if namespace.labels.get(key)), "")
                pods = self.points.by_namespace.get(namespace.name, 0)
                for pod in self._new.pods.values():
                    if pod.namespace == namespace.name:
                        pods |= 1 << self._numbers[id(pod)]
                if owner:
                    found[owner] = found.get(owner, 0) | pods
            self._teams[owner_label] = found
        return self._teams[owner_label]

    @cached_property
    def _families(self) -> AddressSet:
        """The address families of the cluster, by the addresses in the input; IPv4 where it has none."""
        given = [address for pod in self.snapshot.pods for address in pod.addresses]
        given += [address for node in self.snapshot.nodes for address in node.addresses]
        given += [address for service in self.snapshot.services for address in service.cluster_addresses]
        found = ALL_V6 if any(address >= V6_BASE for address in given) else NO_ADDRESSES
        return found | ALL_V4 if not found or any(address < V6_BASE for address in given) else found

    def dns(self) -> tuple[DnsServer, ...]:
        """What pods ask for names: NodeLocal DNSCache where there is one, else the DNS pods."""
        if self._dns is None:
            servers = dns_servers(self.snapshot, Backends(self.snapshot))
            self._dns = tuple(server for server in servers if server.address is not None) or servers
        return self._dns

    def ends_of(self, endpoints: Sequence[Endpoint]) -> Ends:
        """These pods, nodes and addresses."""
        points, addresses = 0, []
        for end in endpoints:
            if isinstance(end, Pod):
                points |= 1 << self._numbers[id(end)]
            else:
                addresses.append((end.address, end.address))
        if not addresses:
            return Ends(points)
        return Ends(points) | self.points.at(AddressSet.of(addresses))

    def end(self, end: End, owner_label: str, expect: Expect | None) -> Ends:
        """What an end means by itself; ``other-teams``, which needs the other side, is every pod that has a team.

        ``expect`` is what is promised of it, ``None`` in an exception. There, "any pod" and "anywhere" are those that
        the tests invent, too. That the Internet is *allowed* is promised for the address families that the cluster has,
        that it is *denied* for both.
        """
        match end:
            case GroupEnd(group):
                found = self._group(end, owner_label)
                if expect is None and group in (Group.ANYWHERE, Group.ANY_POD):
                    return Ends(found.points | self.points.new, found.addresses)
                if expect is Expect.ALLOWED and group in (Group.ANYWHERE, Group.INTERNET):
                    return Ends(found.points, found.addresses & self._families)
                return found
            case AddressEnd(addresses):
                return self.points.at(addresses)
            case NewPodEnd():
                return Ends(1 << self._numbers[id(self._new.pods[end])])
            case PodsEnd():
                key = (end, owner_label)
                if key not in self._selected:
                    self._selected[key] = self._pods(end, owner_label)
                return Ends(self._selected[key])
            case TextEnd(text, origin):
                try:
                    return self.ends_of(self.endpoints.source(text).endpoints)
                except EndpointError as error:
                    self.report(origin, str(error))
                    return NOBODY

    def _group(self, end: GroupEnd, owner_label: str) -> Ends:
        points = self.points
        match end.group:
            case Group.INTERNET:
                return Ends(0, INTERNET)
            case Group.ANYWHERE:
                return Ends(points.pods | points.nodes, ALL_ADDRESSES)
            case Group.ANY_POD:
                if not points.pods:
                    self.report(end.origin, "There is no pod in the input.")
                return Ends(points.pods)
            case Group.DNS:
                if not self.dns():
                    what = "No DNS server was found in the input."
                    self.report(end.origin, what, "Name its Service or pods instead of dns.")
                return self.ends_of([each for server in self.dns() for each in server.endpoints])
            case Group.OTHER_TEAMS:
                teams = self.teams(owner_label)
                if len([pods for pods in teams.values() if pods]) < 2:
                    label = owner_label or self._owner_label or " or ".join(OWNER_LABELS)
                    what = f"There are no other teams: the namespaces have fewer than two values of the label {label}."
                    self.report(end.origin, what, "Name the label under ownerLabel.")
                    return NOBODY
                owned = 0
                for pods in teams.values():
                    owned |= pods
                return Ends(owned)

    def _pods(self, end: PodsEnd, owner_label: str) -> int:
        before = len(self._sink)
        among = self.points.pods
        if end.namespaces:
            self._check_namespaces(end)
            among &= self.points.in_namespaces(end.namespaces)
        if end.namespace_labels != EVERYTHING:
            chosen = self.points.namespaces(end.namespace_labels)
            if not chosen:
                hint = self._near(end.namespace_labels, [each.labels for each in self.snapshot.namespaces.values()])
                self.report(end.origin, f"No namespace is labelled {end.namespace_labels}.", hint)
            among &= self.points.in_namespaces(namespace.name for namespace in chosen)
        if end.teams:
            teams = self.teams(owner_label)
            for team in end.teams:
                if team not in teams:
                    self.report(end.origin, f"No namespace belongs to team {team}.", did_you_mean(team, teams))
            among &= _union(teams.get(team, 0) for team in end.teams)
        inside = among
        if end.labels != EVERYTHING:
            among &= self.points.labelled(end.labels)
        if not among and len(self._sink) == before:
            hint = "For a pod that doesn't exist yet write newPod."
            if inside and (near := self._near(end.labels, [pod.labels for pod in self._of(inside)])):
                hint = near
            self.report(end.origin, f"This selects nothing: there are no {end}.", hint)
        return among

    def _of(self, points: int) -> list[Pod]:
        return [end for end in self.points.of(points) if isinstance(end, Pod)]

    def _check_namespaces(self, end: PodsEnd) -> None:
        for name in end.namespaces:
            if name not in self.snapshot.namespaces:
                hint = did_you_mean(name, self.snapshot.namespaces)
                self.report(end.origin, f"There is no namespace {name} in the input.", hint)
            elif name not in self.points.by_namespace:
                self.report(end.origin, f"Namespace {name} has no pod in the input.")

    def _near(self, expr: LabelExpr, labels: Sequence[Mapping[str, str]]) -> str:
        """What a label that nobody has was probably meant to be."""
        for part in expr.parts if isinstance(expr, AllOf) else ():
            if not isinstance(part, Requirement) or part.operator not in (Operator.IN, Operator.EXISTS):
                continue
            if any(part.matches(each) for each in labels):
                continue
            keys = dict.fromkeys(key for each in labels for key in each)
            if part.key not in keys:
                return f"None has the label {part.key}.{did_you_mean(part.key, keys)}"
            values = dict.fromkeys(each[part.key] for each in labels if part.key in each)
            shown = " or ".join(part.values)
            return f"None has {part.key}={shown}.{did_you_mean(part.values[0], values)}"
        return ""


def _union(sets: Iterable[int]) -> int:
    found = 0
    for pods in sets:
        found |= pods
    return found

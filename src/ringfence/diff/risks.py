"""Which changes a reviewer should not pass over: ways to and from the Internet, DNS, other teams, lost isolation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

from ringfence.diff.causes import Cause
from ringfence.diff.connections import Connection
from ringfence.diff.ends import Allowed, Ends, end_of
from ringfence.diff.report import Change, ChangeKind, End, Impact, Risk, RiskKind
from ringfence.diff.states import Engines, State
from ringfence.engine import Engine
from ringfence.explain.causes import object_name
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import NO_PORTS, PortSet
from ringfence.survey.backends import Backends
from ringfence.survey.dns import DnsServer, dns_servers
from ringfence.survey.survey import OWNER_LABELS

_NAMED = 3
_COUNTED = (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED)
"""In the order of :class:`Impact`."""


def addresses_of(end: End) -> AddressSet:
    """The addresses of an external end."""
    low, _, high = end.name.partition("-")
    return AddressSet(((parse_address(low), parse_address(high)),))


def teams_of(states: Iterable[State], owner_label: str) -> dict[str, str]:
    """The owner of each namespace that has one, by the first label that it has; the later state counts."""
    keys = (owner_label,) if owner_label else OWNER_LABELS
    return {
        name: owner
        for state in states
        for name, namespace in state.snapshot.namespaces.items()
        if (owner := next((namespace.labels[key] for key in keys if namespace.labels.get(key)), ""))
    }


class Risks:
    """Says which kinds of risk changes bring, and tells of each."""

    def __init__(self, states: tuple[State, State], engines: Engines, ends: Ends, teams: Mapping[str, str]) -> None:
        """``ends`` are those of the new state."""
        self._states = states
        self._engines = engines
        self._ends = ends
        self._teams = teams
        self._known: dict[tuple[int, int], tuple[PortSet, PortSet]] = {}
        self._dns: list[tuple[DnsServer, frozenset[End]]] | None = None

    def kinds(self, connection: Connection) -> tuple[RiskKind, ...]:
        """The kinds of risk that a connection brings by how it changed."""
        opened, lost = self._differences(connection.before, connection.after)
        opening = self._opening(connection.src, connection.dst) if opened else ()
        return (*opening, *self._cutting(connection, lost))

    def _differences(self, before: Allowed, after: Allowed) -> tuple[PortSet, PortSet]:
        """The ports that were opened, and those that some replica lost."""
        key = id(before), id(after)  # kept by the ends that answered so
        known = self._known.get(key)
        if known is None:
            lost = (before.some - after.some) | (before.always - after.always)
            known = self._known[key] = after.some - before.some, lost
        return known

    def _opening(self, src: End, dst: End) -> Iterator[RiskKind]:
        if dst.external and addresses_of(dst) & INTERNET:
            yield RiskKind.TO_INTERNET
        if src.external and addresses_of(src) & INTERNET:
            yield RiskKind.FROM_INTERNET
        ours, theirs = self._teams.get(src.namespace), self._teams.get(dst.namespace)
        if ours and theirs and ours != theirs:
            yield RiskKind.CROSSES_TEAMS

    def _cutting(self, connection: Connection, lost: PortSet) -> Iterator[RiskKind]:
        if lost and connection.src in self._ends and self._dns_ports(connection.dst, lost):
            yield RiskKind.CUTS_DNS

    def _dns_ports(self, dst: End, ports: PortSet) -> PortSet:
        """Those of the ports on which a destination answers for names."""
        if not ports:
            return NO_PORTS
        if self._dns is None:
            old, new = (state.snapshot for state in self._states)
            alike = self._engines.same_pods and old.services == new.services and old.references == new.references
            self._dns = [
                (server, frozenset(end_of(pod, self._ends.by) for pod in server.pods))
                for snapshot in ((new,) if alike else (old, new))
                for server in dns_servers(snapshot, Backends(snapshot))
            ]
        found = NO_PORTS
        for server, ends in self._dns:
            if dst in ends or (server.address is not None and dst.external and server.address in addresses_of(dst)):
                found |= ports & server.ports
        return found

    def of(self, changes: Sequence[Change]) -> Iterator[Risk]:
        """One risk a kind and subject, worst kinds first."""
        groups: dict[RiskKind, dict[str, list[Change]]] = {kind: {} for kind in RiskKind}
        for change in changes:
            for kind in change.risks:
                groups[kind].setdefault(self._subject(kind, change), []).append(change)
        for kind, by_subject in groups.items():
            for subject, behind in by_subject.items():
                causes = tuple(dict.fromkeys(cause for change in behind for cause in change.causes))
                yield Risk(kind, subject, self._text(kind, subject, behind), causes, len(behind))
        yield from self._unisolated()

    def _subject(self, kind: RiskKind, change: Change) -> str:
        if kind is RiskKind.CROSSES_TEAMS:
            return f"{self._teams[change.src.namespace]} → {self._teams[change.dst.namespace]}"
        return change.dst.name if kind is RiskKind.FROM_INTERNET else change.src.name

    def _text(self, kind: RiskKind, subject: str, behind: Sequence[Change]) -> str:
        ports = NO_PORTS
        for change in behind:
            ports |= self._dns_ports(change.dst, change.closed) if kind is RiskKind.CUTS_DNS else change.opened
        shown = str(ports).replace(" UDP ", ", UDP ").replace(" SCTP ", ", SCTP ")
        match kind:
            case RiskKind.TO_INTERNET:
                return f"{subject} may reach the Internet on {shown}."
            case RiskKind.FROM_INTERNET:
                return f"The Internet may reach {subject} on {shown}."
            case RiskKind.CUTS_DNS if ports:
                return f"{subject} can't reach the DNS pods any more on {shown}."
            case RiskKind.CUTS_DNS:
                return f"{subject} can't reach the DNS pods any more from some replicas, or not all of them."
            case _ if len(behind) > 1:
                return f"{len(behind)} connections of teams {subject} open."
            case _:
                return f"{behind[0].src.name} → {behind[0].dst.name} opens between teams {subject} on {shown}."

    def _unisolated(self) -> Iterator[Risk]:
        for direction in Direction:
            touched = self._namespaces_touched(direction)
            if touched is not None and not touched:
                continue
            before, after = (
                _Isolation(engine, direction, touched) for engine in (self._engines.old, self._engines.new)
            )
            for namespace, bare in sorted(after.bare.items()):
                if namespace not in before.pods or namespace in before.bare:
                    continue
                names = list(dict.fromkeys(str(pod.workload) for pod in bare))
                shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")
                text = f"Namespace {namespace} was isolated for {direction}, and {shown} no longer is."
                yield Risk(RiskKind.UNISOLATED, f"{namespace} {direction}", text, self._lost(bare[0], direction))

    def _namespaces_touched(self, direction: Direction) -> set[str] | None:
        """The namespaces in which some pod has other policies than before; ``None`` where it could be any."""
        old, new = self._engines.old, self._engines.new
        if not self._engines.same_pods or old.table is not new.table:
            return None
        atoms = (new.universe.atoms[number] for number in new.guarded_otherwise(old, direction))
        return {atom.pods[0].namespace for atom in atoms if atom.pods}

    def _lost(self, pod: Pod, direction: Direction) -> tuple[Cause, ...]:
        """The policies that isolated the pod and are gone, or don't any more."""
        engine = self._engines.old
        try:
            numbers = engine.policies_of(direction, engine.atom(pod))
        except KeyError:
            return ()
        policies = [engine.program.compiled[number].policy for number in numbers]
        return tuple(
            Cause(f"{object_name(policy.ref)} no longer isolates it", policy.origin, in_new=False, policy=policy.ref)
            for policy in policies
            if direction in policy.isolates
        )


class _Isolation:
    """Which namespaces have pods that policy could guard, and which of these pods nothing isolates.

    Only ``namespaces`` are looked at, or all.
    """

    def __init__(self, engine: Engine, direction: Direction, namespaces: Set[str] | None) -> None:
        self.pods: set[str] = set()
        self.bare: dict[str, list[Pod]] = {}
        known: dict[tuple[int, ...], bool] = {}
        for number, atom in enumerate(engine.universe.atoms):
            if not atom.pods or (namespaces is not None and atom.pods[0].namespace not in namespaces):
                continue
            if not atom.guarded:
                continue
            namespace = atom.pods[0].namespace
            self.pods.add(namespace)
            policies = engine.policies_of(direction, number)
            isolated = known.get(policies)
            if isolated is None:
                isolated = known[policies] = engine.isolated(direction, number)
            if not isolated:
                self.bare.setdefault(namespace, []).extend(atom.pods)


def impacts(changes: Iterable[Change], names: Callable[[End], str]) -> tuple[Impact, ...]:
    """Counts by what ``names`` calls an end; an empty name is not counted."""
    counts: dict[str, list[int]] = {}
    for change in changes:
        number = _COUNTED.index(change.kind)
        for name in {names(change.src), names(change.dst)}:
            if name:
                counts.setdefault(name, [0, 0, 0])[number] += 1
    return tuple(Impact(name, *numbers) for name, numbers in sorted(counts.items()))


__all__ = ["Risks", "addresses_of", "impacts", "teams_of"]

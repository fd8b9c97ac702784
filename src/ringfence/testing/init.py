"""A suite of what is allowed today, to begin with: read by people, passed by the cluster that it was written from.

It has a test for each namespace that policies guard, of who reaches its pods, and one of what else pods may reach whose
egress is limited. What it pins, exactly: between two ends that it speaks of, every port that is allowed today stays
allowed and every other stays denied, where a policy of ingress limits the destination or one of egress limits the
source. The ends are all pods, the Internet, and private ranges that a rule of the direction names. Where no policy
limits either end nothing is promised: that all is open is seldom meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.engine.core import Engine
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction
from ringfence.survey.backends import Backends
from ringfence.survey.dns import DnsServer, dns_servers
from ringfence.testing.init_ends import Ends, ports_written
from ringfence.testing.init_entries import Entry, anything_denied, by_destination, by_source
from ringfence.testing.init_text import comment, entry, item_lines, scalar
from ringfence.testing.init_units import Unit, Units
from ringfence.testing.suite import API_VERSION, KIND

EVERYONE = "everyone"
OUTSIDE = "outside"
_TESTS = "tests:"

_HEAD = (
    "What the policies allow today, written by ringfence test --init. Read it before you rely on it: it promises "
    "what is wrong today as well. A test with exactly says: each of these is allowed, and nothing else is."
)


def initial_suite(snapshot: Snapshot, engine: Engine, name: str = "today") -> str:
    """The text of a suite that passes on this cluster; equal clusters give equal texts.

    Raises:
        QueryError: there is nothing to promise.
    """
    lines = list(_Writer(snapshot, engine).lines(name))
    if lines[-1] == _TESTS:
        raise QueryError("No policy limits anything here and there is no DNS server, so there is nothing to promise.")
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, snapshot: Snapshot, engine: Engine) -> None:
        self._snapshot = snapshot
        self._engine = engine
        self._units = Units(snapshot, engine)
        self._ends = Ends(self._units)
        self._everyone = [*self._units.pods, *self._units.ranges(Direction.INGRESS)]
        unlimited = [unit for unit in self._units.pods if not self._units.limits(Direction.INGRESS, unit)]
        self._outside = [*unlimited, *self._units.ranges(Direction.EGRESS)]
        self._notes: list[str] = []

    def lines(self, name: str) -> Iterator[str]:
        """The suite, line by line."""
        tests = list(self._tests())
        for paragraph in (_HEAD, *self._notes):
            yield from comment(paragraph)
        yield from (f"apiVersion: {API_VERSION}", f"kind: {KIND}")
        yield from ("metadata:", *entry("name", name, 2))
        yield from self._definitions(tests)
        yield _TESTS
        yield from tests

    def _definitions(self, tests: Sequence[str]) -> Iterator[str]:
        defined = [
            (word, members)
            for word, side, members in ((EVERYONE, "from", self._everyone), (OUTSIDE, "to", self._outside))
            if f"    {side}: {word}" in tests
        ]
        if defined:
            yield "define:"
        for word, members in defined:
            yield from entry(word, self._ends.written(members), 2)

    def _tests(self) -> Iterator[str]:
        yield from self._dns()
        free: list[str] = []
        for namespace, units in self._units.by_namespace().items():
            limited = [unit for unit in units if self._units.limits(Direction.INGRESS, unit)]
            if limited:
                yield from self._reached(namespace, units, limited)
            else:
                free.append(namespace)
        if free:
            self._notes.append(f"No policy limits who reaches the pods of {', '.join(free)}.")
        limited = [unit for unit in self._units.pods if self._units.limits(Direction.EGRESS, unit)]
        yield from self._going(limited)
        free = sorted({unit.namespace for unit in self._units.pods} - {unit.namespace for unit in limited})
        if free:
            self._notes.append(f"No policy limits what the pods of {', '.join(free)} reach.")

    # ---- one namespace -------------------------------------------------------------------------------------------

    def _reached(self, namespace: str, units: Sequence[Unit], limited: Sequence[Unit]) -> Iterator[str]:
        entries = by_destination(self._units, self._everyone, limited)
        guarded = namespace if len(units) == len(limited) else f"guarded pods of {namespace}"
        yield f"  - name: {scalar(f'Who reaches {guarded}' if entries else f'Nobody reaches {guarded}')}"
        if self._units.open_to_addresses(limited):
            yield f"    from: {EVERYONE}"
        yield from entry("to", _one(self._ends.written(limited)), 4)
        yield from self._exactly(entries, self._everyone, limited)

    def _going(self, limited: Sequence[Unit]) -> Iterator[str]:
        if not anything_denied(self._units, limited, self._outside):
            return
        entries = by_source(self._units, limited, self._outside)
        yield f"  - name: {'What is reached outside' if entries else 'Nothing is reached outside'}"
        yield from entry("from", _one(self._ends.written(limited)), 4)
        yield f"    to: {OUTSIDE}"
        yield from self._exactly(entries, limited, self._outside)

    def _exactly(
        self, entries: Sequence[Entry], sources: Sequence[Unit], destinations: Sequence[Unit]
    ) -> Iterator[str]:
        if not entries:
            yield "    expect: denied"
            return
        yield "    exactly:"
        for each in entries:
            found: dict[str, Any] = {}
            if len(each.sources) != len(sources):
                found["from"] = _one(self._ends.written(each.sources))
            if len(each.destinations) != len(destinations):
                found["to"] = _one(self._ends.written(each.destinations))
            yield from item_lines({**found, "ports": ports_written(each.ports)}, 6)

    # ---- DNS -----------------------------------------------------------------------------------------------------

    def _dns(self) -> Iterator[str]:
        servers = dns_servers(self._snapshot, Backends(self._snapshot))
        servers = tuple(server for server in servers if server.address is not None) or servers
        if not servers:
            return
        asking = [unit for unit in self._units.pods if unit.pods[0].resolvers is None]
        served = [unit for unit in asking if all(self._asks(unit, server) for server in servers)]
        if served:
            everyone = len(served) == len(self._units.pods)
            yield f"  - name: {'Every pod' if everyone else 'These pods'} can ask DNS"
            yield from entry("from", _one(self._ends.written(served)), 4)
            yield from ("    to: dns", "    expect: allowed")
        cut = [unit.text for unit in asking if unit not in served]
        if cut:
            self._notes.append(f"DNS is cut today, at least in part, for {', '.join(cut)}.")

    def _asks(self, unit: Unit, server: DnsServer) -> bool:
        return all(
            server.ports <= self._engine.allowed(pod, end)
            for pod in unit.pods[:1]
            for end in server.endpoints
            if not (isinstance(end, Pod) and end is pod)
        )


def _one(ends: list[Any]) -> Any:
    return ends[0] if len(ends) == 1 else ends

"""A suite of what is allowed today, to begin with: read by people, passed by the cluster that it was written from.

It has a test for each namespace that policies guard, of who reaches its pods, and one of what else pods may reach whose
egress is limited. What it pins, exactly: between two ends that it speaks of, every port that is allowed today stays
allowed and every other stays denied, where a policy of ingress limits the destination or one of egress limits the
source. The ends are all pods, the Internet, and private ranges that a rule of the direction names. Where no policy
limits either end nothing is promised: that all is open is seldom meant. Where rules with names or conditions make a
difference, only what they can't allow is pinned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.engine.core import Engine
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction
from ringfence.model.verdict import Endpoint
from ringfence.survey.backends import Backends
from ringfence.survey.dns import DnsServer, dns_servers
from ringfence.testing.init_ends import Ends, ports_written
from ringfence.testing.init_entries import Entry, anything_denied, by_destination, by_source
from ringfence.testing.init_text import comment, entry, flow, item_lines, scalar
from ringfence.testing.init_units import Unit, Units
from ringfence.testing.suite import API_VERSION, KIND

EVERYONE = "everyone"
OUTSIDE = "outside"
_TESTS = "tests:"

_LONG = 200
"""Ends of more characters than this are given a name where they are used more than once."""

Test = dict[str, Any]
"""One test as a suite has it."""

_HEAD = (
    "What the policies allow today, written by ringfence test --init. Read it before you rely on it: it promises "
    "what is wrong today as well. A test with exactly says: each of these is allowed, and nothing else is."
)

_UNSURE = (
    "Some rules depend on names or conditions that the input can't tell. A test of what they allow has only in place "
    "of exactly: nothing else is allowed, and no more is promised."
)

_LISTS = ("exactly", "only")


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
        defined = self._definitions(tests)
        for paragraph in dict.fromkeys((_HEAD, *self._notes)):
            yield from comment(paragraph)
        yield from (f"apiVersion: {API_VERSION}", f"kind: {KIND}")
        yield from ("metadata:", *entry("name", name, 2))
        if defined:
            yield "define:"
        for word, ends in defined.items():
            yield from entry(word, ends, 2)
        yield _TESTS
        for test in tests:
            yield f"  - name: {scalar(test.pop('name'))}"
            for key, value in test.items():
                if key not in _LISTS:
                    yield from entry(key, value, 4)
                    continue
                yield f"    {key}:"
                for each in value:
                    yield from item_lines(each, 6)

    def _definitions(self, tests: Sequence[Test]) -> dict[str, Any]:
        """The ends that the tests speak of by a word; lists that are long and used again get one."""
        defined: dict[str, Any] = {}
        for word, side, members in ((EVERYONE, "from", self._everyone), (OUTSIDE, "to", self._outside)):
            if any(test.get(side) == word for test in tests):
                defined[word] = self._ends.written(members)
        places = [part for test in tests for part in (test, *test.get("exactly", ()), *test.get("only", ()))]
        uses = Counter(text for part in places for text in _long(part))
        words: dict[str, str] = {}
        for part in places:
            for side in ("from", "to"):
                text = flow(part.get(side, ""))
                if uses[text] > 1:
                    word = words.setdefault(text, f"group-{len(words) + 1}")
                    defined.setdefault(word, part[side])
                    part[side] = word
        return defined

    def _tests(self) -> Iterator[Test]:
        yield from self._dns()
        free: list[str] = []
        for namespace, units in self._units.by_namespace().items():
            limited = [unit for unit in units if self._units.limits(Direction.INGRESS, unit)]
            if limited:
                yield self._reached(namespace, units, limited)
            else:
                free.append(namespace)
        if free:
            self._notes.append(f"No policy limits who reaches the pods of {', '.join(free)}.")
        limited = [unit for unit in self._units.pods if self._units.limits(Direction.EGRESS, unit)]
        if anything_denied(self._units, limited, self._outside):
            yield self._going(limited)
        free = sorted({unit.namespace for unit in self._units.pods} - {unit.namespace for unit in limited})
        if free:
            self._notes.append(f"No policy limits what the pods of {', '.join(free)} reach.")

    def _reached(self, namespace: str, units: Sequence[Unit], limited: Sequence[Unit]) -> Test:
        entries = by_destination(self._units, self._everyone, limited)
        guarded = namespace if len(units) == len(limited) else f"guarded pods of {namespace}"
        test: Test = {"name": f"Who reaches {guarded}" if entries else f"Nobody reaches {guarded}"}
        if self._units.open_to_addresses(limited):
            test["from"] = EVERYONE
        test["to"] = _one(self._ends.written(limited))
        return test | self._exactly(entries, self._everyone, limited)

    def _going(self, limited: Sequence[Unit]) -> Test:
        entries = by_source(self._units, limited, self._outside)
        test: Test = {"name": "What is reached outside" if entries else "Nothing is reached outside"}
        test |= {"from": _one(self._ends.written(limited)), "to": OUTSIDE}
        return test | self._exactly(entries, limited, self._outside)

    def _exactly(self, entries: Sequence[Entry], sources: Sequence[Unit], destinations: Sequence[Unit]) -> Test:
        if not entries:
            return {"expect": "denied"}
        written = []
        for each in entries:
            found: Test = {}
            if len(each.sources) != len(sources):
                found["from"] = _one(self._ends.written(each.sources))
            if len(each.destinations) != len(destinations):
                found["to"] = _one(self._ends.written(each.destinations))
            written.append({**found, "ports": ports_written(each.ports)})
        sure = self._units.settled or all(self._units.sure(source, end) for source in sources for end in destinations)
        if not sure:
            self._notes.append(_UNSURE)
        return {"exactly" if sure else "only": written}

    # ---- DNS -----------------------------------------------------------------------------------------------------

    def _dns(self) -> Iterator[Test]:
        servers = dns_servers(self._snapshot, Backends(self._snapshot))
        servers = tuple(server for server in servers if server.address is not None) or servers
        if not servers:
            return
        asking = [unit for unit in self._units.pods if unit.pods[0].resolvers is None]
        served = [unit for unit in asking if all(self._asks(unit, server) for server in servers)]
        if any(self._judged(pod, end) for unit in served for pod in unit.pods for s in servers for end in s.endpoints):
            name = "Every pod can ask DNS" if len(served) == len(self._units.pods) else "These pods can ask DNS"
            yield {"name": name, "from": _one(self._ends.written(served)), "to": "dns", "expect": "allowed"}
        cut = [unit.text for unit in asking if unit not in served]
        if cut:
            self._notes.append(f"DNS is cut today, at least in part, for {', '.join(cut)}.")

    def _judged(self, pod: Pod, end: Endpoint) -> bool:
        if end is pod and not pod.planned:
            return False
        return not (isinstance(end, Pod) and self._engine.facts.on_same_node(pod, end))

    def _asks(self, unit: Unit, server: DnsServer) -> bool:
        return all(
            server.ports <= self._engine.allowed(pod, end)
            for pod in unit.pods[:1]
            for end in server.endpoints
            if not (isinstance(end, Pod) and end is pod)
        )


def _one(ends: list[Any]) -> Any:
    return ends[0] if len(ends) == 1 else ends


def _long(part: Test) -> Iterator[str]:
    """The ends of a test or of an entry that take more than a line."""
    for side in ("from", "to"):
        text = flow(part.get(side, ""))
        if len(text) > _LONG:
            yield text

"""Documents of kind ``PolicyTest`` into suites. What is wrong is collected, with its place, and told all at once."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_FIELD
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject
from ringfence.testing.problems import BadSuiteError
from ringfence.testing.reading_ends import Names, read_ends
from ringfence.testing.reading_fields import absent, choice, one_or_more, text_of
from ringfence.testing.reading_ports import read_ports
from ringfence.testing.suite import API_VERSION, KIND, Case, Connections, Expect, Side, Suite

_SUITE = ("apiVersion", "kind", "metadata", "ownerLabel", "define", "tests")
_METADATA = ("name", "namespace", "labels", "annotations")
_CASE = ("name", "reason", "from", "to", "ports", "expect", "exists", "except", "only", "exactly")
_LISTS = ("only", "exactly", "except")
"""What a test may list connections under, of which it has one."""

_CLOSED = ("only", "exactly")
"""Lists of all that is allowed: by ``only`` it may be, by ``exactly`` it must be."""

_ENTRY = ("from", "to", "ports")


def read(objects: Iterable[RawObject], problems: Iterable[Finding] = ()) -> tuple[Suite, ...]:
    """The suites of these documents; objects of other kinds are passed over.

    Raises:
        BadSuiteError: anything is wrong with one of them, or there are ``problems`` already.
    """
    sink: list[Finding] = list(problems)
    suites: dict[str, Suite] = {}
    for raw in objects:
        if not _is_suite(raw, sink):
            continue
        suite = _Reading(raw, sink).suite()
        earlier = suites.setdefault(suite.name, suite)
        if earlier is not suite and suite.name:
            _at(raw, ("metadata", "name"), sink).report(
                BAD_FIELD, f"There is another suite named {suite.name} at {earlier.origin}."
            )
    if sink:
        raise BadSuiteError(sink)
    return tuple(suites.values())


def _at(raw: RawObject, path: tuple[str | int, ...], sink: list[Finding]) -> Field:
    return Field(raw, path, None, sink)


def _is_suite(raw: RawObject, sink: list[Finding]) -> bool:
    """True for a policy test. One that was probably meant to be one is a problem."""
    version, kind = raw.ref.api_version, raw.ref.kind
    if kind == KIND and version == API_VERSION:
        return True
    if kind == KIND:
        _at(raw, ("apiVersion",), sink).report(
            BAD_FIELD, f"A {KIND} of {version} is not known.", hint=f"Write apiVersion: {API_VERSION}."
        )
    elif kind.casefold().replace("-", "").rstrip("s") in ("policytest", "policiestest", "networkpolicytest", "test"):
        _at(raw, ("kind",), sink).report(BAD_FIELD, f"There is no kind {kind}.", hint=f"Did you mean {KIND}?")
    return False


class _Reading:
    """Reads one document."""

    def __init__(self, raw: RawObject, sink: list[Finding]) -> None:
        self._raw = raw
        self._sink = sink
        self._root = Field(raw, (), raw.body, sink)

    def suite(self) -> Suite:
        root = self._root
        root.report_unknown(_SUITE, why="")
        names = Names.read(root.get("define"))
        owner = root.get("ownerLabel")
        return Suite(
            self._name(),
            tuple(self._cases(names)),
            (text_of(owner) or "") if owner is not None else "",
            self._raw.origin(),
        )

    def _name(self) -> str:
        metadata = self._root.get("metadata")
        if metadata is None or not isinstance(metadata.value, dict):
            self._root.report(BAD_FIELD, f"This {KIND} has no metadata.name.", hint="Name the suite.")
            return ""
        metadata.report_unknown(_METADATA, why="")
        name = metadata.get("name")
        if name is None:
            metadata.report(BAD_FIELD, f"This {KIND} has no metadata.name.", hint="Name the suite.")
            return ""
        return text_of(name) or ""

    def _cases(self, names: Names) -> Iterable[Case]:
        tests = self._root.get("tests")
        items = tests.items() if tests is not None else ()
        if tests is None or items == ():
            (tests or self._root).report(BAD_FIELD, "This suite has no tests.", hint="List them under tests.")
        seen: dict[str, Case] = {}
        for item in items or ():
            case = self._case(item, names)
            if case is None:
                continue
            earlier = seen.setdefault(case.name, case)
            if earlier is not case:
                text = f"There is another test named {case.name!r} in this suite, at {earlier.origin}."
                _at(self._raw, (*item.path, "name"), self._sink).report(BAD_FIELD, text)
            yield case
            if item.get("exactly") is not None:
                yield from promised(case)

    def _case(self, item: Field, names: Names) -> Case | None:
        if not item.is_mapping():
            return None
        before = len(self._sink)
        item.report_unknown(_CASE, why="")
        absent(item, _CASE)
        name, reason = item.get("name"), item.get("reason")
        title = text_of(name) if name is not None else None
        if name is None:
            item.report(BAD_FIELD, "This test has no name.", hint="Say in a sentence what it promises.")
        connections = self._connections(item, names)
        if connections.sources is None and connections.destinations is None:
            item.report(
                BAD_FIELD, "This test has neither from nor to.", hint="Name at least one; the other is anywhere."
            )
        expect = self._expect(item)
        exceptions = self._exceptions(item, names)
        exists = self._exists(item)
        if title is None or expect is None or len(self._sink) > before:
            return None
        why = (text_of(reason) or "") if reason is not None else ""
        only = bool(item.present(_CLOSED))
        return Case(title, expect, connections, exceptions, exists, only, why, item.origin)

    def _connections(self, field: Field, names: Names) -> Connections:
        source, destination, ports = (field.get(key) for key in _ENTRY)
        return Connections(
            read_ends(source, names, source=True) if source is not None else None,
            read_ends(destination, names, source=False) if destination is not None else None,
            read_ports(ports) if ports is not None else None,
            field.origin,
            {key: each.origin for key in _ENTRY if (each := field.get(key)) is not None},
        )

    def _expect(self, item: Field) -> Expect | None:
        expect, only = item.get("expect"), next((item.get(key) for key in item.present(_CLOSED)), None)
        if expect is not None and only is not None:
            only.report(
                BAD_FIELD, "A test has either expect or a list of all that is allowed: what is not in it is denied.",
                hint="For exceptions from expect, write except.",
            )  # fmt: skip
            return None
        if only is not None:
            return Expect.DENIED
        if expect is None:
            item.report(BAD_FIELD, "This test expects nothing.", hint="Write expect, only or exactly.")
            return None
        found = choice(expect, [each.value for each in Expect])
        return Expect(found) if found is not None else None

    def _exceptions(self, item: Field, names: Names) -> tuple[Connections, ...]:
        lists = item.present(_LISTS)
        field = item.get(lists[0]) if lists else None
        if len(lists) > 1:
            item.report(BAD_FIELD, f"A test has either {lists[0]} or {lists[1]}.", hint="Put all of it under one.")
        found = []
        for entry in one_or_more(field) if field is not None else ():
            if not isinstance(entry.value, dict):
                text = f"{entry} must be a mapping with from, to or ports, not {describe(entry.value)}."
                entry.report(BAD_FIELD, text)
                continue
            entry.report_unknown(_ENTRY, why="")
            absent(entry, _ENTRY)
            if not entry.present(_ENTRY):
                entry.report(BAD_FIELD, f"{entry} has none of from, to and ports, and would mean every connection.")
            found.append(self._connections(entry, names))
        return tuple(found)

    def _exists(self, item: Field) -> frozenset[Side]:
        field = item.get("exists")
        if field is None:
            return frozenset()
        for key in item.present(_CLOSED):
            field.report(BAD_FIELD, f"exists can't stand beside {key}, which speaks of every connection.")
        chosen = [choice(each, [side.value for side in Side]) for each in one_or_more(field)]
        return frozenset(Side(each) for each in chosen if each is not None)


def promised(case: Case) -> Iterable[Case]:
    """The tests that each connection under ``exactly`` is allowed, which ``only`` doesn't promise."""
    whole = case.connections
    for number, each in enumerate(case.exceptions, 1):
        connections = Connections(
            each.sources or whole.sources,
            each.destinations or whole.destinations,
            each.ports or whole.ports,
            each.origin,
            {**whole.origins, **each.origins},
        )
        yield Case(f"{case.name} ({number})", Expect.ALLOWED, connections, reason=case.reason, origin=each.origin)

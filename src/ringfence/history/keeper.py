"""The objects of a running cluster, kept up to date by what its watches tell, in whatever order that comes.

Every object carries a version that grows with each change of it, so an event that comes late or twice is told by its
version. Versions can be compared as numbers: the API server has always made them so, and Kubernetes 1.35 promises it
("Resource versions" in its documentation).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from ringfence.history.identity import group_of, groups_of
from ringfence.live.discovery import Resource
from ringfence.live.listing import Listed
from ringfence.live.watch import Change, Told, Trouble
from ringfence.sources.live_items import LiveItem
from ringfence.sources.policy_kinds import is_policy

_Name = tuple[str, str]
"""Namespace and name; of one kind."""


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815 -- as the API spells it


class _Named(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


_named = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one object: ``before`` and ``after`` are its texts, None where it wasn't there.

    ``seen`` tells that an event said so; else it was found out from a list, and may have happened any time before.
    """

    resource: Resource
    namespace: str
    name: str
    before: msgspec.Raw | None
    after: msgspec.Raw | None
    seen: bool = True


@dataclass(slots=True)
class _Kind:
    """All objects of one kind.

    ``gone`` are the versions at which objects were deleted, lest a late event revive them. ``listed`` are the versions
    of the newest lists, by the namespace that they are of.
    """

    items: dict[_Name, tuple[int, LiveItem]] = field(default_factory=dict)
    gone: dict[_Name, int] = field(default_factory=dict)
    listed: dict[str, int] = field(default_factory=dict)

    def at(self, namespace: str) -> int:
        """The version up to which everything in a namespace is known from lists."""
        return max(self.listed.get("", -1), self.listed.get(namespace, -1))


class Keeper:
    """Keeps objects. Lists and events may come from any thread, in any order, several times, or not at all.

    After a list, everything that the list says is known, whatever was lost before. ``version`` grows with each change;
    ``ruled`` is the version of the last change of a policy, or of what policies refer to.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[Resource, _Kind] = {}
        self._awaited: set[tuple[Resource, str]] = set()
        self._learnt: Callable[[str], bool] = lambda _group: True
        self._trouble: dict[tuple[Resource, str], Trouble] = {}
        self.version = self.ruled = 0

    def await_lists(self, wanted: Iterable[tuple[Resource, str]], learnt: Callable[[str], bool]) -> None:
        """Tells what will be listed, each kind with its namespace, and of which groups the kinds are known."""
        with self._lock:
            self._awaited = set(wanted)
            self._learnt = learnt

    def not_served(self, resource: Resource, namespace: str) -> None:
        """Tells that a kind which was to be listed isn't there."""
        with self._lock:
            self._awaited.discard((resource, namespace))

    @property
    def awaited(self) -> frozenset[tuple[Resource, str]]:
        """The kinds that have not been listed yet, each with the namespace that is to be listed."""
        with self._lock:
            return frozenset(self._awaited)

    @property
    def trouble(self) -> tuple[Trouble, ...]:
        """The kinds that can't be followed at the moment."""
        with self._lock:
            return tuple(self._trouble.values())

    @property
    def resources(self) -> frozenset[Resource]:
        """The kinds that have been listed at least once."""
        with self._lock:
            return frozenset(self._kinds)

    def looked(self, group: str, kind: str, namespace: str) -> bool:
        """Whether an object of a kind and namespace would be kept if it were there; ``group`` as ``group_of`` tells it.

        Not so where nobody followed its namespace, its kind can't be listed there or wasn't yet, or it couldn't be
        learnt which kinds are served. What isn't served any more is not there.
        """
        with self._lock:
            unknown = self._awaited | self._trouble.keys()
            if any(_same(each, group, kind) and at in ("", namespace) for each, at in unknown):
                return False
            if not all(self._learnt(each) for each in groups_of(group)):
                return False
            listed = [found.listed for each, found in self._kinds.items() if _same(each, group, kind)]
            return not listed or any("" in each or namespace in each for each in listed)

    def items(self) -> list[LiveItem]:
        """All objects, in the order in which lists of an API server give them."""
        with self._lock:
            found: list[LiveItem] = []
            for resource in sorted(self._kinds, key=lambda each: (each.group, each.kind)):
                found += [
                    item for _, (_, item) in sorted(self._kinds[resource].items.items(), key=lambda each: each[0])
                ]
            return found

    def tell(self, told: Told) -> list[Turn]:
        """Takes over a list, an event or trouble; what changed by it."""
        with self._lock:
            if isinstance(told, Trouble):
                self._trouble[told.resource, told.namespace] = told
                return []
            if self._trouble:
                namespace = told.namespace if isinstance(told, Listed) else _key(told.raw)[0][0]
                for each in {"", namespace}:
                    self._trouble.pop((told.resource, each), None)
            if isinstance(told, Listed):
                self._awaited.discard((told.resource, told.namespace))
            kind = self._kinds.setdefault(told.resource, _Kind())
            turns = list(_listed(kind, told)) if isinstance(told, Listed) else list(_changed(kind, told))
            if turns:
                self.version += 1
                if is_policy(told.resource.group, told.resource.kind):
                    self.ruled = self.version
            return turns


def _same(resource: Resource, group: str, kind: str) -> bool:
    return (group_of(resource.api_version), resource.kind) == (group, kind)


def _changed(kind: _Kind, change: Change) -> Iterator[Turn]:
    key, version = _key(change.raw)
    if version <= max(kind.at(key[0]), kind.gone.get(key, -1)):
        return
    known = kind.items.get(key)
    if known is not None and known[0] >= version:
        return
    before = known[1].raw if known is not None else None
    if change.deleted:
        kind.gone[key] = version
        if kind.items.pop(key, None) is not None:
            yield Turn(change.resource, *key, before, None)
        return
    kind.gone.pop(key, None)
    kind.items[key] = version, LiveItem(change.resource.kind, change.resource.api_version, change.raw)
    yield Turn(change.resource, *key, before, change.raw)


def _listed(kind: _Kind, listed: Listed) -> Iterator[Turn]:
    """A list is the truth of its version; what is known to be newer stays."""
    resource, at = listed.resource, _number(listed.version)
    if at < kind.listed.get(listed.namespace, -1):
        return  # from a server that lags behind: everything in it is known already
    present: set[_Name] = set()
    for raw in listed.items:
        key, version = _key(raw)
        present.add(key)
        known = kind.items.get(key)
        if kind.gone.get(key, -1) > at or (known is not None and known[0] >= version):
            continue
        kind.gone.pop(key, None)
        kind.items[key] = version, LiveItem(resource.kind, resource.api_version, raw)
        yield Turn(resource, *key, known[1].raw if known is not None else None, raw, seen=False)
    for key, (version, item) in list(kind.items.items()):
        if key not in present and version <= at and listed.namespace in ("", key[0]):
            del kind.items[key]
            yield Turn(resource, *key, item.raw, None, seen=False)
    kind.listed[listed.namespace] = at
    kind.gone = {key: version for key, version in kind.gone.items() if version > kind.at(key[0])}


def _key(raw: msgspec.Raw) -> tuple[_Name, int]:
    metadata = _named.decode(raw).metadata
    return (metadata.namespace, metadata.name), _number(metadata.resourceVersion)


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0

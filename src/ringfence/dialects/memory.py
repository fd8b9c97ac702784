"""What policies were read to, so that of a later snapshot only those are read that would read otherwise.

What a policy is read to depends on the object, on the CNI, and on what else the reader looked at: Services, network
sets, tiers. That is noted while it reads. A policy whose object and whose notes are as they were reads as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, cast

from ringfence.dialects.reading import ByKind, Reading, ReadPolicy, split_api_version
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Policy

_Note = str | tuple[str, str]
"""A field of the snapshot, or the objects of one API group and kind."""

_FIELDS: Final = frozenset(each.name for each in fields(Snapshot))
_UNWATCHED: Final = frozenset({"security.istio.io", "networking.istio.io"})
"""API groups whose readers share what the first of them worked out of a snapshot: notes would miss it."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one object. ``unread`` is its group and kind where those are not evaluated."""

    policies: tuple[ReadPolicy, ...]
    findings: tuple[Finding, ...]
    unread: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """``notes`` of None: it is to be read each time."""

    raw: RawObject
    read: Read
    notes: frozenset[_Note] | None


class _WatchedSnapshot:
    """A snapshot that notes which of its fields are looked at."""

    def __init__(self, snapshot: Snapshot, notes: set[_Note]) -> None:
        self._snapshot = snapshot
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        self._notes.update((name,) if name in _FIELDS else _FIELDS)
        return getattr(self._snapshot, name)


class _WatchedKinds(Mapping[tuple[str, str], Sequence[RawObject]]):
    """Objects by kind, with a note of the kinds that are asked for."""

    def __init__(self, kinds: ByKind, notes: set[_Note]) -> None:
        self._kinds = kinds
        self._notes = notes

    def __getitem__(self, key: tuple[str, str]) -> Sequence[RawObject]:
        self._notes.add(key)
        return self._kinds[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self._notes.add("policies")
        return iter(self._kinds)

    def __len__(self) -> int:
        self._notes.add("policies")
        return len(self._kinds)


@dataclass(frozen=True)
class _Watched(Reading):
    """A reading whose readers are watched."""

    kinds: ByKind = field(default_factory=dict)

    @property
    def objects(self) -> ByKind:
        """As given, watched."""
        return self.kinds


class Memory:
    """Remembers the last snapshot that was read with it. Policies that read as they did are the same objects."""

    def __init__(self) -> None:
        self._cni = ""
        self._snapshot = Snapshot()
        self._kinds: ByKind = {}
        self._known: dict[ObjectRef, _Known] = {}
        self._joined: dict[int, tuple[Policy, Policy]] = {}

    def reads(
        self, raws: Iterable[RawObject], reading: Reading, read: Callable[[RawObject, Reading], Read]
    ) -> list[Read]:
        """What each object reads to; ``read`` reads those that aren't known. Findings go to those of ``reading``."""
        raws = list(raws)
        told = len(reading.findings)
        known: dict[ObjectRef, _Known] = {}
        notes: set[_Note] = set()
        kinds = _WatchedKinds(reading.objects, notes)
        snapshot = cast("Snapshot", _WatchedSnapshot(reading.snapshot, notes))
        watched = _Watched(reading.cni, snapshot, reading.findings, reading.staged, kinds)
        alike = self._alike(reading)
        for raw in raws:
            old = self._known.get(raw.ref) if self._cni == reading.cni else None
            if old is not None and not _same(old.raw, raw):
                old = None
            if old is not None and old.notes is not None and all(map(alike, old.notes)):
                reading.findings.extend(old.read.findings)
                known[raw.ref] = replace(old, raw=raw)
                continue
            notes.clear()
            unwatched = split_api_version(raw.ref.api_version)[0] in _UNWATCHED
            found = read(raw, reading if unwatched else watched)
            if old is not None and found.policies == old.read.policies:
                found = replace(found, policies=old.read.policies)
            known[raw.ref] = _Known(raw, found, None if unwatched else frozenset(notes))
        # What is wrong with an object that several refer to is told by the first that is read.
        shared = any(each.subject != ref for ref, one in known.items() for each in one.read.findings)
        if shared or len(known) < len(raws):
            self._known = {}
            del reading.findings[told:]
            return [read(raw, reading) for raw in raws]
        self._cni, self._snapshot, self._kinds, self._known = reading.cni, reading.snapshot, reading.objects, known
        return [known[raw.ref].read for raw in raws]

    def joined(self, policies: Iterable[Policy], join: Callable[[Policy], Policy]) -> list[Policy]:
        """What ``join`` makes of each; of one that was there before it is the same object as then."""
        before, self._joined = self._joined, {}
        for policy in policies:
            known = before.get(id(policy))
            self._joined[id(policy)] = known if known is not None else (policy, join(policy))
        return [made for _, made in self._joined.values()]

    def _alike(self, reading: Reading) -> Callable[[_Note], bool]:
        """Whether what a note is of is as it was in the last snapshot."""
        found: dict[_Note, bool] = {}

        def alike(note: _Note) -> bool:
            if note not in found:
                if isinstance(note, str):
                    found[note] = getattr(self._snapshot, note) == getattr(reading.snapshot, note)
                else:
                    found[note] = list(self._kinds.get(note, ())) == list(reading.objects.get(note, ()))
            return found[note]

        return alike


def _same(before: RawObject, after: RawObject) -> bool:
    """True where an object says the same, at the same place."""
    return before.source == after.source and (before.body is after.body or before.body == after.body)

"""The changes of a diff as a reader wants them: by what is responsible, ranges that are treated alike together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.diff.causes import Cause
from ringfence.diff.report import Change, ChangeKind, DiffReport, RiskKind
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.ports import PortSet
from ringfence.render.external import describe
from ringfence.render.lines import count, ports

SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}

RISKS = {
    RiskKind.TO_INTERNET: "to the Internet",
    RiskKind.FROM_INTERNET: "from the Internet",
    RiskKind.CUTS_DNS: "DNS is cut",
    RiskKind.CROSSES_TEAMS: "crosses teams",
    RiskKind.UNISOLATED: "isolation is lost",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a connection; or one with all address ranges that are treated alike. ``replicas`` for some only."""

    kind: ChangeKind
    src: str
    dst: str
    ports: str
    risks: tuple[RiskKind, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What the same causes are responsible for."""

    causes: tuple[Cause, ...]
    entries: tuple[Entry, ...]


def groups(report: DiffReport) -> list[Group]:
    """The changes by their causes, the causes of most changes first."""
    by_causes: dict[tuple[Cause, ...], list[Change]] = {}
    for change in (*report.changes, *report.replicas):
        by_causes.setdefault(change.causes, []).append(change)
    found = [Group(causes, tuple(_entries(changes))) for causes, changes in by_causes.items()]
    return sorted(found, key=lambda group: -len(group.entries))


def _entries(changes: Iterable[Change]) -> list[Entry]:
    together: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        ends = ("" if change.src.external else change.src.name, "" if change.dst.external else change.dst.name)
        treated = (change.before, change.after, change.always_before, change.always_after)
        together.setdefault((*ends, *treated, change.risks), []).append(change)
    return [
        Entry(first.kind, _end(alike, "src"), _end(alike, "dst"), change_text(first), first.risks)
        for alike in together.values()
        for first in alike[:1]
    ]


def _end(changes: list[Change], side: str) -> str:
    ends = [change.src if side == "src" else change.dst for change in changes]
    if not ends[0].external:
        return ends[0].name
    spans = [end.name.partition("-") for end in ends]
    return describe(AddressSet.of((parse_address(lo), parse_address(hi)) for lo, _, hi in spans))


def change_text(change: Change) -> str:
    """``TCP 80``, or ``TCP 80 → TCP 443`` for changed ports; what only some replicas may is said."""
    if change.before == change.after:
        return f"every replica: {ports(change.always_before)} → {ports(change.always_after)}"
    before, after = _ports(change.before, change.always_before), _ports(change.after, change.always_after)
    if change.kind is ChangeKind.ADDED:
        return after
    return before if change.kind is ChangeKind.REMOVED else f"{before} → {after}"


def _ports(some: PortSet, always: PortSet) -> str:
    return ports(some) if some == always else f"{ports(some)} (some replicas)"


def counts(report: DiffReport) -> str:
    """``2 connections added, 1 removed, 3 changed.``"""
    numbers = {kind: report.count(kind) for kind in ChangeKind}
    if not report.changes:
        if report.replicas:
            return f"No workload's connections differ, but those of some replicas do: {len(report.replicas)}."
        return "No connection differs."
    parts = [f"{numbers[kind]:,} {kind}" for kind in ChangeKind if numbers[kind]]
    first = parts[0].split(" ")
    parts[0] = f"{count(int(first[0].replace(',', '')), 'connection')} {first[1]}"
    return ", ".join(parts) + "."

"""Learning from end to end: flows and a cluster in, proved policies out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.dialects import AUTO, cni_of
from ringfence.flows.edges import EdgeSet
from ringfence.learn import confidence
from ringfence.learn.arrival import Arrivals
from ringfence.learn.beyond import beyond
from ringfence.learn.compose import Composer
from ringfence.learn.demands import Demands, demands_of
from ringfence.learn.dialects import DIALECTS, Dialect
from ringfence.learn.ends import Address, Ends
from ringfence.learn.evidence import Tray, before, calls_of
from ringfence.learn.existing import Known, learned_before
from ringfence.learn.groups import Group, Groups
from ringfence.learn.holdout import Judging, first_of_rest, held_out
from ringfence.learn.mesh import LIMITED, with_mesh_only
from ringfence.learn.platform import Platform
from ringfence.learn.proof import engine_with, prove
from ringfence.learn.report import Learned, Proposal
from ringfence.learn.requests import requests
from ringfence.learn.rules import Purpose
from ringfence.learn.writing import Draft, write
from ringfence.model.errors import QueryError
from ringfence.model.names import NameRecord, Names
from ringfence.model.objects import Snapshot
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS
from ringfence.survey import survey

DEFAULT_BUDGET = 16
"""The most ranges that a rule has, where nothing else is asked for."""

_LONGEST = 200
"""Of 253 characters that an object's name may have, what is left for a number or a namespace before it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for.

    ``to`` names the dialect. ``namespaces`` are those that get policies, all where none is given. ``denied`` learns
    from what was dropped because nothing allowed it, too. ``holdout`` is the share of the window to test on, 0 for
    none.
    """

    to: str = "networkpolicy"
    namespaces: Sequence[str] = ()
    denied: bool = False
    budget: int = DEFAULT_BUDGET
    holdout: float = 0.0
    cni: str = AUTO


def learn(snapshot: Snapshot, edges: EdgeSet, settings: Settings | None = None) -> Proposal:
    """The least policies that keep what was seen, for the pods of a cluster.

    Raises:
        QueryError: there is no such dialect or namespace, the window can't be divided, or nothing can be learned from.
    """
    asked = settings or Settings()
    dialect = _dialect(asked, snapshot)
    tray = Tray()
    hour = first_of_rest(edges, asked.holdout) if asked.holdout else None
    keep = None if hour is None else before(hour)
    calls = calls_of(edges, tray, denied=asked.denied, keep=keep, icmp=dialect.icmp)
    groups = Groups(snapshot, edges.parties)
    ends = Ends(groups)
    notes: list[str] = []
    cni = _cni(asked, dialect, snapshot, notes)
    arrivals = Arrivals(groups.snapshot, cni, edges.coverage.ingress_nodes)
    demands = demands_of(calls, ends, tray, arrivals)
    chosen = [group for group in groups.all if group.guardable and _is_chosen(group, asked)]
    again = [group for group in chosen if any(demands.needs(group, each) for each in Direction)]
    known = Known.of(groups.snapshot, again, cni)
    beside = known if not dialect.mesh else Known.of(with_mesh_only(groups.snapshot), again, cni)
    found = survey(groups.snapshot)
    platform = Platform(groups.snapshot, found, groups, ends)
    composer = Composer(demands, beside, platform, groups, dialect, asked.budget)
    sides = {
        group: (composer.side(group, Direction.EGRESS), composer.side(group, Direction.INGRESS)) for group in chosen
    }
    names = _names_of(chosen, known, dialect)
    drafts = [Draft(group, names[group], sides[group]) for group in chosen]
    objects, losses = write(drafts, dialect, asked.to, cni, groups.snapshot)
    bodies = [made.body for made in objects]
    after = engine_with(known, bodies, _names_seen(demands))
    if platform.dns_assumed and any(rule.purpose is Purpose.DNS for draft in drafts for rule in draft.rules):
        notes.append(
            "The input has no DNS pods: k8s-app=kube-dns in kube-system on port 53 is assumed, and was not verified."
        )
    guarded = {direction: [draft.group for draft in drafts if direction in draft.isolates] for direction in Direction}
    served = platform.served()
    unseen = confidence.never_seen([group for group in groups.all if _is_chosen(group, asked)], edges)
    made = {(each.ref.kind, each.ref.namespace, each.ref.name) for each in objects}
    replaced = tuple(raw.ref for raw in known.replaced)
    holdout = None
    if hour is not None:
        judging = Judging(ends, arrivals, known, after, asked.denied, dialect.icmp)
        holdout = held_out(edges, asked.holdout, hour, judging)
    return Proposal(
        asked.to,
        cni,
        objects,
        losses,
        _workloads([draft for draft in drafts if draft.group not in unseen], demands, edges),
        tray.all(),
        prove(known, after, demands.connections, found.dependencies),
        beyond(after, groups.all, guarded, demands.connections, served, LIMITED if dialect.mesh else ALL_PORTS),
        confidence.window_of(edges),
        asked.budget,
        replaced,
        tuple(ref for ref in replaced if (ref.kind, ref.namespace, ref.name) not in made),
        unseen,
        tuple(group for group in unseen if any(workload.kind == "CronJob" for workload in group.workloads)),
        holdout,
        requests(chosen, demands, platform, asked.budget),
        tuple(notes),
    )


def _dialect(asked: Settings, snapshot: Snapshot) -> Dialect:
    found = DIALECTS.get(asked.to)
    if found is None:
        raise QueryError(f"There is no dialect {asked.to!r}. Known: {', '.join(DIALECTS)}.")
    for name in asked.namespaces:
        if name not in snapshot.namespaces:
            raise QueryError(f"There is no namespace {name} in the input.")
    if asked.budget < 1:
        raise QueryError(f"{asked.budget} ranges are no budget. Use 1 or more.")
    return found


def _cni(asked: Settings, dialect: Dialect, snapshot: Snapshot, notes: list[str]) -> str:
    if asked.cni != AUTO:
        return asked.cni
    found = cni_of(snapshot)
    if dialect.cni and found == "generic":
        notes.append(f"Only {dialect.cni.capitalize()} enforces the result, so all policies are read as it does.")
        return dialect.cni
    return found


def _is_chosen(group: Group, asked: Settings) -> bool:
    return not asked.namespaces or group.namespace in asked.namespaces


def _workloads(drafts: Sequence[Draft], demands: Demands, edges: EdgeSet) -> tuple[Learned, ...]:
    window, pods = confidence.window_of(edges), confidence.pods_seen(edges)
    return tuple(
        Learned(
            draft.group,
            *draft.sides,
            confidence.confidence_of(draft.group, demands, window, pods),
            demands.probes.get(draft.group, 0),
        )
        for draft in drafts
    )


def _names_of(groups: Sequence[Group], known: Known, dialect: Dialect) -> dict[Group, str]:
    """The names of the objects: those of what they replace, else ``learned-`` and the workload's.

    The same for the same input; no name is that of another object.
    """
    taken = {(raw.ref.namespace, raw.ref.name) for raw in known.snapshot.policies}
    found: dict[Group, str] = {}
    for group in groups:
        before = [
            raw.ref.name
            for raw in known.replaced
            if raw.ref.kind == dialect.kind
            and raw.ref.namespace == group.namespace
            and learned_before(raw) & {str(workload) for workload in group.workloads}
        ]
        name = min(before) if before else f"learned-{group.name}"[:_LONGEST].rstrip("-.")
        number, free = 1, name
        while (group.namespace, free) in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add((group.namespace, free))
        found[group] = free
    return found


def _names_seen(demands: Demands) -> Names:
    """The names of the flows as recorded answers, by which the engine reads the rules with names."""
    records: dict[tuple[str, int], NameRecord] = {}
    for each in demands.connections:
        end = each.destination
        if isinstance(end, Address) and end.name:
            first, last = (dt.datetime.fromtimestamp(at, tz=dt.UTC) for at in (each.evidence.first, each.evidence.last))
            records.setdefault((end.name, end.point), NameRecord(end.name, end.point, first, last))
    return Names(tuple(records[key] for key in sorted(records)), "the flows")

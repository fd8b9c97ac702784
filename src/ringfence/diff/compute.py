"""The whole answer: two states in, a report out."""

from __future__ import annotations

from ringfence.diff.connections import Connection, Connections
from ringfence.diff.ends import Ends
from ringfence.diff.explaining import Explaining
from ringfence.diff.report import By, Change, DiffReport, End
from ringfence.diff.risks import Risks, impacts, teams_of
from ringfence.diff.states import State, engines


def compute_diff(
    old: State, new: State, by: By = By.WORKLOAD, *, external: bool = True, owner_label: str = ""
) -> DiffReport:
    """Which connections differ between two states, exactly, and what is responsible.

    ``external`` compares addresses outside the cluster too. ``owner_label`` is the namespace label that names the
    team; by default ``team``, else ``owner``. By workload, a workload's connections with itself are left out.
    """
    both = engines(old, new)
    before = Ends(both.old, by)
    after = Ends(both.new, by, like=before if both.same_pods else None)
    connections = Connections(before, after, external=external)
    differing = list(connections.differing())
    teams = teams_of((old, new), owner_label)
    explaining = Explaining((old, new), both, (before, after), connections.known)
    risks = Risks((old, new), both, after, teams)
    found = [_change(connection, explaining, risks) for connection in differing]
    changes = tuple(change for change in found if change.before != change.after)
    return DiffReport(
        by,
        changes,
        replicas=tuple(change for change in found if change.before == change.after),
        appeared=_missing(after, before),
        disappeared=_missing(before, after),
        risks=tuple(risks.of(found)),
        namespaces=impacts(changes, lambda end: end.namespace),
        teams=impacts(changes, lambda end: teams.get(end.namespace, "")),
    )


def _change(connection: Connection, explaining: Explaining, risks: Risks) -> Change:
    causes, why = explaining.explain(connection)
    before, after = connection.before, connection.after
    return Change(
        connection.src,
        connection.dst,
        before.some,
        after.some,
        before.always,
        after.always,
        causes=causes,
        why=why,
        risks=risks.kinds(connection),
    )


def _missing(here: Ends, there: Ends) -> tuple[End, ...]:
    return () if here.pods is there.pods else tuple(sorted(end for end in here.pods if end not in there))

"""What is recorded of the demo: half a day of simulated traffic, in which the shop is broken one policy at a time."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringfence.cluster import Cluster
from ringfence.flows.ingest import Ingest
from ringfence.flows.inventory_files import read_state
from ringfence.flows.store import opened
from ringfence.history.identity import identity, ref_of
from ringfence.history.journal import open_journal
from ringfence.history.revision import Revision, body_of
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.server.change_answers import under
from ringfence.simulate import Plan, simulate, write

_HOURS: Final = 12
_BEFORE: Final = dt.timedelta(days=3)
"""So long before the traffic begins the shop was set up."""

_Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Slip:
    """A change that broke something: of which object, hours after the traffic began, by whom and with what program."""

    kind: str
    name: str
    hours: float
    who: str
    tool: str


SLIPS: Final = (
    _Slip("NetworkPolicy", "shop/search", 3.2, "dana@shop.example", "kubectl-edit"),
    _Slip("NetworkPolicy", "payments/payments", 6.6, "system:serviceaccount:argocd:argocd", "argocd-controller"),
    _Slip("Namespace", "monitoring", 9.4, "kim@shop.example", "kubectl-label"),
)


def record(
    cluster: Cluster,
    directory: Path,
    now: dt.datetime,
    stored: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> tuple[str, str]:
    """Makes a store of flows and a history that end now; the path of each. Equal moments make equal ones.

    ``stored`` is entered while databases are written, which must not be cut off.
    """
    start = now - dt.timedelta(hours=_HOURS)
    today = {(str(body["kind"]), _name(body)): body for body in _bodies(cluster)}
    states = [dict(today)]
    for slip in reversed(SLIPS):
        key = slip.kind, slip.name
        states.insert(0, {**states[0], key: _before(states[0][key])})
    engines = [
        Cluster(
            under(cluster.snapshot, state.values(), frozenset(identity(ref_of(body)) for body in state.values())),
            cni=cluster.cni,
        ).engine
        for state in states
    ]
    plan = Plan(seed=7, start=start.timestamp(), hours=_HOURS, rate=2, random_names=0, rollouts=0)
    later = [(slip.hours, engine) for slip, engine in zip(SLIPS, engines[1:], strict=True)]
    logs = directory / "logs"
    write(simulate(cluster.snapshot, engines[0], plan, later=later), str(logs), "hubble")
    store, history = str(directory / "flows.duckdb"), str(directory / "history.db")
    with stored(), opened(store, write=True) as flows:
        for path in sorted((logs / "inventory").iterdir()):
            flows.add_state(*read_state(str(path)))
        for _ in Ingest(flows, workers=1).paths([str(logs / "logs")]):
            pass
        flows.derive()
    with stored(), open_journal(history) as journal:
        journal.record(_revisions(states, start), "")
    return store, history


def _revisions(states: list[dict[tuple[str, str], _Body]], start: dt.datetime) -> Iterator[Revision]:
    for body in states[0].values():
        yield Revision(ref_of(body), start - _BEFORE, body, tool="kubectl-client-side-apply", source="list")
    for slip, state in zip(SLIPS, states[1:], strict=True):
        body = state[slip.kind, slip.name]
        time = start + dt.timedelta(hours=slip.hours)
        yield Revision(ref_of(body), time, body, slip.who, slip.tool, source="audit")


def _bodies(cluster: Cluster) -> Iterator[_Body]:
    for raw in cluster.snapshot.policies:
        yield body_of({"apiVersion": raw.ref.api_version, "kind": raw.ref.kind, **raw.body})
    for name, space in cluster.snapshot.namespaces.items():
        labels = {**space.labels, NAMESPACE_NAME_LABEL: name}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _before(body: Mapping[str, Any]) -> _Body:
    """The object as it was before it was broken."""
    found: _Body = copy.deepcopy(dict(body))
    match _name(body):
        case "monitoring":
            found["metadata"]["labels"]["purpose"] = "monitoring"
        case "payments/payments":
            del found["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["tier"]
        case _:
            found["spec"]["ingress"][0]["ports"][0]["port"] = 9000
    return found


def _name(body: Mapping[str, Any]) -> str:
    metadata = body["metadata"]
    return "/".join(filter(None, (str(metadata.get("namespace", "")), str(metadata["name"]))))

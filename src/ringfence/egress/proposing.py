"""From requests to manifests: planned, written and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.dialects import read_policies
from ringfence.egress.checking import Checked, check
from ringfence.egress.choices import SYNTAX, Choice
from ringfence.egress.metadata import made_for, owner_of
from ringfence.egress.plan import Plan, plan
from ringfence.egress.promises import Promise, promises
from ringfence.egress.request import EgressRequest
from ringfence.egress.write_calico import write_calico, write_calico_enterprise
from ringfence.egress.write_cilium import write_cilium
from ringfence.egress.write_cluster import write_cluster
from ringfence.egress.write_gke import write_gke
from ringfence.egress.write_istio import beside, gateways, routed, write_istio
from ringfence.egress.write_network_policy import write_network_policy
from ringfence.engine import Engine
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.model.errors import QueryError

_WRITERS: Mapping[Choice, Callable[[Given, Plan], tuple[Manifest, ...]]] = {
    Choice.CILIUM: write_cilium,
    Choice.CALICO: write_calico,
    Choice.CALICO_ENTERPRISE: write_calico_enterprise,
    Choice.CLUSTER_NETWORK_POLICY: write_cluster,
    Choice.NETWORK_POLICY: write_network_policy,
    Choice.GKE: write_gke,
    Choice.ISTIO: write_istio,
}
_SOON = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Manifests for requests in one dialect. ``expired`` are the requests that are past their day, and left out."""

    choice: Choice
    plans: tuple[Plan, ...]
    manifests: tuple[Manifest, ...]
    checked: Checked
    promises: tuple[Promise, ...]
    expired: tuple[EgressRequest, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """True where all that was asked for is in force, or would be."""
        return not self.expired and self.checked.held


def propose(
    given: Given,
    requests: Sequence[EgressRequest],
    choice: Choice,
    *,
    today: dt.date,
    cni: str = "generic",
    take_expired: bool = False,
) -> Proposal:
    """The manifests of these requests for a cluster.

    Raises:
        BadRequestError: a request speaks of what the cluster doesn't have.
        QueryError: the API can't say it, or the check refuses what was written.
    """
    expired = () if take_expired else tuple(request for request in requests if request.expired(today))
    kept = [request for request in requests if request not in expired]
    plans = plan(given, kept)
    fresh = _without(given, plans)
    manifests: list[Manifest] = []
    for each in plans:
        manifests.extend(_WRITERS[choice](fresh, each))
    mesh = choice is Choice.ISTIO
    if mesh:
        _refuse_two_sidecars(plans)
    extra = [target for each in plans for target in beside(fresh, each)] if mesh else []
    via = {grant.text: gateways(fresh) for each in plans for grant in routed(fresh, each)} if mesh else {}
    syntax = None if mesh else SYNTAX.get(choice)
    checked = check(given, fresh, plans, manifests, syntax=syntax, beside=tuple(extra), via=via, cni=cni)
    notes = dict.fromkeys(note for each in plans for note in each.notes)
    notes.update(dict.fromkeys(note for request in kept for note in _dates(request, today)))
    return Proposal(choice, plans, tuple(manifests), checked, promises(plans, choice), expired, tuple(notes))


def _without(given: Given, plans: Sequence[Plan]) -> Given:
    """The cluster without what was made for these requests before: that is replaced."""
    own = {owner_of(each) for each in plans}
    kept = tuple(raw for raw in given.snapshot.policies if made_for(raw.body) not in own)
    if len(kept) == len(given.snapshot.policies):
        return given
    snapshot = replace(given.snapshot, policies=kept)
    return replace(given, snapshot=snapshot, engine=Engine.build(snapshot, read_policies(snapshot)[0]))


def _refuse_two_sidecars(plans: Sequence[Plan]) -> None:
    """A workload takes one Sidecar: of two that select it, which is in force isn't defined (Istio reference)."""
    for number, one in enumerate(plans):
        for other in plans[number + 1 :]:
            if set(map(str, one.pods)) & set(map(str, other.pods)):
                raise QueryError(
                    f"{one.request.name} and {other.request.name} are for the same pods, and a pod takes one Sidecar. "
                    "Put them into one request."
                )


def _dates(request: EgressRequest, today: dt.date) -> Sequence[str]:
    if request.expires is None:
        return (f"{request.name} never expires: give it a last day with expires.",)
    if request.expired(today):
        return (f"{request.name} expired on {request.expires}, and is written because that was asked for.",)
    if request.expires - today <= _SOON:
        return (f"{request.name} expires on {request.expires}.",)
    return ()

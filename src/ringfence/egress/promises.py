"""What each choice can promise of a request, and what it can't: one row a policy API, the same columns for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.egress.choices import SYNTAX, Choice
from ringfence.egress.names import difference
from ringfence.egress.plan import Grant, Plan
from ringfence.egress.request import Wild
from ringfence.model.names import seen

COLUMNS = ("names", "wildcards", "moving addresses", "shared addresses", "the rest", "what it takes")
"""What is told of every choice."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One choice. ``cells`` are as :data:`COLUMNS`; ``of_request`` is what concerns these requests alone."""

    choice: Choice
    cells: tuple[str, ...]
    of_request: tuple[str, ...] = ()


_BY_IP = "every name on an allowed address is allowed"
_FROZEN = ("addresses on record", "names on record only", "frozen: refresh by hand or by a job", _BY_IP)

_CELLS: dict[Choice, tuple[str, ...]] = {
    Choice.CILIUM: (
        "yes", "*. one label, **. any depth (1.19)", "followed, from answers seen", _BY_IP,
        "dropped; Hubble and metrics show it", "DNS through Cilium's proxy, which adds latency and memory",
    ),
    Choice.CALICO: (*_FROZEN, "dropped and logged (Log)", "no proxy; a job for the addresses"),
    Choice.CALICO_ENTERPRISE: (
        "yes (domains)", "*. any depth", "followed, from answers seen", _BY_IP,
        "dropped and logged (Log)", "a licence; trusted DNS servers to learn from",
    ),
    Choice.CLUSTER_NETWORK_POLICY: (
        "yes (domainNames, experimental)", "*. any depth, no apex", "followed, as the enforcer does it", _BY_IP,
        "dropped; the API can't log", "rights in the cluster; an enforcer that has domainNames",
    ),
    Choice.NETWORK_POLICY: (*_FROZEN, "dropped; the API can't log", "nothing; every enforcer has it"),
    Choice.GKE: (
        "yes", "*. one label", "followed; at most 50 addresses a policy, 100 a name", _BY_IP,
        "dropped; logged with network policy logging", "GKE with Dataplane V2; no layer 7",
    ),
    Choice.ISTIO: (
        "yes, by host or TLS server name", "*. any depth; not through the gateway", "followed by the proxy",
        "told apart by server name, which a client may forge", "refused by the sidecar; its access log shows it",
        "a sidecar in every pod; network policy against going round it",
    ),
}  # fmt: skip


def promises(plans: Sequence[Plan], chosen: Choice) -> tuple[Promise, ...]:
    """A row for every choice, the chosen one first."""
    order = [chosen, *(each for each in Choice if each is not chosen)]
    return tuple(Promise(each, _CELLS[each], tuple(dict.fromkeys(_of_request(plans, each)))) for each in order)


def _of_request(plans: Sequence[Plan], choice: Choice) -> Iterable[str]:
    for plan in plans:
        for grant in plan.named:
            if grant.name is None:
                continue
            if choice in SYNTAX:
                text = difference(grant.name, SYNTAX[choice])
                if text:
                    yield text
                if choice is Choice.ISTIO and grant.records:
                    held = f"{_addresses(grant)}, {seen(grant.records, plan.names.read)}"
                    yield f"Without an egress gateway the network holds {grant.text} as {held}."
            elif grant.records:
                yield f"{grant.text} is frozen as {_addresses(grant)}, {seen(grant.records, plan.names.read)}."
                if grant.name.wild is not Wild.NONE:
                    yield f"{grant.text} is the names on record only: {_listed({r.name for r in grant.records})}."
            else:
                yield f"{grant.text} has no recorded address: it can't be written without --resolve."
            if choice is not Choice.ISTIO:
                sharing = plan.names.sharing({record.name for record in grant.records})
                others = [name for name in sharing if name not in {each.name for each in grant.records}]
                if others:
                    yield f"What allows {grant.text} allows other names on its addresses too: {_listed(others)}."


def _addresses(grant: Grant) -> str:
    count = len({record.address for record in grant.records})
    return f"{count} address{'es' if count != 1 else ''}"


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")

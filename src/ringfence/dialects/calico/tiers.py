"""Calico's tiers as stages.

Source: Calico reference, "Tier": lower orders first, a tier without order last; the end of a tier that has a policy for
the endpoint denies, unless the tier's ``defaultAction`` is Pass. The tiers ``default``, ``kube-admin`` (before v3.32
``adminnetworkpolicy``) and ``kube-baseline`` are made by Calico, with orders 1,000,000, 1,000 and 10,000,000.
"""

from __future__ import annotations

from ringfence.dialects.calico.sets import GROUPS
from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import ADMIN, BASELINE, NETWORK_POLICY, Reading, StageKey
from ringfence.model.codes import BAD_FIELD, TIER_NOT_GIVEN
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, StageKind

DEFAULT_TIER = StageKey(NETWORK_POLICY.rank, "tier default", StageKind.ORDERED, Action.DENY)
"""The tier of NetworkPolicies, and of policies that name no tier."""

NETWORK_POLICY_ORDER = 1000.0
"""The order that NetworkPolicies have in their tier. Source: Calico's conversion of NetworkPolicy."""

_LAST = float("inf")
_MADE = {
    "default": DEFAULT_TIER,
    "kube-admin": ADMIN,
    "adminnetworkpolicy": ADMIN,
    "kube-baseline": BASELINE,
    "baselineadminnetworkpolicy": BASELINE,
}
_ACTIONS = {"Deny": Action.DENY, "Pass": Action.PASS}


def tier_of(spec: Field, reading: Reading) -> StageKey | None:
    """The stage of the tier that a policy names; None, and a finding, where the name is no text."""
    field = spec.get("tier")
    name = "default" if field is None or field.value == "" else field.text()
    if name is None:
        return None
    if name in _MADE:
        return _MADE[name]
    for group in GROUPS:
        for raw in reading.objects.get((group, "Tier"), ()):
            if raw.ref.name == name:
                return _read_tier(raw, reading)
    if field is not None:
        field.report(
            TIER_NOT_GIVEN,
            f"The tier {name} is not in the input; it is taken to be the last one, and to deny at its end.",
            hint="Give the Tier with the policies: its order decides which policies come first.",
        )
    return StageKey(_LAST, f"tier {name}", StageKind.ORDERED, Action.DENY)


def _read_tier(raw: RawObject, reading: Reading) -> StageKey:
    # Read for each policy of the tier: what is wrong with it is told once, by the first.
    spec = spec_of(raw, [])
    action, order = spec.get("defaultAction"), spec.get("order")
    rank = float(order.value) if order is not None and isinstance(order.value, int | float) else _LAST
    default = _ACTIONS.get(str(action.value)) if action is not None else Action.DENY
    if default is None and action is not None:
        told = Field(raw, action.path, action.value, reading.findings)
        if not any(f.subject == raw.ref and f.code == BAD_FIELD for f in reading.findings):
            told.report(BAD_FIELD, f"{told} is {told.value}; it is Deny or Pass.")
    return StageKey(rank, f"tier {raw.ref.name}", StageKind.ORDERED, default or Action.DENY)


def default_tier_in_use(reading: Reading) -> bool:
    """True where a policy of Calico stands in the tier of NetworkPolicies: they are judged by order together."""
    return any(
        (raw.body.get("spec") or {}).get("tier") in (None, "", "default")
        for group in GROUPS
        for kind in ("NetworkPolicy", "GlobalNetworkPolicy")
        for raw in reading.objects.get((group, kind), ())
        if isinstance(raw.body.get("spec"), dict)
    )

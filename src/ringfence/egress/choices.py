"""The policy APIs that a request can be written in."""

from __future__ import annotations

import enum

from ringfence.egress.plan import Plan
from ringfence.explain.names import unknown_name
from ringfence.model.errors import QueryError
from ringfence.model.name_patterns import NameSyntax


class Choice(enum.Enum):
    """A policy API, by its name on the command line."""

    CILIUM = "cilium"
    CALICO = "calico"
    CALICO_ENTERPRISE = "calico-enterprise"
    CLUSTER_NETWORK_POLICY = "cnp"
    NETWORK_POLICY = "networkpolicy"
    GKE = "gke"
    ISTIO = "istio"


SYNTAX = {
    Choice.CILIUM: NameSyntax.CILIUM,
    Choice.CALICO_ENTERPRISE: NameSyntax.CALICO,
    Choice.CLUSTER_NETWORK_POLICY: NameSyntax.PREFIX,
    Choice.GKE: NameSyntax.ONE_LABEL,
    Choice.ISTIO: NameSyntax.PREFIX,
}
"""How each reads ``*`` in a name; those that are missing know no names and take recorded addresses."""


def recorded(plan: Plan, choice: str) -> None:
    """Makes sure that every name has addresses on record.

    Raises:
        QueryError: one has none.
    """
    for grant in plan.named:
        if grant.records:
            continue
        hint = unknown_name(grant.text, plan.names)
        if grant.name is not None and grant.text != grant.name.base:
            hint = f"{plan.names.source or 'The input'} has no record of a name that {grant.text} means."
        raise QueryError(
            f"{plan.request.name}: --for {choice} knows no names and takes recorded addresses of {grant.text}. {hint}"
        )

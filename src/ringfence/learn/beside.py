"""Names in rules where the dialect's writer has none: Calico Enterprise's domains, GKE's policies by name.

Source: Calico Enterprise, "DNS policy"; Google Kubernetes Engine, "Control Pod egress traffic using FQDN network
policies".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.objects import FROM, selector
from ringfence.dialects.writing.terms import expression_terms
from ringfence.learn.groups import Group
from ringfence.learn.rules import LearnedRule
from ringfence.model.policy import NamePeer
from ringfence.model.ports import Protocol

Owned = tuple[str, Group, Sequence[LearnedRule]]
"""The text that names the policy an object comes of, its group, and the rules."""


def add_names(to: str, bodies: Sequence[Manifest], drafts: Sequence[Owned]) -> list[Manifest]:
    """The objects with the names of each policy: as further rules, or as an object beside it."""
    found: list[Manifest] = []
    owned = {source: (group, rules) for source, group, rules in drafts}
    for body in bodies:
        source = body["metadata"]["annotations"][FROM]
        group, rules = owned[source]
        named = [(rule, peer) for rule in rules for peer in rule.rule.peers or () if isinstance(peer, NamePeer)]
        found.append(body)
        if not named:
            continue
        if to == "gke":
            found.append(_by_name(body, group, named))
        else:
            body["spec"].setdefault("egress", []).extend(
                each for rule, peer in named for each in _domains(rule, peer.pattern)
            )
    return found


def _domains(rule: LearnedRule, name: str) -> Iterator[Manifest]:
    for protocol in Protocol:
        ports = [number for kind, number in rule.ports if kind is protocol]
        if ports:
            yield {"action": "Allow", "protocol": str(protocol), "destination": {"domains": [name], "ports": ports}}


def _by_name(body: Manifest, group: Group, named: Sequence[tuple[LearnedRule, NamePeer]]) -> Manifest:
    (term,) = expression_terms(group.selector)
    metadata: dict[str, Any] = {**body["metadata"], "annotations": dict(body["metadata"]["annotations"])}
    return {
        "apiVersion": "networking.gke.io/v1alpha1",
        "kind": "FQDNNetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": selector(term.literals, str),
            "egress": [
                {
                    "matches": [{"name": peer.pattern}],
                    "ports": [{"protocol": str(kind), "port": number} for kind, number in rule.ports],
                }
                for rule, peer in named
            ],
        },
    }

"""Policies by name whose names have more recorded addresses than their enforcer takes.

Source: Google Kubernetes Engine, "FQDN network policies", requirements and limitations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.lint.context import LintContext
from ringfence.model.codes import CNI_LIMIT
from ringfence.model.finding import Finding
from ringfence.model.name_patterns import GKE_LIMITS, NameSyntax
from ringfence.model.names import seen
from ringfence.model.objects import RawObject

_KIND = "FQDNNetworkPolicy"
_INSTEAD = "Allow the provider's ranges by ipBlock instead."
_PAST = "Which addresses are past the limit depends on the answers: connections fail now and then."


def too_many_addresses(context: LintContext) -> Iterator[Finding]:
    """GKE's policies whose recorded addresses are more than one policy or one name may have; none without records."""
    names = context.snapshot.names
    if not names:
        return
    for raw in context.snapshot.policies:
        if raw.ref.kind != _KIND:
            continue
        found = dict.fromkeys(
            name for pattern in _patterns(raw) for name in names.matching(NameSyntax.ONE_LABEL, pattern)
        )
        records = [record for name in found for record in names.of(name)]
        number = names.addresses(found).size
        if number > GKE_LIMITS.policy:
            yield _finding(
                raw, f"{raw.ref} names {number} recorded addresses ({seen(records, names.read)})", GKE_LIMITS.policy
            )
        for name in found:
            of_name = names.addresses((name,)).size
            if of_name > GKE_LIMITS.name:
                yield _finding(raw, f"{name}, which {raw.ref} names, has {of_name} recorded addresses", GKE_LIMITS.name)


def _finding(raw: RawObject, what: str, limit: int) -> Finding:
    each = "a policy" if limit == GKE_LIMITS.policy else "a name"
    text = f"{what}; GKE takes {limit} of {each}."
    return Finding(CNI_LIMIT, text, raw.origin("spec"), raw.ref, _PAST, _INSTEAD)


def _patterns(raw: RawObject) -> Iterator[str]:
    """The names and patterns of all its rules, as both of its versions write them; what is malformed is left out."""
    spec = raw.body.get("spec")
    for rule in _mappings(spec.get("egress") if isinstance(spec, dict) else None):
        for match in _mappings(rule.get("matches")):
            yield from (text for key in ("name", "pattern") if isinstance(text := match.get(key), str))
        for peer in _mappings(rule.get("to")):
            fqdns = peer.get("fqdns")
            yield from (text for text in (fqdns if isinstance(fqdns, list) else ()) if isinstance(text, str))


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))

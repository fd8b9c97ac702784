"""Names in rules, and the addresses that recorded DNS answers give them, as each dialect reads its patterns.

A name or pattern that matches a record means exactly the recorded addresses; one that matches none stays unknown, and
an allow through it *allowed if*. Enforcers do the same with the answers that they see: they learn a name's addresses,
and take what it shares them with along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ringfence.dialects.reading import StageKey, split_api_version
from ringfence.model.addresses import AddressSet
from ringfence.model.codes import NAMES_RECORDED
from ringfence.model.finding import Finding
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.names import Names, seen
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import AllPeers, AnyPeer, NamePeer, NotPeer, Peer, Policy, Rule, leaves

_SYNTAX = {
    "cilium.io": NameSyntax.CILIUM,
    "projectcalico.org": NameSyntax.CALICO,
    "crd.projectcalico.org": NameSyntax.CALICO,
    "crd.antrea.io": NameSyntax.ANTREA,
    "policy.networking.k8s.io": NameSyntax.PREFIX,
    "networking.k8s.aws": NameSyntax.PREFIX,
    "networking.istio.io": NameSyntax.PREFIX,
    "k8s.ovn.org": NameSyntax.ONE_LABEL,
    "networking.gke.io": NameSyntax.ONE_LABEL,
}
"""How the policies of an API group read ``*``; a group that isn't here has no wildcards."""

_LISTED = 5


def syntax_of(ref: ObjectRef) -> NameSyntax:
    """How an object's dialect reads the patterns in it."""
    return _SYNTAX.get(split_api_version(ref.api_version)[0], NameSyntax.EXACT)


@dataclass(slots=True)
class _Told:
    """What was found of the names in rules: patterns on record with their names, and patterns that aren't."""

    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    sets: dict[tuple[NameSyntax, str], AddressSet | None] = field(default_factory=dict)

    def addresses(self, syntax: NameSyntax, pattern: str, names: Names) -> AddressSet | None:
        """The recorded addresses of a pattern; None where no recorded name matches. Many rules have the same names."""
        key = syntax, pattern
        if key not in self.sets:
            found = names.matching(syntax, pattern)
            if found:
                self.known[pattern] = tuple(dict.fromkeys((*self.known.get(pattern, ()), *found)))
            else:
                self.unknown[pattern] = None
            self.sets[key] = names.addresses(found) if found else None
        return self.sets[key]


def resolved(policies: dict[StageKey, list[Policy]], names: Names, *, tell: bool = True) -> Iterator[Finding]:
    """Puts the recorded addresses of names into the rules of ``policies``, in place, and says so once."""
    told = _Told()
    for members in policies.values():
        members[:] = [_with_addresses(policy, names, told) for policy in members]
    if tell and told.known:
        yield _finding(names, told)


def _with_addresses(policy: Policy, names: Names, told: _Told) -> Policy:
    """The policy itself where none of its rules has a name."""
    named = [rule for rule in (*policy.egress, *policy.ingress) if rule.peers and _has_names(rule)]
    if not named:
        return policy
    syntax = syntax_of(policy.ref)
    egress, ingress = (
        tuple(_rule(rule, syntax, names, told) for rule in rules) for rules in (policy.egress, policy.ingress)
    )
    return replace(policy, egress=egress, ingress=ingress)


def _has_names(rule: Rule) -> bool:
    return any(isinstance(leaf, NamePeer) for leaf in leaves(rule.peers or ()))


def _rule(rule: Rule, syntax: NameSyntax, names: Names, told: _Told) -> Rule:
    if not rule.peers or not _has_names(rule):
        return rule
    return replace(rule, peers=tuple(_peer(peer, syntax, names, told) for peer in rule.peers))


def _peer(peer: Peer, syntax: NameSyntax, names: Names, told: _Told) -> Peer:
    match peer:
        case NamePeer(pattern):
            found = told.addresses(syntax, pattern, names)
            return peer if found is None else replace(peer, addresses=found)
        case AllPeers(parts) | AnyPeer(parts):
            return replace(peer, parts=tuple(_peer(part, syntax, names, told) for part in parts))
        case NotPeer(part):
            return replace(peer, part=_peer(part, syntax, names, told))
    return peer


def _finding(names: Names, told: _Told) -> Finding:
    records = [record for found in told.known.values() for name in found for record in names.of(name)]
    addresses = names.addresses(record.name for record in records).size
    of = f"{addresses} address{'es' if addresses != 1 else ''} of {_listed(dict.fromkeys(told.known))}"
    hint = f"Not on record, and only said to be possible: {_listed(told.unknown)}." if told.unknown else ""
    return Finding(
        NAMES_RECORDED,
        f"Rules by name mean what {names.source} has on record: {of}, {seen(records, names.read)}.",
        records[0].origin,
        why="A name may have other addresses by now, and a wildcard matches names that nobody has recorded.",
        hint=hint,
        evidence=tuple(_shared(names, told)),
    )


def _shared(names: Names, told: _Told) -> Iterator[str]:
    """The names that rules let through because they share addresses with those that the rules name."""
    for pattern, found in told.known.items():
        others = names.sharing(found)
        if others:
            yield f"{pattern} also lets {_listed(dict.fromkeys(others))} through, by addresses that they share"


def _listed(patterns: dict[str, None]) -> str:
    shown = list(patterns)[:_LISTED]
    more = len(patterns) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

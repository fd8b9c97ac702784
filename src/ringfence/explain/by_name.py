"""Rules by name: which of them are for a name, and what an answer should say where one of them decided."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.names import syntax_of
from ringfence.engine import Engine
from ringfence.engine.match import pod_matches
from ringfence.explain.endpoints import End
from ringfence.explain.judge import Judgement
from ringfence.explain.names import notes_on_address
from ringfence.model.name_patterns import name_matches
from ringfence.model.names import Names, seen
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction, NamePeer, leaves
from ringfence.model.verdict import AddressEndpoint

_LISTED = 3


def rules_naming(engine: Engine, source: End, name: str) -> str:
    """A sentence that names the egress rules for ``source`` whose names or patterns match ``name``."""
    found = list(dict.fromkeys(_rules_naming(engine, source, name)))
    if not found:
        return f"No egress rule for {source.name} names it."
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"{', '.join(found[:_LISTED])}{more} {'names' if len(found) == 1 else 'name'} it."


def _rules_naming(engine: Engine, source: End, name: str) -> Iterator[str]:
    for policy in engine.policy_set.policies():
        if not any(pod_matches(policy.subject, end, engine.facts) for end in source.endpoints):
            continue
        syntax = syntax_of(policy.ref)
        for number, rule in enumerate(policy.egress, 1):
            for leaf in leaves(rule.peers or ()):
                if isinstance(leaf, NamePeer) and name_matches(syntax, leaf.pattern, name):
                    yield f"{_spelt(policy.ref)}, {Direction.EGRESS} rule {number} ({leaf.pattern})"


def notes_on_names(judgement: Judgement, names: Names) -> Iterator[str]:
    """What an answer rests on where a rule by name decided: how old the record is, and who else is let through."""
    if judgement.destination.dns or not names:
        return
    for group in judgement.groups:
        end = group.verdict.destination
        if not isinstance(end, AddressEndpoint):
            continue
        for trace in group.verdict.egress.deciding:
            peer = trace.peer
            if not isinstance(peer, NamePeer) or peer.addresses is None:
                continue
            matching = names.matching(syntax_of(trace.policy.ref), peer.pattern)
            records = [each for name in matching for each in names.of(name) if each.address == end.address]
            if records:
                yield f"{end} is allowed by the name {peer.pattern}, by {names.source}: {seen(records, names.read)}."
                yield from notes_on_address(end.address, names)


def _spelt(ref: ObjectRef) -> str:
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"

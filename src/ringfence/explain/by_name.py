"""Rules by name: which of them are for a name, and what an answer should say where one of them decided."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.names import syntax_of
from ringfence.engine import Engine
from ringfence.engine.match import pod_matches
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import Judgement
from ringfence.explain.names import notes_on_address
from ringfence.model.name_patterns import name_matches
from ringfence.model.names import Names, seen
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, Direction, NamePeer, Rule, leaves
from ringfence.model.ports import NamedPort, resolve_ports
from ringfence.model.verdict import AddressEndpoint
from ringfence.survey.dns import DNS_PORTS

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


def notes_on_dns(judgement: Judgement, engine: Engine, endpoints: Endpoints) -> Iterator[str]:
    """Where a rule by name allows, and the pods may not ask for names: then no enforcer ever learns the addresses."""
    for group in judgement.groups:
        traces = [trace for trace in group.verdict.egress.deciding if isinstance(trace.peer, NamePeer)]
        pod = group.verdict.source
        if not traces or not isinstance(pod, Pod) or _may_ask(engine, pod, endpoints):
            continue
        yield (
            f"{pod} can't ask for names, since its policies deny DNS. The network plugin learns a name's addresses "
            f"from answers to the pods: until DNS is allowed, {_spelt(traces[0].policy.ref)} allows nothing by name "
            "(RF312)."
        )


def _may_ask(engine: Engine, pod: Pod, endpoints: Endpoints) -> bool:
    servers = [(end, server.ports) for server in endpoints.dns for end in server.endpoints]
    if not servers:
        return may_ask_somebody(engine, engine.atom(pod))
    # A rule for DNS that lists the names (Cilium) is a condition.
    possible = engine.reading(certain=False)
    return any(possible.allowed(pod, end) & ports for end, ports in servers)


def may_ask_somebody(engine: Engine, atom: int) -> bool:
    """True where pods may ask somebody for names, for inputs without DNS pods.

    That is so where port 53 is open by default, or a rule allows it otherwise than by name, if only to pods that the
    input lacks: DNS pods are seldom in the repository that the policies are in.
    """
    row = engine.row(Direction.EGRESS, atom)
    if engine.table.sets[row.default] & DNS_PORTS:
        return True
    policies = (engine.program.compiled[number].policy for number in engine.policies_of(Direction.EGRESS, atom))
    return any(_is_for_dns(rule) for policy in policies for rule in policy.egress)


def _is_for_dns(rule: Rule) -> bool:
    if rule.action is not Action.ALLOW:
        return False
    if rule.peers is not None and all(isinstance(peer, NamePeer) for peer in rule.peers):
        return False
    if rule.ports is None:
        return True
    return any(isinstance(port, NamedPort) or resolve_ports((port,), ()) & DNS_PORTS for port in rule.ports)


def _spelt(ref: ObjectRef) -> str:
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"

"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy ``cilium.io/v2``: their rules, as parts of two stages.

Denies of all policies come first; then the allows of all of them and of NetworkPolicy together. A direction is isolated
where a policy has a rule for it, unless ``enableDefaultDeny`` says otherwise.

A policy with a part that the agent refuses is not enforced at all, so it is left out as a whole, with findings.

Source: Cilium documentation, "Layer 3 policies", "Deny policies" and "Policy enforcement modes"; Rule in the API
reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ringfence.dialects.cilium.endpoints import read_subject
from ringfence.dialects.cilium.icmp import read_icmps
from ringfence.dialects.cilium.labels import read_label_key
from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.cilium.peers import EVERYONE, peer_fields, read_matches, read_requirements
from ringfence.dialects.cilium.ports import PortList, read_port_lists
from ringfence.dialects.fields import Field, describe
from ringfence.dialects.reading import NETWORK_POLICY, Reading, ReadPolicy, StageKey
from ringfence.dialects.selectors import read_selector
from ringfence.model.codes import BAD_FIELD, EMPTY_EGRESS_IGNORED, HOST_POLICY
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, Condition, Direction, Peer, PodPeer, Policy, Rule, StageKind

CILIUM_DENY = StageKey(500_000.0, "cilium-deny", StageKind.ORDERED)

_SECTIONS = {Direction.INGRESS: ("ingress", "ingressDeny"), Direction.EGRESS: ("egress", "egressDeny")}
_FIELDS = (
    "endpointSelector",
    "nodeSelector",
    "enableDefaultDeny",
    "labels",
    "description",
    "log",
    *(section for sections in _SECTIONS.values() for section in sections),
)


def read_cilium_policy(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Cilium would refuse it."""
    parts: list[ReadPolicy] = []
    specs = _specs(raw, reading)
    for number, spec in enumerate(specs or ()):
        read = _read_spec(spec, number, reading)
        if read is None:
            return None
        parts.extend(read)
    return None if specs is None else parts


def _specs(raw: RawObject, reading: Reading) -> list[Field] | None:
    body = Field(raw, (), raw.body, reading.findings)
    spec, specs = body.get("spec"), body.get("specs")
    if spec is None and specs is None:
        body.report(BAD_FIELD, f"{raw.ref} has neither spec nor specs.")
        return None
    items = specs.items() if specs is not None else ()
    if items is None:
        return None
    return [*([spec] if spec is not None else []), *items]


def _read_spec(spec: Field, number: int, reading: Reading) -> list[ReadPolicy] | None:
    if not spec.is_mapping():
        return None
    spec.report_unknown(_FIELDS, why="Cilium ignores the field.")
    selected = _subject(spec)
    if selected is None:
        return None
    rules: dict[tuple[Direction, bool], tuple[Rule, ...]] = {}
    for direction, sections in _SECTIONS.items():
        for name in sections:
            read = _read_section(spec, name, direction, reading)
            if read is None:
                return None
            rules[direction, name.endswith("Deny")] = read
    isolates = _isolates(spec)
    if isolates is None:
        return None
    if isinstance(selected, Field):
        selected.report(
            HOST_POLICY,
            f"{spec.raw.ref} is for nodes, and answers leave it out.",
            why="What is said of a node's own traffic, or of host-network pods, may be cut by it.",
        )
        return []
    return [] if isinstance(selected, bool) else _parts(spec.raw, selected, number, isolates, rules)


def _parts(
    raw: RawObject,
    subject: PodPeer,
    number: int,
    isolates: frozenset[Direction],
    rules: dict[tuple[Direction, bool], tuple[Rule, ...]],
) -> list[ReadPolicy]:
    order, origin = (float(number), f"{raw.ref.namespace}/{raw.ref.name}"), raw.origin()
    egress, ingress = rules[Direction.EGRESS, False], rules[Direction.INGRESS, False]
    allows = Policy(raw.ref, subject, isolates, egress, ingress, order, origin)
    parts = [ReadPolicy(NETWORK_POLICY, allows)]
    egress, ingress = rules[Direction.EGRESS, True], rules[Direction.INGRESS, True]
    if egress or ingress:
        denies = frozenset(direction for direction in Direction if rules[direction, True])
        parts.append(ReadPolicy(CILIUM_DENY, Policy(raw.ref, subject, denies, egress, ingress, order, origin)))
    return parts


def _subject(spec: Field) -> PodPeer | Field | bool | None:
    """The pods that the policy is for; the field ``nodeSelector`` where it is for nodes; None where it isn't clear.

    False where it is for endpoints that no manifest has, such as those of Cilium's health checks.
    """
    pods, nodes = spec.get("endpointSelector"), spec.get("nodeSelector")
    if (pods is None) is (nodes is None):
        has = "neither endpointSelector nor nodeSelector" if pods is None else "both endpointSelector and nodeSelector"
        spec.report(BAD_FIELD, f"{spec} has {has}; exactly one must be set.")
        return None
    if pods is None:
        return nodes if read_selector(nodes, read_label_key) is not None else None
    return read_subject(pods)


def _isolates(spec: Field) -> frozenset[Direction] | None:
    """The directions with a rule, or what ``enableDefaultDeny`` says of them; None, and a finding, for a bad value."""
    field = spec.get("enableDefaultDeny")
    if field is not None and not field.is_mapping():
        return None
    if field is not None:
        field.report_unknown(tuple(direction.value for direction in Direction), why="Cilium ignores the field.")
    found = set()
    for direction, sections in _SECTIONS.items():
        said = field.get(direction.value) if field is not None else None
        if said is not None and not isinstance(said.value, bool):
            said.report(BAD_FIELD, f"{said} must be true or false, not {describe(said.value)}.")
            return None
        if said.value if said is not None else any(spec.value.get(name) for name in sections):
            found.add(direction)
        if said is None and direction not in found:
            _tell_empty(spec, sections)
    return frozenset(found)


def _tell_empty(spec: Field, sections: Sequence[str]) -> None:
    for name in sections:
        field = spec.get(name)
        if field is not None and field.value == []:
            why = "Cilium isolates a direction that has a rule, be it an empty one."
            hint = f"To deny what no policy allows, write {name}: [{{}}]."
            field.report(EMPTY_EGRESS_IGNORED, f"{field} is an empty list, and isolates nothing.", why=why, hint=hint)


def _read_section(spec: Field, name: str, direction: Direction, reading: Reading) -> tuple[Rule, ...] | None:
    field = spec.get(name)
    items = field.items() if field is not None else ()
    if items is None:
        return None
    rules: list[Rule] = []
    for item in items:
        read = _read_rule(item, direction, reading, deny=name.endswith("Deny"))
        if read is None:
            return None
        rules.extend(read)
    if name.endswith("Deny"):
        required = _read_requirements(spec, direction)
        if required is None:
            return None
        rules.extend(required)
    return tuple(rules)


def _read_requirements(spec: Field, direction: Direction) -> list[Rule] | None:
    """What older versions require of peers; it cuts whatever the rules allow, so it stands among the denies."""
    field = spec.get(_SECTIONS[direction][0])
    rules: list[Rule] = []
    for item in (field.items() if field is not None else ()) or ():
        lacking = read_requirements(item, direction)
        if lacking is None:
            return None
        rules.extend(
            Rule(
                Action.DENY, (match.peer,), conditions=(match.condition,) if match.condition else (), origin=item.origin
            )
            for match in lacking
        )
    return rules


def _read_rule(rule: Field, direction: Direction, reading: Reading, *, deny: bool) -> list[Rule] | None:
    """One rule, in parts that are as certain and ask the same of layer 7."""
    if not rule.is_mapping():
        return None
    known = (*peer_fields(direction, deny=deny), "toPorts", "icmps", *(() if deny else ("authentication",)))
    rule.report_unknown(known, why="Cilium ignores the field.")
    matches = read_matches(rule, direction, reading, deny=deny)
    lists = read_port_lists(rule, direction, deny=deny)
    messages = read_icmps(rule)
    if matches is None or lists is None or messages is None:
        return None
    if rule.value.get("icmps"):
        lists = (PortList(messages),)
    action = Action.DENY if deny else Action.ALLOW
    asked = () if deny else _authentication(rule)
    return [
        Rule(action, peers, entry.ports, (*conditions, *asked, *entry.conditions), origin=rule.origin)
        for peers, conditions in _groups(matches)
        for entry in lists
    ]


def _groups(matches: Sequence[Match]) -> Iterator[tuple[tuple[Peer, ...] | None, tuple[Condition, ...]]]:
    """The peers by what must hold besides; ``None`` for everyone."""
    if not matches:
        yield (), ()
    ordered = sorted(matches, key=lambda match: match.condition.text if match.condition else "")
    for condition, group in groupby(ordered, key=lambda match: match.condition):
        peers = tuple(match.peer for match in group)
        yield None if EVERYONE in peers else peers, (condition,) if condition is not None else ()


def _authentication(rule: Field) -> tuple[Condition, ...]:
    field = rule.get("authentication")
    mode = field.get("mode") if field is not None else None
    return (Condition("both ends authenticate"),) if mode is not None and mode.value == "required" else ()

"""The answer of ``why`` for people: one sentence, then what each stage decided, then the rules that came closest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ringfence.explain import istio
from ringfence.explain.causes import Cause, first_causes
from ringfence.explain.cilium import CILIUM_DENY, is_cilium
from ringfence.explain.compare import Comparison
from ringfence.explain.endpoints import describe
from ringfence.explain.judge import Group, Judgement, direction_of
from ringfence.explain.nearest import NearRule, closest, conditions_of
from ringfence.explain.varying import Coverage
from ringfence.explain.why import WhyAnswer
from ringfence.explain.words import rule_number
from ringfence.model.icmp import words_of
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, Direction
from ringfence.model.ports import PortSet
from ringfence.model.verdict import (
    DirectionVerdict,
    Endpoint,
    Outcome,
    Reason,
    RuleTrace,
    StageTrace,
)
from ringfence.render.lines import Line, bad, bold, careful, count, good, layout, place, ports

_CLOSEST = 5
_NAMED = 3
_ENTRIES = 3
_GROUPS = 4
_CAUSES = 4


def render(answer: WhyAnswer, *, notes: bool = True, fixes: Mapping[int, str] | None = None) -> str:
    """The whole answer; colours are ANSI codes, which the command line takes away where there is no terminal.

    ``fixes`` has a line for judgements by number: the best fix in short, or the command that finds one.
    """
    blocks: list[str] = []
    if len(answer.coverage) > 1:
        blocks.append(f"{_covered(answer)}\n")
    if answer.open_ports is not None:
        blocks.append(_open_ports(answer, answer.open_ports))
    if not answer.port_given and len(answer.judgements) > 1:
        blocks.append("\n".join([*(sentence(judgement) for judgement in answer.judgements), ""]))
        blocks.append(bold("Port by port:") + "\n")
    for number, (judgement, causes) in enumerate(zip(answer.judgements, answer.causes, strict=True)):
        head = [sentence(judgement), *layout(list(cause_lines(causes)))]
        if fixes and number in fixes:
            head.append(f"{bold('Fix:')} {fixes[number]}")
        blocks.append("\n".join([*head, ""]))
        if answer.comparisons:
            blocks.append("\n".join([*layout(list(_comparison(answer.comparisons[number]))), ""]))
        blocks.extend(_judgement(judgement))
    if answer.variations:
        blocks.append("\n".join([bold("Varies:"), *(f"  - {text}" for text in answer.variations), ""]))
    if answer.coverage:
        blocks.append("\n".join([*layout(list(_coverage(answer.coverage))), ""]))
    if notes and answer.notes:
        blocks.append("\n".join([bold("Note:"), *(f"  - {note}" for note in answer.notes), ""]))
    return "\n".join(blocks)


def cause_lines(causes: tuple[Cause, ...]) -> Iterator[Line]:
    """The likeliest cause of each denied direction."""
    for cause in first_causes(causes)[:_CAUSES]:
        yield Line(f"{bold('Cause:')} {cause.text}", place(cause.origin))


def _comparison(comparison: Comparison) -> Iterator[Line]:
    yield Line(f"{bold('Compared:')} {sentence(comparison.other)}")
    yield from (Line(f"  - {text}") for text in comparison.differences)
    if not comparison.differences:
        yield Line("  - Nothing that policies look at differs.")
    for trace in comparison.works_by:
        yield Line(f"  - It gets through by {_rule_name(trace)}.", place(trace.rule.origin))


def _covered(answer: WhyAnswer) -> str:
    """The verdict over all addresses in one sentence: it comes first, since one of them says little."""
    number, of = sum(each.allowed for each in answer.coverage), len(answer.coverage)
    can = good("can") if number == of else careful("can") if number else f"can {bad('NOT')}"
    only = "only " if 0 < number < of else ""
    whose = f"recorded addresses of {answer.destination.dns}" if answer.destination.dns else "addresses"
    some = f"{number} of {of} {whose}" if number else f"any of {of} {whose}"
    judgement = answer.judgements[0]
    return f"{answer.source.name} {can} reach {only}{some} on {words_of(judgement.protocol, judgement.port)}."


def _coverage(covered: Sequence[Coverage]) -> Iterator[Line]:
    number = sum(each.allowed for each in covered)
    yield Line(f"{bold('Addresses:')} {number} of {len(covered)} are allowed.")
    for each in covered:
        word = good("allowed") if each.allowed else careful("depends") if each.conditional else bad("DENIED")
        rule = f" by {_rule_name(each.rules[0])}" if each.rules and each.allowed else ""
        yield Line(f"  {each.address}: {word}{rule}", place(each.rules[0].rule.origin) if rule else "")


def sentence(judgement: Judgement) -> str:
    """The verdict in one sentence."""
    service = judgement.destination.service
    port = "port " if service is not None and not service.headless else ""
    ends = (judgement.source.name, judgement.destination.name, port + words_of(judgement.protocol, judgement.port))
    source, destination, on = ends
    if judgement.allowed:
        text = f"{source} {good('can')} reach {destination} on {on}"
        if all(group.verdict.egress.reason is Reason.SELF for group in judgement.groups):
            return f"{text}: a pod may always reach itself."
        return f"{text}: egress and ingress are both allowed."
    if judgement.conditional:
        return f"{source} {careful('may')} reach {destination} on {on}: only if {_conditions(judgement)}."
    denied = _denied_sides(judgement)
    if judgement.varies:
        left_out = judgement.pairs - judgement.allowed_pairs
        of = "replicas and addresses" if judgement.destination.dns else "replicas"
        pairs = f"{left_out} of {count(judgement.pairs, 'pair')} of {of}"
        return f"{source} can reach {destination} on {on} {careful('only partly')}: {pairs} are denied ({denied})."
    return f"{source} can {bad('NOT')} reach {destination} on {on}: {denied} denied."


def _denied_sides(judgement: Judgement) -> str:
    sides = [
        f"{direction} at {end.name}"
        for direction, end in ((Direction.EGRESS, judgement.source), (Direction.INGRESS, judgement.destination))
        if not judgement.side(direction)
    ]
    verb = "" if judgement.varies else " is" if len(sides) == 1 else " are"
    return " and ".join(sides) + verb


def _conditions(judgement: Judgement) -> str:
    texts = {
        conditions_of(trace): None
        for group in judgement.groups
        for direction in Direction
        for trace in direction_of(group.verdict, direction).conditional
    }
    return " or ".join(texts)


def _open_ports(answer: WhyAnswer, open_ports: PortSet) -> str:
    pair = f"{answer.source.name} {{}} reach {answer.destination.name}"
    if not open_ports:
        head = f"{pair.format('can ' + bad('NOT'))} on any port."
    else:
        head = f"{pair.format(good('can'))} on: {ports(open_ports)}."
    declares = f"{answer.destination.name} declares no ports. Name one to see how it is decided, such as"
    return f"{head}\n\n{declares} {_with_port(answer.destination.text)}.\n"


def _with_port(text: str) -> str:
    return f"[{text}]:443" if ":" in text and not text.startswith("service:") else f"{text}:443"


def _judgement(judgement: Judgement) -> Iterator[str]:
    for group in judgement.groups[:_GROUPS]:
        if len(judgement.groups) > 1:
            yield f"{bold(_headline(group, judgement))}\n"
        for direction in Direction:
            yield "\n".join([*layout(list(_direction(group, direction))), ""])
    rest = judgement.groups[_GROUPS:]
    if rest:
        pairs = count(sum(group.pairs for group in rest), "pair")
        yield f"{pairs} more in {count(len(rest), 'group')}, each decided by other rules: -o json shows all.\n"


def _headline(group: Group, judgement: Judgement) -> str:
    word = "allowed" if group.verdict.allowed else "denied"
    port = f" (pod port {group.verdict.port})" if judgement.port != group.verdict.port else ""
    return (
        f"{group.pairs} of {count(judgement.pairs, 'pair')} {word}: "
        f"{_names(group.sources.values(), judgement.source.endpoints)} to "
        f"{_names(group.destinations.values(), judgement.destination.endpoints)}{port}"
    )


def _names(some: Iterable[Endpoint], whole: tuple[Endpoint, ...]) -> str:
    """``shop/web-0``, or ``2 of 3 pods (shop/web-0, shop/web-1)``."""
    names = [describe(endpoint) for endpoint in some]
    if len(names) == 1:
        return names[0]
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    share = "all" if len(names) == len(whole) else f"{len(names)} of"
    what = "pods" if all(isinstance(endpoint, Pod) for endpoint in whole) else "addresses"
    return f"{share} {len(whole)} {what} ({shown})"


def _direction(group: Group, direction: Direction) -> Iterator[Line]:
    verdict = group.verdict
    side = direction_of(verdict, direction)
    egress = direction is Direction.EGRESS
    subject, all_alike = (verdict.source, group.sources) if egress else (verdict.destination, group.destinations)
    more = f" and {len(all_alike) - 1} more" if len(all_alike) > 1 else ""
    word = good("allowed") if side.allowed else careful("depends") if side.conditional else bad("DENIED")
    head = f"{'Egress from' if egress else 'Ingress to'} {describe(subject)}{more}"
    yield Line(f"{bold(head)}: {word}")
    exempt = _exempt(side.reason, subject)
    if exempt:
        yield Line(f"  {exempt}")
        return
    width = max((len(_stage_name(stage)) for stage in side.stages), default=0)
    for stage in side.stages:
        yield from _stage(stage, direction, width)
    if side.reason is Reason.NOT_ISOLATED:
        yield Line(f"  No policy decides about its {direction}: everything is allowed by default.")
    for trace in side.conditional:
        yield Line(f"  Allowed if {conditions_of(trace)}: {_rule_name(trace)}", place(trace.rule.origin))
    if not side.allowed:
        yield from _closest(side, direction)
        yield from _order(side.stages[-1])


def _exempt(reason: Reason, subject: Endpoint) -> str:
    """Why no policy is asked; empty where policies are."""
    if reason is Reason.SELF:
        return "A pod may always reach itself."
    if reason is Reason.SAME_NODE:
        return "The node that runs a pod may always connect to it."
    if reason is not Reason.NO_SUBJECT:
        return ""
    if isinstance(subject, Pod):
        return "It is on the network of its node: no pod policy applies to it."
    if subject.node:
        return "It is a node: no pod policy applies to it."
    return "It is outside the cluster: no policy applies there."


def _order(last: StageTrace) -> Iterator[Line]:
    """What the order of the stages means for whoever wants to change a denial."""
    if last.stage == "admin":
        yield Line()
        yield Line("  The Admin tier comes before NetworkPolicy: no NetworkPolicy can allow this.")
    elif last.stage == CILIUM_DENY:
        yield Line()
        yield Line("  A deny of Cilium wins over every allow: no other policy can allow this.")
    elif last.stage == "baseline":
        yield Line()
        yield Line(
            "  The Baseline tier is only asked where no NetworkPolicy selects the pod: one that does replaces it."
        )


def _stage(stage: StageTrace, direction: Direction, width: int) -> Iterator[Line]:
    head = f"  {_stage_name(stage):<{width}}  "
    indent = " " * len(head)
    if stage.deciding:
        for number, trace in enumerate(stage.deciding):
            name = f"{_rule_name(trace, omit=_stage_name(stage))} {_DOES[trace.rule.action]}"
            yield Line((indent if number else head) + name, place(trace.rule.origin))
        return
    if not stage.selecting:
        yield Line(f"{head}no policy selects it for {direction}; the next stage decides")
        return
    rules = sum(trace.rule.name != OTHER_PROTOCOLS for trace in stage.rules)
    if stage.outcome is Outcome.DENY:
        yield Line(f"{head}{_isolated(stage, rules, direction)}")
        for policy in stage.selecting:
            yield Line(f"{indent}  {object_name(policy.ref, omit=_stage_name(stage))}", place(policy.origin))
    elif stage.outcome is Outcome.ALLOW:
        yield Line(f"{head}allowed")
    else:
        none = f"none of the {count(rules, 'rule')} matches" if rules != 1 else "its one rule doesn't match"
        yield Line(f"{head}{count(len(stage.selecting), 'policy')} here, {none}; the next stage decides")


_STAGES = {
    "admin": "Admin tier",
    CILIUM_DENY: "Cilium denies",
    "networkpolicy": "NetworkPolicy",
    "baseline": "Baseline tier",
    **istio.STAGES,
}


def _stage_name(stage: StageTrace) -> str:
    if stage.stage == "networkpolicy" and stage.selecting and all(is_cilium(policy.ref) for policy in stage.selecting):
        return "Cilium allows"
    return _STAGES.get(stage.stage, stage.stage)


def _isolated(stage: StageTrace, rules: int, direction: Direction) -> str:
    policies = len(stage.selecting)
    subject = "this policy guards it" if policies == 1 else f"these {policies} policies guard it"
    if not rules:
        return f"{subject}, and {'it has' if policies == 1 else 'they have'} no {direction} rule: nothing is allowed"
    if rules == 1:
        return f"{subject}, and the only {direction} rule does not match"
    return f"{subject}, and none of {'its' if policies == 1 else 'their'} {rules} {direction} rules matches"


_DOES = {
    Action.ALLOW: "allows it",
    Action.DENY: "denies it",
    Action.PASS: "passes it on to the next stage",
    Action.LOG: "logs it",
}


def _closest(side: DirectionVerdict, direction: Direction) -> Iterator[Line]:
    near = closest(side)
    if not near:
        return
    yield Line()
    yield Line("  Closest rule:" if len(near) == 1 else "  Closest rules, nearest first:")
    for number, rule in enumerate(near[:_CLOSEST], 1):
        yield Line(f"  {number}. {_rule_name(rule.trace)}", place(rule.trace.rule.origin))
        yield from _failure(rule, "from" if direction is Direction.INGRESS else "to")
    if len(near) > _CLOSEST:
        yield Line(f"     … and {count(len(near) - _CLOSEST, 'rule')} further off")


def _failure(near: NearRule, word: str) -> Iterator[Line]:
    label = f"     {word:<4}  "
    if near.peer_misses:
        for miss in near.peer_misses[:_ENTRIES]:
            where = place(miss.peer.origin)
            for text in miss.text.split("; "):
                yield Line(f"{label}{bad('✗')} {text}", where)
                label, where = " " * len(label), ""
        if len(near.peer_misses) > _ENTRIES:
            more = len(near.peer_misses) - _ENTRIES
            yield Line(f"{' ' * len(label)}  … and {more} more {'entry' if more == 1 else 'entries'} of the same rule")
    elif near.nobody:
        yield Line(f"{label}{bad('✗')} its list of peers is empty: it matches nobody")
    else:
        yield Line(f"{label}{good('✓')} {_peer(near.trace)}")
    if near.port_miss:
        yield Line(f"     port  {bad('✗')} {near.port_miss}")
    else:
        yield Line(f"     port  {good('✓')} {near.trace.port or 'every port'}")
    if near.condition:
        yield Line(f"     if    {careful('?')} {near.condition}")


def _peer(trace: RuleTrace) -> str:
    return str(trace.peer) if trace.peer is not None else "everything"


def _rule_name(trace: RuleTrace, *, omit: str = "") -> str:
    """``NetworkPolicy data/postgres, ingress rule 2``; a rule's own name follows in quotes."""
    name = f' "{trace.rule.name}"' if trace.rule.name else ""
    return f"{object_name(trace.policy.ref, omit=omit)}, {rule_number(trace)}{name}"


def object_name(ref: ObjectRef, *, omit: str = "") -> str:
    """``NetworkPolicy data/postgres``, as kubectl's users say it; without the kind where that is ``omit``."""
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    return name if ref.kind == omit else f"{ref.kind} {name}"


__all__ = ["cause_lines", "object_name", "render", "sentence"]

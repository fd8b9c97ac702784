"""Steps for selectors of Calico's policies that nearly select the pods: a clause corrected, or no longer asked for.

Only expressions of clauses that must all hold are edited, clause by clause, so that the rest stays as it was written.

Source: Calico reference, "Selectors" of NetworkPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ringfence.dialects.calico.keys import NAME
from ringfence.dialects.calico.selector import SelectorError, parse_selector
from ringfence.explain.causes import object_name as named
from ringfence.explain.near_subjects import additive_policies, subjects_between
from ringfence.explain.nearest import closest
from ringfence.explain.slips import PodMiss, alike, is_slip, pod_miss, requirements
from ringfence.fix.calico_shapes import is_calico
from ringfence.fix.candidate import Case, Step, StepKind, rule_name
from ringfence.fix.shapes import Body, path_of, value_at
from ringfence.model.labels import Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Direction, PodPeer, leaves
from ringfence.model.verdict import Endpoint, RuleTrace

_NEAREST = 6
_QUOTED = re.compile("'[^']*'|\"[^\"]*\"")
_CLAUSE = re.compile(r"""(?:'[^']*'|"[^"]*"|[^'"&])+""")
"""What stands between two ``&&``, which in quotes are text."""

_SPACE = "namespaceSelector"

Clause = tuple[str, Requirement | None]
"""A clause as it is written, and what it asks for, where that is one thing."""


def rule_steps(case: Case) -> Iterator[Step]:
    """For rules that allow the port to pods with other labels, or of another namespace."""
    for near in closest(case.verdict, _NEAREST):
        trace = near.trace
        raw = case.world.raw(trace.policy.ref)
        if raw is None or not is_calico(trace.policy.ref) or trace.peer_matches or not trace.port_matches:
            continue
        path = (*path_of(trace.rule.origin), "source" if case.direction is Direction.INGRESS else "destination")
        entity = value_at(raw.body, path)
        for peer in leaves(trace.rule.peers or ()):
            if isinstance(peer, PodPeer) and isinstance(entity, dict):
                yield from _entity_steps(case, trace, peer, path, entity)


def _entity_steps(case: Case, trace: RuleTrace, peer: PodPeer, path: Path, entity: Body) -> Iterator[Step]:
    found = _lacking(case, peer, case.peers)
    if found is None:
        return
    if any(miss.elsewhere for _, miss in found) or _asks_own_namespace(trace, found, entity):
        yield from _other_namespace(case, trace, path, entity, found)
        return
    for field, key, parts in (
        ("selector", str, [(pod.labels.get, one) for pod, miss in found for one in miss.pod]),
        (
            _SPACE,
            _space_key,
            [(_labels_of(case, pod), one) for pod, miss in found for one in miss.namespace],
        ),
    ):
        text = entity.get(field)
        if parts and isinstance(text, str):
            where = f"in {rule_name(trace)}"
            for kind, does, after in _rewritten(text, key, parts):
                edit = Edit(EditOp.REPLACE, (*path, field), after)
                patch = Patch(f"{does} {where}", trace.policy.ref, (edit,), origin=trace.rule.origin)
                yield Step(kind, case.direction, (patch,))


def subject_steps(case: Case) -> Iterator[Step]:
    """For policies that would allow it, had their selector not missed the guarded pods by a label."""
    policies = [each for each in additive_policies(case.world.engine.policy_set) if is_calico(each.ref)]
    ends = case.subjects[0], case.peers[0]
    if case.direction is Direction.INGRESS:
        ends = ends[1], ends[0]
    facts = case.world.engine.facts
    for policy, _, _, _ in subjects_between(policies, ends, case.ports[0], case.direction, facts):
        raw, found = case.world.raw(policy.ref), _lacking(case, policy.subject, case.subjects)
        text = value_at(raw.body, ("spec", "selector")) if raw is not None else None
        if found is None or not isinstance(text, str):
            continue
        parts = [(pod.labels.get, one) for pod, miss in found for one in miss.pod]
        for kind, does, after in _rewritten(text, str, parts):
            edit = Edit(EditOp.REPLACE, ("spec", "selector"), after)
            title = f"{does} in the selector of {named(policy.ref)}"
            yield Step(kind, case.direction, (Patch(title, policy.ref, (edit,), origin=policy.origin),))


def _lacking(case: Case, peer: PodPeer, ends: Sequence[Endpoint]) -> list[tuple[Pod, PodMiss]] | None:
    """The ends that a selector misses, with what each fails; ``None`` where one misses it by more than a slip."""
    facts = case.world.engine.facts
    found = []
    for end in ends:
        miss = pod_miss(peer, end, facts) if isinstance(end, Pod) else None
        if miss is None or not isinstance(end, Pod):
            return None
        if miss.count:
            if not is_slip(miss, end, facts):
                return None
            found.append((end, miss))
    return found or None


# ---- expressions ---------------------------------------------------------------------------------------------------


def clauses(text: str, key: Callable[[str], str]) -> list[Clause] | None:
    """The clauses of an expression that must all hold; ``None`` for any other expression."""
    if "||" in _QUOTED.sub("", text):
        return None
    found: list[Clause] = []
    for part in _CLAUSE.findall(text):
        try:
            asked = requirements(parse_selector(part.strip(), key))
        except SelectorError:
            return None
        found.append((part.strip(), asked[0] if asked and len(asked) == 1 else None))
    return found


Lookup = Callable[[str], str | None]


def _rewritten(
    text: str, key: Callable[[str], str], parts: Iterable[tuple[Lookup, Requirement]]
) -> Iterator[tuple[StepKind, str, str]]:
    """The expression with what fails corrected, where it is misspelt, and with it taken out; each with its words."""
    listed, failing = clauses(text, key), list(parts)
    asked = list(dict.fromkeys(one for _, one in failing))
    if listed is None or not all(any(clause == one for _, clause in listed) for one in asked):
        return
    values = {one: {lookup(one.key) for lookup, each in failing if each == one} for one in asked}
    if all(_misspelt(one, values[one]) for one in asked):
        right = {one: next(iter(values[one])) for one in asked}
        kept = [_with_value(part, str(right[one])) if (one := clause) in right else part for part, clause in listed]
        words = " and ".join(f"`{one}` to `{one.key}={right[one]}`" for one in asked)
        yield StepKind.CORRECT_SELECTOR, f"Correct {words}", " && ".join(kept)
    rest = [part for part, clause in listed if clause not in asked]
    words = " and ".join(f"`{one}`" for one in asked)
    yield StepKind.RELAX_SELECTOR, f"Don't ask for {words}", " && ".join(rest) or "all()"


def _misspelt(one: Requirement, values: set[str | None]) -> bool:
    (value,) = values if len(values) == 1 else (None,)
    return value is not None and one.operator is Operator.IN and alike(value, one.values)


def _with_value(part: str, value: str) -> str:
    """``app == 'wep'`` with another value; the label as it is written."""
    return f"{re.split(r'==| in ', part, maxsplit=1)[0].strip()} == '{value}'"


# ---- namespaces ----------------------------------------------------------------------------------------------------


def _space_key(label: str) -> str:
    return NAMESPACE_NAME_LABEL if label == NAME else label


def _labels_of(case: Case, pod: Pod) -> Lookup:
    return case.world.engine.facts.namespace_labels(pod.namespace).get


def _asks_own_namespace(trace: RuleTrace, found: Iterable[tuple[Pod, PodMiss]], entity: Body) -> bool:
    """True where the rule has no namespaceSelector, and so keeps to the policy's namespace."""
    own = trace.policy.ref.namespace
    return bool(own) and not entity.get(_SPACE) and any(miss.namespace for _, miss in found)


def _other_namespace(
    case: Case, trace: RuleTrace, path: Path, entity: Body, found: Iterable[tuple[Pod, PodMiss]]
) -> Iterator[Step]:
    """The pods' namespace beside the policy's own, in which alone the rule looks."""
    own = trace.policy.ref.namespace
    if entity.get(_SPACE) or not own:
        return
    spaces = sorted({own, *(pod.namespace for pod, _ in found)})
    listed = ", ".join(f"'{name}'" for name in spaces)
    edit = Edit(EditOp.ADD, (*path, _SPACE), f"{NAME} in {{{listed}}}")
    title = f"Look in namespaces {' and '.join(spaces)} in {rule_name(trace)}"
    patch = Patch(title, trace.policy.ref, (edit,), origin=trace.rule.origin)
    yield Step(StepKind.RELAX_SELECTOR, case.direction, (patch,))

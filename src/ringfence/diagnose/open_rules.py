"""Rules that open nothing because they are invalid, and rules that open far more public addresses than are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine, bits
from ringfence.explain.words import object_name
from ringfence.model.addresses import NO_ADDRESSES
from ringfence.model.codes import RANGE_TOO_WIDE
from ringfence.model.finding import Finding, Severity
from ringfence.model.internet import INTERNET_V4
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, AddressPeer, Direction, Policy, Rule

_MANY = 1 << 20
"""No service publishes that many addresses."""
_NEARLY_ALL = (INTERNET_V4).size // 2
_SHOWN = 3


def without_effect(engine: Engine, findings: Iterable[Finding]) -> Iterator[Remark]:
    """A remark for each rule that an error leaves without a peer or a port, with those who were to use it."""
    errors: dict[ObjectRef, list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.ERROR and finding.subject is not None and finding.origin.path:
            errors.setdefault(finding.subject, []).append(finding)
    for policy in engine.policy_set.policies() if errors else ():
        for direction, number, rule in _rules(policy):
            if rule.peers != () and rule.ports != ():
                continue
            error = next((each for each in errors.get(policy.ref, ()) if _lies_in(each, rule)), None)
            if error is not None:
                told = error.what.removeprefix(f"{policy.ref}: ").rstrip(".")
                what = f"{_named(policy, direction, number)} opens nothing: {told}; {_subjects(engine, policy)} "
                what += "would use it." if direction is Direction.EGRESS else "would be reached by it."
                change = "Correct the entry: the API server refuses the policy as it is."
                yield Remark(Topic.INVALID, Severity.ERROR, what, error.origin, policy.ref, change, code=error.code)


def too_wide(engine: Engine) -> Iterator[Remark]:
    """A remark for each rule with ranges of more than a million public addresses that are not the whole Internet."""
    for policy in engine.policy_set.policies():
        if not engine.universe.pod_bits(policy.subject):
            continue
        for direction, number, rule in _rules(policy):
            wide = [peer for peer in rule.peers or () if isinstance(peer, AddressPeer) and _is_wide(peer)]
            if rule.action is not Action.ALLOW or not wide:
                continue
            every = NO_ADDRESSES
            for peer in wide:
                every = every | (peer.addresses & INTERNET_V4)
            ranges = " and ".join(str(peer) for peer in wide[:_SHOWN]) + (" and more" if len(wide) > _SHOWN else "")
            verb = "opens" if direction is Direction.EGRESS else "admits"
            what = f"{_named(policy, direction, number)} {verb} {every.size:,} public addresses, {ranges}, "
            what += f"{'to' if direction is Direction.EGRESS else 'at'} {_subjects(engine, policy)}."
            origin = wide[0].origin if wide[0].origin.position.file else rule.origin
            change = "Write the ranges that the provider publishes."
            yield Remark(Topic.TOO_WIDE, Severity.WARNING, what, origin, policy.ref, change, code=RANGE_TOO_WIDE)


def _rules(policy: Policy) -> Iterator[tuple[Direction, int, Rule]]:
    for direction in Direction:
        for number, rule in enumerate(policy.rules(direction), 1):
            yield direction, number, rule


def _lies_in(finding: Finding, rule: Rule) -> bool:
    return bool(rule.origin.path) and finding.origin.path.startswith(f"{rule.origin.path}.")


def _is_wide(peer: AddressPeer) -> bool:
    return _MANY <= (peer.addresses & INTERNET_V4).size < _NEARLY_ALL


def _named(policy: Policy, direction: Direction, number: int) -> str:
    return f"{object_name(policy.ref)}, {direction} rule {number},"


def _subjects(engine: Engine, policy: Policy) -> str:
    """The workloads that a policy selects, the first few by name."""
    numbers = bits.members(engine.universe.pod_bits(policy.subject))
    names = list(dict.fromkeys(str(pod.workload) for number in numbers for pod in engine.universe.atoms[number].pods))
    if not names:
        return "no pod"
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")

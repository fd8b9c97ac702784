"""Steps for a connection that an ordered tier denies: a rule before the one that denies."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.causes import object_name as named
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.network_policy import new_policy
from ringfence.fix.shapes import CLUSTER_NETWORK_POLICY, Body, path_of, peer_list, tiered_peers, tiered_ports
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.verdict import RuleTrace

_ALLOW = {CLUSTER_NETWORK_POLICY: "Accept"}
_OWNER = "{} is cluster-scoped: only who may change it can apply this, and no NetworkPolicy can in its place."
_REPLACES = "A NetworkPolicy that selects the pods takes the place of the Baseline tier for their {}."


def steps(case: Case) -> Iterator[Step]:
    """Steps for a denial by a rule of the Admin or Baseline tier."""
    for trace in case.verdict.deciding:
        if case.stage != "baseline":
            yield from _rule_before(case, trace, "Pass")
        yield from _rule_before(case, trace, _ALLOW.get(trace.policy.ref.kind, "Allow"))
    if case.stage == "baseline":
        for step in new_policy(case):
            yield Step(step.kind, step.direction, step.patches, (_REPLACES.format(case.direction),))


def _rule_before(case: Case, trace: RuleTrace, action: str) -> Iterator[Step]:
    ref = trace.policy.ref
    peers = tiered_peers(case.peers, case.direction, case.world)
    path = path_of(trace.rule.origin)
    if peers is None or not peers or case.world.raw(ref) is None or not path:
        return
    field, ports = tiered_ports(ref, case.ports)
    name = f"{action.lower()}-{case.source.rsplit('/', 1)[-1]}"[:60]
    rule: Body = {"name": name, "action": action, peer_list(case.direction): peers, field: ports}
    what = f"{case.direction} {peer_list(case.direction)} {case.peer_name} on {ports_text(case.ports)}"
    does = f"Leave {what} to NetworkPolicy" if action == "Pass" else f"Allow {what}"
    title = f"{does}, by a rule before {rule_name(trace)}"
    patch = Patch(title, ref, (Edit(EditOp.ADD, path, rule),), origin=trace.rule.origin)
    kind = StepKind.TIER_PASS if action == "Pass" else StepKind.TIER_RULE
    yield Step(kind, case.direction, (patch,), (_OWNER.format(named(ref)),))

"""Steps for what a mesh refuses, all of them at the workload that is called: a policy on the caller limits no egress.

A caller is added to a policy that allows, left out of one that denies, or let in without mutual TLS at one port.

Source: Istio reference, "AuthorizationPolicy" and "PeerAuthentication"; Istio, "Mutual TLS migration".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from ringfence.explain.causes import object_name as named
from ringfence.explain.istio import EGRESS, LAYER, MUTUAL_TLS
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.istio_shapes import (
    AUTHENTICATION,
    AUTHORIZATION,
    Callers,
    callers_of,
    new_object,
    ports_of,
    rule_for,
)
from ringfence.fix.shapes import Body, path_of, value_at
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Action, Policy
from ringfence.model.verdict import RuleTrace

_POLICIES = 3
_ANYBODY = (
    "{} isn't in the mesh and has no identity, so the rule is for every caller. Bring it into the mesh to name it."
)
_REST = "What else the rule denied is open wherever a policy allows it."
_PLAINTEXT = "The port takes plaintext from every caller, until {} is in the mesh and this is taken back."
_ACCOUNT = "A mesh knows callers by service account: every pod that runs as {} is let in."


def steps(case: Case) -> Iterator[Step]:
    """Steps towards allowing what a mesh refuses its callers; what it refuses its own to call isn't fixed here."""
    if case.stage == EGRESS or not ports_of(case):
        return
    if case.stage == MUTUAL_TLS:
        yield from _plaintext(case)
    elif case.verdict.stages[-1].deciding:
        for trace in case.verdict.stages[-1].deciding:
            yield from _undenied(case, trace)
    else:
        yield from corrections(case)
        yield from _more_rules(case)


def corrections(case: Case) -> Iterator[Step]:
    """Steps that widen a rule which nearly allows it."""
    if case.stage == EGRESS:
        return
    for trace in case.verdict.stages[-1].rules:
        if trace.rule.action is not Action.ALLOW or trace.rule.conditions or trace.rule.name == OTHER_PROTOCOLS:
            continue
        if trace.peer_matches and not trace.port_matches:
            yield from _more_ports(case, trace)
        elif trace.port_matches and not trace.peer_matches:
            yield from _more_callers(case, trace)


def _more_ports(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """One more port in an operation that asks for ports alone."""
    raw, path = case.world.raw(trace.policy.ref), path_of(trace.rule.origin)
    entries = value_at(raw.body, (*path, "to")) if raw is not None else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        listed = value_at(entry, ("operation", "ports"))
        if isinstance(listed, list) and list(entry["operation"]) == ["ports"]:
            base = (*path, "to", number, "operation", "ports")
            title = f"Allow {ports_text(case.ports)} too in {rule_name(trace)}"
            yield _edited(case, trace, StepKind.EXTEND_RULE, title, _appended(base, listed, ports_of(case)))
            return


def _more_callers(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """One more caller of a rule: in the list that it is of a kind with, or as one more source."""
    raw, path, callers = case.world.raw(trace.policy.ref), path_of(trace.rule.origin), callers_of(case)
    sources = value_at(raw.body, (*path, "from")) if raw is not None else None
    if callers.source is None or not isinstance(sources, list):
        return
    title = f"Add {case.peer_name} to the callers of {rule_name(trace)}"
    for kind, values in (*callers.source.items(), ("namespaces", list(callers.namespaces))):
        for number, entry in enumerate(sources):
            listed = value_at(entry, ("source", kind))
            if values and isinstance(listed, list) and list(entry["source"]) == [kind]:
                what = f"Add the namespace of {case.peer_name} to those of {rule_name(trace)}"
                base = (*path, "from", number, "source", kind)
                edits = _appended(base, listed, [value for value in values if value not in listed])
                if edits:
                    notes = () if kind == "namespaces" else _notes(callers)
                    yield _edited(
                        case,
                        trace,
                        StepKind.EXTEND_RULE,
                        what if kind == "namespaces" else title,
                        edits,
                        notes,
                    )
                break
    edit = Edit(EditOp.ADD, (*path, "from", len(sources)), {"source": callers.source})
    yield _edited(case, trace, StepKind.EXTEND_RULE, f"{title}, as a source of its own", [edit], _notes(callers))


def _more_rules(case: Case) -> Iterator[Step]:
    """A rule of its own, in a policy that allows at these workloads or in a new one."""
    callers = callers_of(case)
    if callers.source is None and not callers.anonymous:
        return
    rule = rule_for(callers.source, ports_of(case))
    notes = _notes(callers)
    for policy in case.verdict.stages[-1].selecting[:_POLICIES]:
        raw = case.world.raw(policy.ref)
        if raw is None or policy.ref.kind != AUTHORIZATION:
            continue
        present = value_at(raw.body, ("spec", "rules"))
        number = len(present) if isinstance(present, list) else 0
        edit = Edit(EditOp.ADD, ("spec", "rules", number) if number else ("spec", "rules"), rule if number else [rule])
        title = f"Add a rule for {_whom(case, callers)} on {ports_text(case.ports)} to {named(policy.ref)}"
        patch = Patch(title, policy.ref, (edit,), origin=policy.origin)
        yield Step(StepKind.ADD_RULE, case.direction, (patch,), notes, _breadth(case, policy))
    does = f"allow {_whom(case, callers)} on {ports_text(case.ports)}"
    new = new_object(case, AUTHORIZATION, "allow", {"action": "ALLOW", "rules": [rule]}, does)
    if new is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (new,), notes)


# ---- a deny --------------------------------------------------------------------------------------------------------


def _undenied(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """No allow undoes a deny: it must leave the callers or the port out, or go. What an authorizer says stays."""
    raw, path = case.world.raw(trace.policy.ref), path_of(trace.rule.origin)
    rule = value_at(raw.body, path) if raw is not None else None
    if raw is None or not isinstance(rule, dict) or value_at(raw.body, ("spec", "action")) != "DENY":
        return
    callers = callers_of(case)
    yield from _caller_out(case, trace, rule, callers)
    yield from _ports_out(case, trace, rule)
    yield from _but_here(case, trace, rule, callers)
    rules = value_at(raw.body, path[:-1])
    if isinstance(rules, list) and len(rules) == 1:
        patch = Patch(f"Remove {named(trace.policy.ref)}", trace.policy.ref, delete=True, origin=trace.policy.origin)
    else:
        edit = Edit(EditOp.REMOVE, path)
        patch = Patch(f"Remove {rule_name(trace)}", trace.policy.ref, (edit,), origin=trace.rule.origin)
    yield Step(StepKind.REMOVE_RULE, case.direction, (patch,), (_REST,))


def _caller_out(case: Case, trace: RuleTrace, rule: Body, callers: Callers) -> Iterator[Step]:
    """The callers, out of the list that names them among others."""
    path = path_of(trace.rule.origin)
    for number, entry in enumerate(rule.get("from") or ()):
        for kind, values in (("principals", callers.principals), ("ipBlocks", callers.ranges)):
            listed = value_at(entry, ("source", kind))
            if not isinstance(listed, list) or not set(values) & set(listed):
                continue
            rest = [value for value in listed if value not in values]
            base: Path = (*path, "from", number, "source", kind)
            if rest:
                title = f"Remove {case.peer_name} from the callers of {rule_name(trace)}"
                yield _edited(case, trace, StepKind.NARROW_RULE, title, [Edit(EditOp.REPLACE, base, rest)])


def _ports_out(case: Case, trace: RuleTrace, rule: Body) -> Iterator[Step]:
    """The ports, out of the list that names them among others."""
    path, ports = path_of(trace.rule.origin), set(ports_of(case))
    for number, entry in enumerate(rule.get("to") or ()):
        listed = value_at(entry, ("operation", "ports"))
        rest = [port for port in listed if port not in ports] if isinstance(listed, list) else []
        if rest and isinstance(listed, list) and len(rest) < len(listed):
            title = f"Leave {ports_text(case.ports)} out of {rule_name(trace)}"
            edit = Edit(EditOp.REPLACE, (*path, "to", number, "operation", "ports"), rest)
            yield _edited(case, trace, StepKind.NARROW_RULE, title, [edit])


def _but_here(case: Case, trace: RuleTrace, rule: Body, callers: Callers) -> Iterator[Step]:
    """The rule for everybody but these callers, and, where it is for more ports, for them on every other port."""
    if callers.source is None:
        return
    path = path_of(trace.rule.origin)
    others = copy.deepcopy(rule)
    sources = others.setdefault("from", [{"source": {}}])
    kind = "notPrincipals" if callers.principals else "notIpBlocks"
    values = callers.principals or callers.ranges
    for entry in sources:
        source = entry.get("source") if isinstance(entry, dict) else None
        if not isinstance(source, dict) or {"serviceAccounts", "notServiceAccounts"} & set(source):
            return
        source[kind] = [*source.get(kind, ()), *values]
    title = f"Leave {case.peer_name} out of {rule_name(trace)}"
    edit = Edit(EditOp.REPLACE, path, others)
    yield _edited(case, trace, StepKind.NARROW_RULE, title, [edit])
    rest = _on_other_ports(rule, ports_of(case))
    if rest is not None and isinstance(path[-1], int):
        edits = [edit, Edit(EditOp.ADD, (*path[:-1], path[-1] + 1), rest)]
        yield _edited(case, trace, StepKind.NARROW_RULE, f"{title}, on {ports_text(case.ports)} alone", edits)


def _on_other_ports(rule: Body, ports: list[str]) -> Body | None:
    """The rule without some ports; ``None`` where it is for no others."""
    found = copy.deepcopy(rule)
    kept: list[Any] = []
    for entry in found.get("to") or [{"operation": {}}]:
        operation = entry["operation"]
        listed = operation.get("ports")
        if listed:
            operation["ports"] = [port for port in listed if port not in ports]
        else:
            operation["notPorts"] = [*operation.get("notPorts", ()), *ports]
        if operation.get("ports") or operation.get("notPorts"):
            kept.append(entry)
    return {**found, "to": kept} if kept else None


# ---- mutual TLS ----------------------------------------------------------------------------------------------------


def _plaintext(case: Case) -> Iterator[Step]:
    """Plaintext at the ports of the case: in the workload's own setting, or in a new one."""
    ports = ports_of(case)
    note = (_PLAINTEXT.format(case.peer_name),)
    does = f"take plaintext on {ports_text(case.ports)}"
    for trace in case.verdict.stages[-1].deciding:
        raw = case.world.raw(trace.policy.ref)
        spec = value_at(raw.body, ("spec",)) if raw is not None else None
        if not isinstance(spec, dict) or not value_at(spec, ("selector", "matchLabels")):
            continue
        listed = spec.get("portLevelMtls")
        modes = {**(listed if isinstance(listed, dict) else {})}
        keys = {str(key): key for key in modes}
        modes |= {keys.get(port, port): {"mode": "PERMISSIVE"} for port in ports}
        patch = Patch(
            f"Let {named(trace.policy.ref)} {does}",
            trace.policy.ref,
            (Edit(EditOp.ADD, ("spec", "portLevelMtls"), modes),),
            origin=trace.rule.origin,
        )
        yield Step(StepKind.EXTEND_RULE, case.direction, (patch,), note, _breadth(case, trace.policy))
    modes = {port: {"mode": "PERMISSIVE"} for port in ports}
    new = new_object(case, AUTHENTICATION, "plaintext", {"portLevelMtls": modes}, does)
    if new is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (new,), note)


# ---- what is allowed and should be denied --------------------------------------------------------------------------


def in_use(case: Case) -> bool:
    """True where policies of the mesh allowed it, or guard its workload."""
    stages = (stage for stage in case.verdict.stages if stage.layer == LAYER and stage.stage != EGRESS)
    return any(stage.selecting for stage in stages)


def denies(case: Case) -> Iterator[Step]:
    """A policy that denies these callers, which wins over all that allow."""
    source = callers_of(case).source
    if source is None or not ports_of(case):
        return
    rule = rule_for(source, ports_of(case))
    does = f"deny {case.peer_name} on {ports_text(case.ports)}"
    new = new_object(case, AUTHORIZATION, "deny", {"action": "DENY", "rules": [rule]}, does)
    if new is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (new,), _notes(callers_of(case)))


def is_of_mesh(trace: RuleTrace) -> bool:
    """True for a rule of the mesh, which takes no rules of other APIs."""
    return ".istio.io/" in trace.policy.ref.api_version


# ---- words ---------------------------------------------------------------------------------------------------------


def _whom(case: Case, callers: Callers) -> str:
    return "every caller" if callers.source is None else case.peer_name


def _notes(callers: Callers) -> tuple[str, ...]:
    if callers.source is None:
        return (_ANYBODY.format(", ".join(map(str, callers.anonymous[:_POLICIES]))),)
    return (_ACCOUNT.format(", ".join(callers.principals)),) if callers.principals else ()


def _breadth(case: Case, policy: Policy) -> int:
    engine = case.world.engine
    atoms = engine.program.subjects(policy, engine.universe)
    return max(0, sum(len(engine.universe.atoms[atom].pods) for atom in atoms) - len(case.subjects))


def _appended(base: Path, present: list[Any], values: list[str]) -> list[Edit]:
    return [Edit(EditOp.ADD, (*base, len(present) + more), value) for more, value in enumerate(values)]


def _edited(
    case: Case, trace: RuleTrace, kind: StepKind, title: str, edits: list[Edit], notes: tuple[str, ...] = ()
) -> Step:
    return Step(kind, case.direction, (Patch(title, trace.policy.ref, tuple(edits), origin=trace.rule.origin),), notes)

"""Where records and policies disagree: what is written isn't done, or what is done isn't written in the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.explain.recorded import RecordedEnd, RecordedEnds
from ringfence.explain.recorded_reasons import Standing
from ringfence.explain.recorded_verdict import RecordedVerdict
from ringfence.explain.words import object_name
from ringfence.model.finding import Code, Finding
from ringfence.model.flow import RecordedRule
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.observe.calls import PASSED, Call
from ringfence.observe.codes import DENIED_THOUGH_ALLOWED, NOT_ENFORCED, OTHER_POLICY_DENIES, UNKNOWN_POLICY_DENIES
from ringfence.observe.moments import changed_at, moment
from ringfence.observe.report import Denial

_DENYING = {"", "deny", "drop", "reject", "denied", "dropped"}
_EVIDENCE = 10

_Key = tuple[Code, object]


@dataclass(slots=True)
class _Case:
    """What is told together: one sentence, and every call that shows it."""

    what: str
    why: str
    origin: Origin
    subject: ObjectRef | None
    shown: list[str] = field(default_factory=list)


class Enforcement:
    """Collects disagreements; those about one policy are one finding, with the calls as evidence."""

    def __init__(self, snapshot: Snapshot, ends: RecordedEnds) -> None:
        self._snapshot = snapshot
        self._ends = ends
        self._changed = changed_at(snapshot)
        self._refs = [raw.ref for raw in snapshot.policies]
        self._found: dict[_Key, _Case] = {}

    def passed(self, call: Call, verdict: RecordedVerdict, denied_after: float | None) -> None:
        """A call that passed. It is one that should not have, if today's policies deny it and did so then.

        ``denied_after`` is when it was first denied after it last passed: then it is an old story.
        """
        edges = call.of(PASSED)
        last = max(edge.last for edge in edges)
        if verdict.standing is not Standing.DENIED or denied_after is not None or verdict.failing < verdict.pairs:
            return
        policies = [reason.policy for reason in verdict.reasons if reason.policy is not None]
        if not policies or any(self._changed.get(policy, 0.0) > last for policy in policies):
            return
        names = _names(call, self._ends)
        number = sum(edge.connections for edge in edges)
        reason = verdict.reasons[0]
        case = self._case(
            NOT_ENFORCED,
            tuple(policies),
            f"Connections passed although {reason.text}.",
            "Either the policy is not enforced there, or it is younger than the records.",
            reason.origin,
            reason.policy,
        )
        nodes = sorted({pod.node for end in call.ends for pod in self._pods(end) if pod.node})
        where = f", on {', '.join(nodes[:3])}{' …' if nodes[3:] else ''}" if nodes else ""
        case.shown.append(f"{names}, {number:,} times until {moment(last)}{where}")

    def denied(self, row: Denial) -> None:
        """A call that a policy denied, or is said to have denied."""
        verdict = row.verdict
        if verdict is None or verdict.standing is None or not row.ending.by_policy:
            return
        named = [rule for rule in row.recorded if rule.name and rule.action.lower() in _DENYING]
        missing = [rule for rule in named if not any(is_named(rule, ref) for ref in self._refs)]
        shown = f"{_row_names(row)}, {row.connections:,} times until {moment(row.last)}"
        if named and len(missing) == len(named):
            for rule in missing:
                case = self._case(
                    UNKNOWN_POLICY_DENIES,
                    rule_name(rule),
                    f"Records say that {rule_name(rule)} denied connections, and the input has no such policy.",
                    "It was removed since, or the input is not all of the cluster.",
                )
                case.shown.append(shown)
            return
        over = row.works_since is not None or (row.also_passed or 0.0) > row.last
        if verdict.standing is Standing.ALLOWED and not over:
            case = self._case(
                DENIED_THOUGH_ALLOWED,
                row.destination.name,
                f"Connections to {row.destination.name} were denied that the policies of the input allow.",
                "The policy that denied them is gone or changed since, is not in the input, or is enforced late.",
            )
            case.shown.append(shown)
        elif verdict.standing is Standing.DENIED and named:
            deciding = [reason.policy for reason in verdict.reasons if reason.policy is not None]
            if deciding and not any(is_named(rule, ref) for rule in named for ref in deciding):
                case = self._case(
                    OTHER_POLICY_DENIES,
                    (rule_name(named[0]), tuple(deciding)),
                    f"Records say that {rule_name(named[0])} denied what {object_name(deciding[0])} denies.",
                    "Both may; or the cluster's policy differs from the input's.",
                    verdict.reasons[0].origin,
                    deciding[0],
                )
                case.shown.append(shown)

    def findings(self) -> Iterator[Finding]:
        """One finding for each policy, or each end where there is none."""
        for (code, _), case in self._found.items():
            rest = len(case.shown) - _EVIDENCE
            more = (f"and {rest:,} more",) if rest > 0 else ()
            evidence = (*case.shown[:_EVIDENCE], *more)
            yield Finding(code, case.what, case.origin, case.subject, case.why, evidence=evidence)

    def _case(
        self,
        code: Code,
        key: object,
        what: str,
        why: str,
        origin: Origin = UNKNOWN,
        subject: ObjectRef | None = None,
    ) -> _Case:
        return self._found.setdefault((code, key), _Case(what, why, origin, subject))

    def _pods(self, end: int) -> Iterable[Pod]:
        return (each for each in self._ends.ends[end].end.endpoints if isinstance(each, Pod))


def is_named(rule: RecordedRule, ref: ObjectRef) -> bool:
    """Whether a record means this policy; the record's name may be cropped, and its namespace and kind left out."""
    if rule.kind and rule.kind != ref.kind:
        return False
    if rule.namespace and rule.namespace != ref.namespace:
        return False
    return ref.name.startswith(rule.name) if rule.cropped else ref.name == rule.name


def rule_name(rule: RecordedRule) -> str:
    """``NetworkPolicy shop/web``, or what of it the record has."""
    name = f"{rule.namespace}/{rule.name}" if rule.namespace else rule.name
    crop = "…" if rule.cropped else ""
    return f"{rule.kind or 'policy'} {name}{crop}"


def _names(call: Call, ends: RecordedEnds) -> str:
    return _written(ends.ends[call.ends[0]], ends.ends[call.ends[1]], call.protocol, call.port)


def _row_names(row: Denial) -> str:
    return _written(row.source, row.destination, row.protocol, row.port)


def _written(source: RecordedEnd, destination: RecordedEnd, protocol: str, port: int | None) -> str:
    return f"{source.name} → {destination.name} {protocol}{f' {port}' if port is not None else ''}"

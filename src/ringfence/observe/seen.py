"""What was really seen of a connection that ``why`` is asked about, and where records and verdict disagree."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.explain.evidence import Evidence, evidence
from ringfence.explain.judge import Judgement
from ringfence.explain.why import WhyAnswer
from ringfence.observe.moments import moment
from ringfence.observe.usage import Usage, Used

PROBES = "What passed is of a node and pods that it may run, such as the kubelet's probes: no policy limits that."
"""Why connections that the policies deny to other addresses passed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """``usages`` are by the pod's port. ``disagreements`` and ``notes`` are sentences."""

    usages: tuple[Usage, ...]
    disagreements: tuple[str, ...]
    evidence: Evidence
    notes: tuple[str, ...] = ()


def seen(answer: WhyAnswer, used: Used) -> Seen:
    """What the flows have of the answer's ports; of all ports where it is about none in particular."""
    usages = used.between(answer.source.endpoints, answer.destination.endpoints)
    disagreements = []
    if answer.judgements:
        asked: dict[tuple[str, int | None], Judgement] = {
            (str(judgement.protocol), group.verdict.port): judgement
            for judgement in answer.judgements
            for group in judgement.groups
        }
        if answer.port_given:
            usages = tuple(usage for usage in usages if (usage.protocol, usage.port) in asked)
        for usage in usages:
            judgement = asked.get((usage.protocol, usage.port))
            if judgement is not None and (text := _disagreement(usage, judgement)):
                disagreements.append(text)
    probes = any(usage.probes and usage.passed for usage in usages)
    return Seen(usages, tuple(disagreements), evidence(used.coverage, None, ()), (PROBES,) if probes else ())


def _disagreement(usage: Usage, judgement: Judgement) -> str:
    """A sentence where what happened last is not what the policies say; empty where it is, or nobody can tell."""
    port = f"{usage.protocol} {usage.port}"
    if usage.probes and usage.passes and not judgement.allowed:
        return ""  # a note says what it is
    if usage.passes and not judgement.allowed and not judgement.allowed_pairs and not judgement.conditional:
        last = moment(usage.last_passed or 0.0)
        return f"{port} passed until {last}, and the policies deny it: they are younger than that, or not enforced."
    if usage.passes is False and judgement.allowed:
        last = moment(usage.last_denied or 0.0)
        return f"{port} was denied until {last}, and the policies allow it: they were changed since, or others deny it."
    return ""

"""The answer of ``why`` as a WhyReport document."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ringfence.explain.causes import Cause
from ringfence.explain.compare import Comparison
from ringfence.explain.judge import Group, Judgement, direction_of
from ringfence.explain.nearest import closest
from ringfence.explain.varying import Coverage
from ringfence.explain.why import WhyAnswer
from ringfence.model.addresses import format_address
from ringfence.model.finding import Finding
from ringfence.model.names import NameRecord
from ringfence.model.policy import Direction
from ringfence.observe.seen import Seen
from ringfence.render import flows_seen, json_values
from ringfence.render.json_values import Json
from ringfence.render.why_text import sentence

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def render(answer: WhyAnswer, found: Iterable[Finding], fixes: Iterable[Json] = (), seen: Seen | None = None) -> str:
    """The document, indented. ``fixes`` are the best one for each denied port, as a FixReport has them.

    ``seen`` is what flows have of the connection.
    """
    fields: Json = {
        "source": answer.source.name,
        "destination": answer.destination.name,
        "verdict": _verdict(answer),
    }
    if answer.open_ports is not None:
        fields["openPorts"] = json_values.ports(answer.open_ports)
    fields["ports"] = [_judgement(judgement) for judgement in answer.judgements]
    fields["causes"] = [
        cause(each, judgement)
        for judgement, causes in zip(answer.judgements, answer.causes, strict=True)
        for each in causes
    ]
    fields["fixes"] = list(fixes)
    fields["variations"] = list(answer.variations)
    if answer.comparisons:
        pairs = zip(answer.comparisons, answer.judgements, strict=True)
        fields["comparisons"] = [_comparison(each, judgement) for each, judgement in pairs]
    if answer.coverage:
        fields["addresses"] = [_coverage(each) for each in answer.coverage]
    if answer.destination.records:
        fields["records"] = [_record(each) for each in answer.destination.records]
    if seen is not None:
        fields["flows"] = flows_seen.as_json(seen)
    fields["notes"] = list(answer.notes)
    fields["findings"] = json_values.findings(found)
    return json_values.text_of(json_values.document("WhyReport", **fields))


def _verdict(answer: WhyAnswer) -> str:
    if answer.allowed:
        return "allowed"
    conditional = answer.judgements and all(entry.allowed or entry.conditional for entry in answer.judgements)
    return "conditional" if conditional else "blocked"


def cause(value: Cause, judgement: Judgement) -> Json:
    """One cause, with the port that it is about."""
    fields: Json = {
        **json_values.port(judgement.protocol, judgement.port),
        "direction": str(value.direction),
        "kind": str(value.kind),
        "text": value.text,
        "distance": value.distance,
        "origin": json_values.origin(value.origin),
    }
    if value.trace is not None:
        fields["rule"] = json_values.rule(value.trace)
    return fields


def _comparison(value: Comparison, judgement: Judgement) -> Json:
    return {
        "source": value.other.source.name,
        **json_values.port(judgement.protocol, judgement.port),
        "verdict": "allowed" if value.other.allowed else "conditional" if value.other.conditional else "blocked",
        "differences": list(value.differences),
        "worksBy": [json_values.rule(trace) for trace in value.works_by],
    }


def _coverage(value: Coverage) -> Json:
    return {
        "address": value.address,
        "verdict": "allowed" if value.allowed else "conditional" if value.conditional else "blocked",
        "rules": [json_values.rule(trace) for trace in value.rules],
    }


def _record(value: NameRecord) -> Json:
    return {
        "name": value.name,
        "address": format_address(value.address),
        "firstSeen": f"{value.first_seen:{_MOMENT}}",
        "lastSeen": f"{value.last_seen:{_MOMENT}}",
        "ttl": value.ttl,
        "chain": list(value.chain),
        "origin": json_values.origin(value.origin),
    }


def _judgement(judgement: Judgement) -> Json:
    word = "allowed" if judgement.allowed else "conditional" if judgement.conditional else "blocked"
    return {
        **json_values.port(judgement.protocol, judgement.port),
        "verdict": word,
        "sentence": click.unstyle(sentence(judgement)),
        "varies": judgement.varies,
        "pairs": {"allowed": judgement.allowed_pairs, "total": judgement.pairs},
        "groups": [_group(group) for group in judgement.groups],
    }


def _group(group: Group) -> Json:
    verdict = group.verdict
    fields: Json = {
        "sources": [json_values.endpoint(end) for end in group.sources.values()],
        "destinations": [json_values.endpoint(end) for end in group.destinations.values()],
        "pairs": group.pairs,
        "podPort": verdict.port,
        "verdict": "allowed" if verdict.allowed else "conditional" if verdict.conditional else "blocked",
    }
    for direction in Direction:
        side = direction_of(verdict, direction)
        fields[str(direction)] = {
            **json_values.direction(side),
            "closest": [json_values.near_rule(near) for near in closest(side)],
        }
    return fields

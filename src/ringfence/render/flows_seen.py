"""What was really seen of a connection: lines below the answer of ``why``, and a part of its document."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.observe.seen import Seen
from ringfence.observe.usage import Usage
from ringfence.render import flows_evidence
from ringfence.render.flows_denied import recorded
from ringfence.render.flows_evidence import moment, stamp
from ringfence.render.json_values import Json
from ringfence.render.lines import bold, careful, count


def lines(seen: Seen) -> Iterator[str]:
    """The lines, after an empty one."""
    yield ""
    yield bold("Seen in the flows:")
    if not seen.usages:
        yield "  never in this window."
    for usage in seen.usages:
        yield f"  {_port(usage)}: {'; '.join(_parts(usage))}"
    yield from (f"  {careful('The records disagree')}: {text}" for text in seen.disagreements)
    yield from (f"  {note}" for note in seen.notes)
    yield from flows_evidence.lines(seen.evidence)


def _port(usage: Usage) -> str:
    return f"{usage.protocol} {usage.port}" if usage.port is not None else usage.protocol


def _parts(usage: Usage) -> Iterator[str]:
    if usage.passed and usage.last_passed is not None:
        yield f"passed {count(usage.passed, 'time')}, last {moment(usage.last_passed)}"
    if usage.denied and usage.last_denied is not None:
        sides = [side for side, told in (("egress", usage.egress), ("ingress", usage.ingress)) if told]
        by = [recorded(rule) for rule in usage.denied_by]
        more = f" ({', '.join((*sides, *by))})" if sides or by else ""
        yield f"denied {count(usage.denied, 'time')}, last {moment(usage.last_denied)}{more}"
    if usage.other:
        yield f"{count(usage.other, 'time')} with another outcome"


def as_json(seen: Seen) -> Json:
    """The part ``flows`` of the document."""
    return {
        "seen": [_usage(usage) for usage in seen.usages],
        "disagreements": list(seen.disagreements),
        "evidence": flows_evidence.as_json(seen.evidence),
    }


def _usage(usage: Usage) -> Json:
    fields: Json = {
        "protocol": usage.protocol,
        "port": usage.port,
        "passed": usage.passed,
        "denied": usage.denied,
        "other": usage.other,
        "lastPassed": stamp(usage.last_passed),
        "lastDenied": stamp(usage.last_denied),
        "deniedBy": [recorded(rule) for rule in usage.denied_by],
    }
    return {key: field for key, field in fields.items() if field is not None}

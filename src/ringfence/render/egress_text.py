"""What ``generate egress`` tells people: what becomes of each line, what changes, what can be promised."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ringfence.egress.checking import Answer, Judged
from ringfence.egress.promises import COLUMNS, Promise
from ringfence.egress.proposing import Proposal
from ringfence.egress.refresh import Aged
from ringfence.generate.flows import Flow, closed, opened
from ringfence.generate.manifest import text_of
from ringfence.model.names import Names, seen
from ringfence.render.lines import bad, bold, careful, count, good, ports

_MOST_FLOWS = 12
_WIDTH = 110


def manifests(answer: Proposal) -> str:
    """The manifests as YAML, ready for ``kubectl apply -f -``."""
    return text_of(answer.manifests)


def summary(answer: Proposal) -> Iterator[str]:
    """For stderr, beside the manifests: verdicts, changes, and the promises of the chosen API."""
    objects = ", ".join(str(manifest.ref) for manifest in answer.manifests) or "nothing to write"
    yield f"{answer.choice.value}: {objects}. Nothing is applied."
    yield from _told(answer)
    yield from _promise(answer.promises[0])


def report(answer: Proposal) -> Iterator[str]:
    """The answer without the manifests, with the promises of every API."""
    yield bold(f"{', '.join(plan.request.name for plan in answer.plans) or 'No request'}, for {answer.choice.value}")
    yield from _told(answer)
    yield ""
    yield bold("What each choice can promise")
    for promise in answer.promises:
        yield from _promise(promise)


def _told(answer: Proposal) -> Iterator[str]:
    for request in answer.expired:
        yield f"{bad('expired')} {request.name} on {request.expires}: left out ({request.origin})"
    yield from _judged(answer.checked.judged)
    yield from _section(bad("closes"), closed(answer.checked.changes))
    yield from _section(good("opens"), opened(answer.checked.changes))
    for note in (*answer.notes, *answer.checked.notes):
        yield f"note: {note}"


_COLOURS = {
    Answer.ALLOWED: good,
    Answer.CONDITIONAL: careful,
    Answer.DENIED: bad,
    Answer.NOT_JUDGED: careful,
}


def _judged(lines: Sequence[Judged]) -> Iterator[str]:
    width = max((len(line.text) for line in lines), default=0)
    for line in lines:
        join = " " if line.answer is Answer.CONDITIONAL else ": "
        why = f"{join}{line.why}" if line.why else ""
        yield f"  {line.text:<{width}}  {ports(line.ports)}: {_COLOURS[line.answer](line.answer.value)}{why}"


def _section(title: str, flows: tuple[Flow, ...]) -> Iterator[str]:
    if not flows:
        yield f"{title} nothing"
        return
    yield f"{title}:"
    for flow in flows[:_MOST_FLOWS]:
        yield f"  {flow.source} → {flow.destination}: {ports(flow.ports)} ({count(flow.workloads, 'workload')})"
    if len(flows) > _MOST_FLOWS:
        yield f"  and {len(flows) - _MOST_FLOWS} more; -o json lists all"


def _promise(promise: Promise) -> Iterator[str]:
    yield f"{bold(promise.choice.value)}"
    width = max(map(len, COLUMNS))
    for column, cell in zip(COLUMNS, promise.cells, strict=True):
        yield f"  {column:<{width}}  {cell}"
    for text in promise.of_request:
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ! ", subsequent_indent="    ")


def refreshed(found: Sequence[Aged], names: Names) -> Iterator[str]:
    """What is gone and new, name by name."""
    for each in found:
        state = bad("differs") if each.stale else good("as recorded")
        yield f"{each.policy.ref}: {each.name} {state}"
        if each.recorded:
            yield f"  in the policy: answers until {each.recorded}"
        if each.records:
            yield f"  on record: {seen(each.records, names.read)}"
        for word, some in (("gone", each.gone), ("new", each.new), ("not in the rules", each.missing)):
            if some:
                yield f"  {word}: {', '.join(some)}"
    if any(each.stale for each in found):
        yield "Generate the policies anew with these records, and apply them."

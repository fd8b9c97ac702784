"""What a store has: as text, or as a FlowStatusReport document."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.explain.evidence import evidence
from ringfence.flows.status import Status
from ringfence.flows.stored import StoredInput
from ringfence.render import flows_evidence, json_values
from ringfence.render.json_values import Json
from ringfence.render.lines import bold, count

_ENDS = {
    "workload": "workload",
    "node": "node",
    "external": "external end",
    "service": "Service",
    "unknown": "unknown end",
}
"""What each kind of end is called, one of them."""


def text(status: Status) -> Iterator[str]:
    """Edges and parties, logs, inventories, then the evidence and its limits."""
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(status.edges.items()))
    yield f"{bold(status.path)}: {count(status.edges.total(), 'edge')}{f' ({outcomes})' if outcomes else ''}"
    if status.parties:
        yield "between " + ", ".join(count(number, _ENDS[kind]) for kind, number in sorted(status.parties.items()))
    yield ""
    yield bold("Logs:")
    yield from (f"  {_input(each)}" for each in status.inputs)
    if not status.inputs:
        yield "  none"
    yield bold("Inventories:")
    for state in status.states:
        cluster = f"{state.cluster}: " if state.cluster else ""
        yield f"  {cluster}{state.name}, {count(state.pods, 'pod')} at {flows_evidence.moment(state.time)}"
    if not status.states:
        yield "  none: pods are known as far as the records name them"
    yield ""
    coverage = status.coverage
    if coverage.replies_dropped:
        yield f"{count(coverage.replies_dropped, 'record')} of replies belong to connections that were seen."
    if coverage.nodes:
        yield f"{bold('Nodes:')} {', '.join(coverage.nodes)}"
    yield from flows_evidence.lines(evidence(coverage, None, ()))


def _input(each: StoredInput) -> str:
    cluster = f"{each.cluster}: " if each.cluster else ""
    if each.first is None or each.last is None:
        return f"{cluster}{each.name} ({each.format}): no record"
    window = f"{flows_evidence.moment(each.first)} to {flows_evidence.moment(each.last)}"
    return f"{cluster}{each.name} ({each.format}): {count(each.records, 'record')}, {window}"


def document(status: Status) -> str:
    """The document, indented."""
    fields: Json = {
        "store": status.path,
        "edges": dict(sorted(status.edges.items())),
        "parties": dict(sorted(status.parties.items())),
        "inputs": [
            {
                "name": each.name,
                "format": each.format,
                "cluster": each.cluster,
                "lines": each.lines,
                "records": each.records,
                "first": flows_evidence.stamp(each.first),
                "last": flows_evidence.stamp(each.last),
                "ingested": flows_evidence.stamp(each.ingested),
            }
            for each in status.inputs
        ],
        "inventories": [
            {
                "name": each.name,
                "cluster": each.cluster,
                "time": flows_evidence.stamp(each.time),
                "pods": each.pods,
            }
            for each in status.states
        ],
        "evidence": flows_evidence.as_json(evidence(status.coverage, None, ())),
    }
    return json.dumps(json_values.document("FlowStatusReport", **fields), indent=2, ensure_ascii=False) + "\n"

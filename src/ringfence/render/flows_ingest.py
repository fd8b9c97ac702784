"""What an ingest came to: a line for each input, then what the store now has; or a FlowIngestReport document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ringfence.explain.evidence import evidence
from ringfence.flows.edges import Coverage
from ringfence.flows.ingest import Ingested
from ringfence.flows.state import State
from ringfence.render import flows_evidence, json_values
from ringfence.render.lines import careful, count

Added = Sequence[tuple[State, str]]


def read(found: Sequence[Ingested], added: Added) -> Iterator[str]:
    """What was read."""
    for state, path in added:
        pods = sum(bool(pod.name) for pod in state.pods)
        yield (
            f"{path}: {count(pods, 'pod')}, {count(len(state.services), 'Service')} and "
            f"{count(len(state.nodes), 'node')} at {flows_evidence.moment(state.time)}"
        )
    for each in found:
        yield f"{each.name}: {_what(each)}"
        yield from (f"  {careful(flows_evidence.loss(loss))}" for loss in each.losses)


def _what(each: Ingested) -> str:
    if not each.format:
        return "nothing in it to read"
    if each.known and not each.lines:
        return "nothing new; the store has all of it"
    new = "new " if each.known else ""
    return f"{count(each.records, 'record')} in {count(each.lines, f'{new}line')} ({each.format})"


def summary(store: str, coverage: Coverage, edges: int) -> Iterator[str]:
    """What the store has, and what its evidence is."""
    yield f"{store} has {count(edges, 'edge')}."
    yield from flows_evidence.lines(evidence(coverage, None, ()))


def document(found: Sequence[Ingested], added: Added, store: str, coverage: Coverage, edges: int) -> str:
    """The document, indented."""
    fields: json_values.Json = {
        "store": store,
        "inputs": [
            {
                "name": each.name,
                "format": each.format,
                "lines": each.lines,
                "records": each.records,
                "known": each.known,
            }
            for each in found
        ],
        "inventories": [
            {"path": path, "time": flows_evidence.stamp(state.time), "cluster": state.cluster} for state, path in added
        ],
        "edges": edges,
        "evidence": flows_evidence.as_json(evidence(coverage, None, ())),
    }
    return json.dumps(json_values.document("FlowIngestReport", **fields), indent=2, ensure_ascii=False) + "\n"

"""What ``generate`` prints: the manifests, a summary of what they change, and both as a GenerateReport."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ringfence.generate import Generated
from ringfence.generate.flows import Flow, closed, opened
from ringfence.generate.manifest import text_of
from ringfence.model.finding import Finding
from ringfence.render import json_values
from ringfence.render.json_values import Json
from ringfence.render.lines import bad, count, good, ports

_MOST_FLOWS = 12


def manifests(answer: Generated) -> str:
    """The manifests as YAML, ready for ``kubectl apply -f -``."""
    return text_of(answer.manifests)


def summary(answer: Generated) -> Iterator[str]:
    """What the manifests would change, for stderr."""
    names = ", ".join(str(manifest.ref) for manifest in answer.manifests) or "nothing to add"
    yield f"{answer.template}: {names}. Nothing is applied."
    if any(manifest.evaluated for manifest in answer.manifests):
        yield from _section(bad("closes"), closed(answer.changes))
        yield from _section(good("opens"), opened(answer.changes))
    for note in answer.notes:
        yield f"note: {note}"


def _section(title: str, flows: tuple[Flow, ...]) -> Iterator[str]:
    if not flows:
        yield f"{title} nothing"
        return
    yield f"{title}:"
    for flow in flows[:_MOST_FLOWS]:
        yield f"  {flow.source} → {flow.destination}: {ports(flow.ports)} ({count(flow.workloads, 'workload')})"
    if len(flows) > _MOST_FLOWS:
        yield f"  and {len(flows) - _MOST_FLOWS} more; -o json lists all"


def document(answer: Generated, found: Iterable[Finding]) -> str:
    """The GenerateReport, indented."""
    fields: Json = {
        "template": answer.template,
        "manifests": [
            {"manifest": manifest.body, "evaluated": manifest.evaluated, "text": manifest.text()}
            for manifest in answer.manifests
        ],
        "closes": [_flow(flow) for flow in closed(answer.changes)],
        "opens": [_flow(flow) for flow in opened(answer.changes)],
        "notes": list(answer.notes),
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("GenerateReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _flow(flow: Flow) -> Json:
    return {
        "source": flow.source,
        "destination": flow.destination,
        "ports": json_values.ports(flow.ports),
        "workloads": flow.workloads,
    }

"""The EgressReport and the EgressRefresh: what ``generate egress -o json`` answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ringfence.egress.checking import evaluated
from ringfence.egress.promises import COLUMNS, Promise
from ringfence.egress.proposing import Proposal
from ringfence.egress.refresh import Aged
from ringfence.generate.flows import Flow, closed, opened
from ringfence.model.finding import Finding
from ringfence.model.names import Names
from ringfence.render import json_values
from ringfence.render.json_values import Json


def document(answer: Proposal, found: Iterable[Finding]) -> str:
    """The EgressReport, indented."""
    fields: Json = {
        "for": answer.choice.value,
        "manifests": [
            {"manifest": manifest.body, "evaluated": evaluated(manifest), "text": manifest.text()}
            for manifest in answer.manifests
        ],
        "verdicts": [
            {
                "request": line.request,
                "destination": line.text,
                "ports": json_values.ports(line.ports),
                "answer": line.answer.value,
                **({"why": line.why} if line.why else {}),
            }
            for line in answer.checked.judged
        ],
        "expired": [
            {"request": request.name, "namespace": request.namespace, "expires": str(request.expires)}
            for request in answer.expired
        ],
        "closes": [_flow(flow) for flow in closed(answer.checked.changes)],
        "opens": [_flow(flow) for flow in opened(answer.checked.changes)],
        "promises": [_promise(promise) for promise in answer.promises],
        "notes": [*answer.notes, *answer.checked.notes],
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("EgressReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _promise(promise: Promise) -> Json:
    cells = dict(zip((column.replace(" ", "-") for column in COLUMNS), promise.cells, strict=True))
    return {"for": promise.choice.value, "promises": cells, "requests": list(promise.of_request)}


def _flow(flow: Flow) -> Json:
    return {
        "source": flow.source,
        "destination": flow.destination,
        "ports": json_values.ports(flow.ports),
        "workloads": flow.workloads,
    }


def refreshed(found: Sequence[Aged], names: Names) -> str:
    """The EgressRefresh, indented."""
    entries = [
        {
            "policy": str(each.policy.ref),
            "name": each.name,
            "recorded": each.recorded,
            "kept": list(each.kept),
            "gone": list(each.gone),
            "new": list(each.new),
            "missing": list(each.missing),
            "stale": each.stale,
        }
        for each in found
    ]
    fields: Json = {"records": names.source, "names": entries}
    return json.dumps(json_values.document("EgressRefresh", **fields), indent=2, ensure_ascii=False) + "\n"

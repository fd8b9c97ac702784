"""Edges of a store: as text, as CSV, or as a FlowEdgesReport document."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from ringfence.explain.evidence import evidence
from ringfence.flows.edges import Edge, EdgeSet, Party
from ringfence.model.flow import Outcome, RecordedRule
from ringfence.render import flows_evidence, json_values
from ringfence.render.json_values import Json
from ringfence.render.lines import bad, careful, count, good

COLUMNS = (
    "source",
    "destination",
    "protocol",
    "port",
    "outcome",
    "connections",
    "first",
    "last",
    "egress",
    "ingress",
    "guessed",
    "policies",
    "reason",
    "octets",
    "octets_back",
    "source_cluster",
    "destination_cluster",
    "resets",
    "via",
)

_COLOURS = {Outcome.ALLOWED: good, Outcome.DENIED: bad, Outcome.REJECTED: bad}


def text(edges: EdgeSet, total: int) -> Iterator[str]:
    """A line for each edge, of ``total`` that there are, in columns, then what the evidence is."""
    shown = list(edges)
    rows = [_row(edge) for edge in shown]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for edge, row in zip(shown, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[3] = _COLOURS.get(edge.outcome, careful)(cells[3])
        yield "  ".join(cells).rstrip()
    yield ""
    left = total - len(shown)
    yield f"{count(total, 'edge')}{f', {left:,} of them not shown' if left else ''}."
    if any(edge.guessed for edge in shown):
        yield "~ marks edges whose direction was guessed from the ports."
    yield from flows_evidence.lines(evidence(edges.coverage, None, ()))


def _row(edge: Edge) -> tuple[str, ...]:
    return (
        party(edge.source),
        f"{'~' if edge.guessed else '→'} {party(edge.destination)}",
        where(edge),
        edge.outcome.value,
        f"{edge.connections:,}×",
        f"{flows_evidence.moment(edge.first)} – {flows_evidence.moment(edge.last)}",
        why(edge),
    )


def party(value: Party) -> str:
    """A party, with its cluster where it has a name, and the Service that an address is known for."""
    text = str(value)
    if value.service and not value.workload and not value.names and value.address:
        text = f"{value.service} ({value.address})"
    return f"{value.cluster}:{text}" if value.cluster else text


def where(edge: Edge) -> str:
    """``TCP 443``, ``ICMP type 8``, or the protocol alone."""
    if edge.port is None:
        return edge.protocol
    return f"{edge.protocol} type {edge.port}" if edge.protocol.startswith("ICMP") else f"{edge.protocol} {edge.port}"


def why(edge: Edge) -> str:
    """Whose policy decided, as far as the records say."""
    sides = [name for name, said in (("egress", edge.egress), ("ingress", edge.ingress)) if said]
    parts = [" and ".join(sides)] if sides and edge.outcome is not Outcome.ALLOWED else []
    parts += [rule(each) for each in edge.policies]
    if edge.reason:
        parts.append(edge.reason)
    if edge.resets:
        parts.append(f"{resets(edge):,} reset by the destination: nothing listens, or it refuses")
    parts += [f"by {each}" for each in edge.via]
    return ", ".join(parts)


def resets(edge: Edge) -> int:
    """How many of the connections the destination reset; no more than there are."""
    return min(edge.connections, sum(reset.connections for reset in edge.resets))


def rule(value: RecordedRule) -> str:
    """A policy as a record names it; ``…`` where the source has cut the name."""
    if not value.name:
        return f"default of {value.tier}" if value.tier else value.kind or "default"
    named = f"{value.namespace}/{value.name}" if value.namespace else value.name
    return f"{value.kind or 'policy'} {named}{'…' if value.cropped else ''}"


def table(edges: EdgeSet, _total: int) -> Iterator[str]:
    """CSV, with a header."""
    for row in (COLUMNS, *map(_cells, edges)):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in row])
        yield line.getvalue()


def _cells(edge: Edge) -> tuple[str | int | None, ...]:
    return (
        str(edge.source),
        str(edge.destination),
        edge.protocol,
        edge.port,
        edge.outcome.value,
        edge.connections,
        flows_evidence.stamp(edge.first),
        flows_evidence.stamp(edge.last),
        str(edge.egress).lower(),
        str(edge.ingress).lower(),
        str(edge.guessed).lower(),
        "; ".join(map(rule, edge.policies)),
        edge.reason,
        edge.octets,
        edge.octets_back,
        edge.source.cluster,
        edge.destination.cluster,
        resets(edge),
        "; ".join(map(str, edge.via)),
    )


def document(edges: EdgeSet, total: int) -> Iterator[str]:
    """The document, indented."""
    fields: Json = {
        "edges": [as_json(edge) for edge in edges],
        "total": total,
        "evidence": flows_evidence.as_json(evidence(edges.coverage, None, ())),
    }
    yield json.dumps(json_values.document("FlowEdgesReport", **fields), indent=2, ensure_ascii=False)


def as_json(edge: Edge) -> Json:
    """One edge; what no record tells is left out."""
    fields: Json = {
        "source": party_json(edge.source),
        "destination": party_json(edge.destination),
        "protocol": edge.protocol,
        "port": edge.port,
        "outcome": edge.outcome.value,
        "connections": edge.connections,
        "first": flows_evidence.stamp(edge.first),
        "last": flows_evidence.stamp(edge.last),
        "hours": [{"hour": flows_evidence.stamp(hour * 3600.0), "connections": number} for hour, number in edge.hours],
        "egress": edge.egress,
        "ingress": edge.ingress,
        "guessed": edge.guessed,
        "policies": [_rule_json(each) for each in edge.policies],
        "pending": [_rule_json(each) for each in edge.pending],
        "reason": edge.reason,
        "applications": list(edge.applications),
        "octets": edge.octets,
        "octetsBack": edge.octets_back,
        "formats": list(edge.formats),
        "resets": resets(edge) or None,
        "via": list(map(str, edge.via)),
    }
    return {key: value for key, value in fields.items() if value not in (None, "", [])}


def party_json(value: Party) -> Json:
    """One end of an edge; empty fields are left out."""
    fields: Json = {
        "kind": value.kind.value,
        "cluster": value.cluster,
        "namespace": value.namespace,
        "workload": value.workload,
        "address": value.address,
        "names": list(value.names),
        "service": value.service,
        "labels": dict(value.labels),
        "pods": list(value.pods),
    }
    return {key: field for key, field in fields.items() if field}


def _rule_json(value: RecordedRule) -> Json:
    fields: Json = {
        "kind": value.kind,
        "namespace": value.namespace,
        "name": value.name,
        "tier": value.tier,
        "rule": value.rule,
        "action": value.action,
        "cropped": value.cropped,
    }
    return {key: field for key, field in fields.items() if field}

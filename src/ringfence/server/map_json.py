"""The documents of the map: MapReport, what is drawn, and EdgeReport, one line of it."""

from __future__ import annotations

from typing import Final

from ringfence.render.json_values import Json, document, origin, ports
from ringfence.render.lines import ports as ports_text
from ringfence.server.map_edge import PortAnswer, Shown, Side
from ringfence.server.map_edges import Edge
from ringfence.server.map_layout import Box
from ringfence.server.map_look import Looked
from ringfence.server.map_view import Unit
from ringfence.server.maps import Drawn

_LONGEST: Final = 120
"""Characters of the ports of an edge in words; the line's own report has them all."""


def map_report(drawn: Drawn) -> Json:
    """What is drawn. Edges name their ports by the place of the words in ``ports``, as many are alike."""
    texts: dict[str, int] = {}
    edges = [_edge(edge, texts) for edge in drawn.view.edges]
    return document(
        "MapReport",
        summary={
            "workloads": drawn.view.workloads,
            "leftOut": drawn.view.left_out,
            "policies": drawn.policies,
        },
        nodes=[_node(unit, drawn.boxes[unit.name]) for unit in drawn.view.units],
        edges=edges,
        ports=list(texts),
    )


def edge_report(looked: Looked) -> Json:
    """One line: its sum, the connections between workloads, and what decides where it is a single one."""
    edge = looked.edge
    return document(
        "EdgeReport",
        source=edge.source,
        target=edge.target,
        pairs=edge.pairs,
        of=edge.of,
        full=edge.full,
        varies=edge.varies,
        denied=edge.denied,
        ports=ports(edge.ports),
        connections=[
            {"source": each.source, "target": each.target, "ports": ports(each.ports), "varies": each.varies}
            for each in looked.connections
        ],
        more=looked.more,
        decisions=[_decision(each) for each in looked.ports],
        moreDecisions=looked.more_ports,
        asked={"source": looked.asked[0], "destination": looked.asked[1]},
    )


def short(edge: Edge) -> str:
    """The ports of an edge in words, cut where they are many."""
    text = ports_text(edge.ports) if edge.pairs else ""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _node(unit: Unit, box: Box) -> Json:
    fields: Json = {
        "id": unit.name,
        "kind": unit.kind,
        "title": unit.title,
        "x": round(box.x, 1),
        "y": round(box.y, 1),
        "width": round(box.width, 1),
        "height": round(box.height, 1),
    }
    if unit.outside is not None:
        return {**fields, "said": unit.outside.said}
    if unit.parent:
        fields["parent"] = unit.parent
    fields.update(
        workloads=len(unit.members),
        pods=unit.pods,
        isolatedIngress=unit.isolated_ingress,
        isolatedEgress=unit.isolated_egress,
        hostNetwork=any(member.host_network for member in unit.members),
    )
    if unit.kind == "namespace":
        fields.update(unfolded=unit.unfolded, inside=unit.inside)
    return fields


def _edge(edge: Edge, texts: dict[str, int]) -> Json:
    fields: Json = {
        "source": edge.source,
        "target": edge.target,
        "pairs": edge.pairs,
        "of": edge.of,
        "full": edge.full,
        "ports": texts.setdefault(short(edge), len(texts)),
    }
    if edge.varies:
        fields["varies"] = edge.varies
    if edge.denied:
        fields["denied"] = edge.denied
    return fields


def _decision(answer: PortAnswer) -> Json:
    return {
        "protocol": str(answer.protocol),
        "port": answer.port,
        "text": answer.text,
        "verdict": "allowed" if answer.allowed else "blocked",
        **{str(side.direction): _side(side) for side in answer.sides},
    }


def _side(side: Side) -> Json:
    return {
        "verdict": "allowed" if side.allowed else "blocked",
        "said": list(side.said),
        "rules": [_rule(each) for each in side.rules],
    }


def _rule(shown: Shown) -> Json:
    fields: Json = {"policy": shown.policy, "action": shown.action, "text": shown.text, "origin": origin(shown.origin)}
    if shown.yaml:
        fields["yaml"] = shown.yaml
    return fields

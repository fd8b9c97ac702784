"""What ``convert`` prints: the manifests, what is lost and what differs, and all of it as a ConvertReport."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ringfence.convert import Conversion, Difference
from ringfence.dialects.writing import Loss
from ringfence.fix.yaml_dump import document as yaml
from ringfence.model.finding import Finding
from ringfence.render import json_values
from ringfence.render.json_values import Json
from ringfence.render.lines import bad, bold, careful, count, good, place, ports

_Item = TypeVar("_Item")

SHOWN = 12
_SHOWN_NAMES = 3
_SHOWN_RULES = 2


def manifests(answer: Conversion) -> str:
    """The objects as YAML, ready for ``kubectl apply -f -``."""
    return "---\n".join(yaml(each) for each in answer.objects)


def summary(answer: Conversion, *, every: bool = False) -> Iterator[str]:
    """What became of the policies, what is lost, and what the proof found."""
    converted, objects = count(len(answer.converted), "policy"), count(len(answer.objects), "object")
    beside = f"; {count(len(answer.kept), 'other policy')} beside them" if answer.kept else ""
    yield bold(f"{converted} to {objects} of {answer.to}{beside}. Nothing is applied.")
    for note in answer.notes:
        yield f"note: {note}"
    if answer.losses:
        yield bad("1 loss:" if len(answer.losses) == 1 else f"{len(answer.losses)} losses:")
        for loss in _some(answer.losses, every=every):
            yield from _loss(loss)
        yield from _rest(answer.losses, every=every)
    yield from _proof(answer, every=every)


def _loss(loss: Loss) -> Iterator[str]:
    where = place(loss.origin)
    yield f"  {loss.ref}{f' ({where})' if where else ''}"
    yield f"    {loss.what} {loss.why}"


def _proof(answer: Conversion, *, every: bool) -> Iterator[str]:
    proof = answer.proof
    compared = f"{count(proof.pods, 'pod')}, {count(proof.shapes, 'pod')} that could be made, and all addresses"
    if not proof.differences:
        yield good(f"Equal before and after: {compared}.")
    else:
        yield bad(f"{count(len(proof.differences), 'difference')} over {compared}:")
        ordered = sorted(proof.differences, key=lambda each: (each.future, not each.certain))
        for each in _some(ordered, every=every):
            yield from _difference(each)
        yield from _rest(proof.differences, every=every)
    for limit in proof.limits:
        yield f"{careful('not tried')}: {limit}"


def _difference(each: Difference) -> Iterator[str]:
    ends = f"{_ends(each.sources)} → {_ends(each.destinations)}"
    doubt = "" if each.certain else " (possibly)"
    if each.opened:
        yield f"  {good('opens')}{doubt} {ends}: {ports(each.opened)}"
    if each.closed:
        yield f"  {bad('closes')}{doubt} {ends}: {ports(each.closed)}"
    for rule in each.rules[:_SHOWN_RULES]:
        where = place(rule.origin)
        yield f"    by {rule.text}{f' ({where})' if where else ''}"


def _ends(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _some(items: Iterable[_Item], *, every: bool) -> list[_Item]:
    return list(items) if every else list(items)[:SHOWN]


def _rest(items: tuple[object, ...], *, every: bool) -> Iterator[str]:
    if not every and len(items) > SHOWN:
        yield f"  and {len(items) - SHOWN} more; -v shows all"


def document(answer: Conversion, found: Iterable[Finding]) -> str:
    """The ConvertReport, indented."""
    fields: Json = {
        "to": answer.to,
        "cni": answer.cni,
        "equal": answer.equal,
        "converted": [str(ref) for ref in answer.converted],
        "kept": [str(ref) for ref in answer.kept],
        "objects": list(answer.objects),
        "losses": [
            {
                "policy": str(loss.ref),
                "what": loss.what,
                "why": loss.why,
                "origin": json_values.origin(loss.origin),
            }
            for loss in answer.losses
        ],
        "proof": {
            "pods": answer.proof.pods,
            "shapes": answer.proof.shapes,
            "differences": [_difference_json(each) for each in answer.proof.differences],
            "limits": list(answer.proof.limits),
        },
        "notes": list(answer.notes),
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("ConvertReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _difference_json(each: Difference) -> Json:
    return {
        "sources": list(each.sources),
        "destinations": list(each.destinations),
        "opened": json_values.ports(each.opened),
        "closed": json_values.ports(each.closed),
        "future": each.future,
        "certain": each.certain,
        "rules": [{"text": rule.text, "origin": json_values.origin(rule.origin)} for rule in each.rules],
    }

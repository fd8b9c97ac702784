"""The answer of ``fix`` as a FixReport document."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from ringfence.fix import commands
from ringfence.fix.effects import Effect
from ringfence.fix.propose import FixAnswer
from ringfence.fix.search import Fix
from ringfence.model.finding import Finding
from ringfence.model.patch import EditOp, Patch
from ringfence.render import json_values
from ringfence.render.json_values import Json
from ringfence.render.why_json import cause
from ringfence.render.why_text import sentence


def render(answer: FixAnswer, found: Iterable[Finding]) -> str:
    """The document, indented, with every fix."""
    fields: Json = {
        "source": answer.source.name,
        "destination": answer.destination.name,
        "protocol": str(answer.protocol),
        "port": answer.port,
        "wanted": "blocked" if answer.deny else "allowed",
        "fulfilled": answer.fulfilled,
        "sentence": click.unstyle(sentence(answer.before)),
        "causes": [cause(each, answer.before) for each in answer.causes],
        "fixes": [fix(each) for each in answer.fixes],
        "obstacle": answer.obstacle,
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("FixReport", **fields), indent=2, ensure_ascii=False) + "\n"


def fix(value: Fix) -> Json:
    """One fix, with everything that it opens and closes."""
    return {
        "title": value.title,
        "kinds": [str(step.kind) for step in value.steps],
        "opens": [effect(each) for each in value.effects.opens],
        "closes": [effect(each) for each in value.effects.closes],
        "size": value.size,
        "notes": list(value.notes),
        "patches": [patch(each) for each in value.patches],
        "kubectl": [commands.kubectl(each) for each in value.patches],
    }


def effect(value: Effect) -> Json:
    """Connections that are opened or closed; addresses aren't counted."""
    fields: Json = {
        "source": value.source,
        "destination": value.destination,
        "ports": json_values.ports(value.ports),
    }
    return fields if value.outside else {**fields, "pairs": value.pairs}


def patch(value: Patch) -> Json:
    """A change to one object: its edits as JSON Patch has them, the whole of a new object, or its removal."""
    fields: Json = {"title": value.title, "object": str(value.target), "apiVersion": value.target.api_version}
    if value.manifest is not None:
        return {**fields, "manifest": value.manifest}
    if value.delete:
        return {**fields, "origin": json_values.origin(value.origin), "delete": True}
    edits: list[Json] = []
    for edit in value.edits:
        step: Json = {"op": str(edit.op), "path": edit.pointer}
        edits.append(step if edit.op is EditOp.REMOVE else {**step, "value": edit.value})
    return {**fields, "origin": json_values.origin(value.origin), "edits": edits}

"""The answer of ``fix`` for many connections, as a FixSetReport document."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ringfence.fix import commands
from ringfence.fix.propose_all import FixSet
from ringfence.fix.wanted import Wanted
from ringfence.model.finding import Finding
from ringfence.render import fix_json, json_values
from ringfence.render.json_values import Json


def render(answer: FixSet, found: Iterable[Finding]) -> str:
    """The document, indented."""
    fields: Json = {
        "restored": [_wanted(each) for each in answer.restored],
        "allowedAlready": [_wanted(each) for each in answer.kept],
        "left": [{**_wanted(each.wanted), "reason": each.reason} for each in answer.left],
        "opens": [fix_json.effect(effect) for effect in answer.effects.opens],
        "closes": [fix_json.effect(effect) for effect in answer.effects.closes],
        "notes": list(answer.notes),
        "patches": [fix_json.patch(patch) for patch in answer.patches],
        "kubectl": [commands.kubectl(patch) for patch in answer.patches],
        "findings": json_values.findings(found),
    }
    return json.dumps(json_values.document("FixSetReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _wanted(value: Wanted) -> Json:
    return {
        "source": value.source,
        "destination": value.destination,
        "protocol": str(value.protocol),
        "port": value.port,
        "kind": "dns" if value.dns else "connection",
        "origin": json_values.origin(value.origin),
    }

"""Where in a manifest the recorded addresses of names stand, so that they can be replaced without touching the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringfence.egress.metadata import NAMES, addresses_of
from ringfence.egress.plan import Plan

Path = tuple[str | int, ...]


def addresses_at(body: Mapping[str, Any], plan: Plan) -> dict[Path, str]:
    """The names by the path of the list that holds their addresses; none for a manifest that holds no names so.

    A list is that of a name where it holds the addresses of the name and no others.
    """
    if NAMES not in body["metadata"].get("annotations", {}):
        return {}
    found: dict[Path, str] = {}
    wanted = {frozenset(addresses_of(grant)): grant.text for grant in plan.named}
    for number, rule in enumerate(body["spec"]["egress"]):
        nets = rule.get("destination", {}).get("nets")
        if nets is not None:
            name = wanted.get(frozenset(_plain(text) for text in nets))
            path: Path = ("spec", "egress", number, "destination", "nets")
        else:
            blocks = [peer.get("ipBlock", {}).get("cidr", "") for peer in rule.get("to", ())]
            name = wanted.get(frozenset(map(_plain, blocks)))
            path = ("spec", "egress", number, "to")
        if name is not None:
            found[path] = name
    return found


def _plain(text: str) -> str:
    return text.partition("/")[0]

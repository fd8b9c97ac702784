"""``toFQDNs``: names and patterns whose addresses Cilium learns from the DNS answers that pass its proxy.

Source: Cilium documentation, "Layer 3 policies", DNS based; FQDNSelector in the API reference.
"""

from __future__ import annotations

import re

from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.fields import Field
from ringfence.model.codes import UNKNOWN_PEER
from ringfence.model.policy import NamePeer

_NAME = re.compile(r"[-a-zA-Z0-9_.]{1,255}")
_PATTERN = re.compile(r"[-a-zA-Z0-9_.*]{1,255}")


def read_name(item: Field) -> list[Match] | None:
    """The names of one item of ``toFQDNs``; None, with findings, where it is refused."""
    if not item.is_mapping(code=UNKNOWN_PEER):
        return None
    item.report_unknown(("matchName", "matchPattern"))
    present = item.present(("matchName", "matchPattern"))
    if not present:
        item.report(UNKNOWN_PEER, f"{item} has neither matchName nor matchPattern.")
        return None
    found = []
    for kind in present:
        field = item.get(kind)
        text = field.text(code=UNKNOWN_PEER) if field is not None else None
        if field is None or text is None or not _checked(field, text, _NAME if kind == "matchName" else _PATTERN):
            return None
        found.append(Match(NamePeer(text.lower().removesuffix("."), field.origin)))
    return found


def _checked(field: Field, text: str, allowed: re.Pattern[str]) -> bool:
    if allowed.fullmatch(text):
        return True
    hint = "A name with * is a matchPattern." if "*" in text and field.path[-1] == "matchName" else ""
    field.report(
        UNKNOWN_PEER, f"{field} is {text!r}, which is no DNS name.", why="Cilium refuses the policy.", hint=hint
    )
    return False

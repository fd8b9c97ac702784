"""Port entries as ClusterNetworkPolicy and (Baseline)AdminNetworkPolicy write them."""

from __future__ import annotations

from ringfence.dialects.fields import Field
from ringfence.dialects.scalars import read_port_number
from ringfence.model.codes import BAD_PORT


def only_kind(entry: Field, known: tuple[str, ...]) -> Field | None:
    """The one member of a port entry that is set; None, and a finding, for none or several."""
    if not entry.is_mapping(code=BAD_PORT):
        return None
    entry.report_unknown(known)
    kinds = entry.present(known)
    if len(kinds) != 1:
        has = " and ".join(kinds) if kinds else f"none of {', '.join(known)}"
        entry.report(BAD_PORT, f"{entry} has {has}; exactly one must be set.")
        return None
    return entry.get(kinds[0])


def read_port_range(field: Field) -> tuple[int, int] | None:
    """``start`` and ``end`` of a range; the API wants start below end, and one port is understood all the same."""
    start, end = field.get("start"), field.get("end")
    if start is None or end is None:
        field.report(BAD_PORT, f"{field} needs both start and end.")
        return None
    lo, hi = read_port_number(start), read_port_number(end)
    if lo is None or hi is None:
        return None
    if lo >= hi:
        field.report(BAD_PORT, f"{field} is from {lo} to {hi}; start must be below end.")
    return None if lo > hi else (lo, hi)

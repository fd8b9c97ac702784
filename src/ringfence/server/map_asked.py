"""The parameters of a map's address, as the API and the page take them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ringfence.explain.query import parse_port_and_protocol
from ringfence.model.errors import QueryError
from ringfence.reach.filters import PortFilter
from ringfence.server.map_wanted import Wanted

NOTHING: Final = "-"
"""Instead of a namespace's name: none."""


def wanted_of(
    *,
    unfold: Iterable[str] = (),
    namespace: Iterable[str] = (),
    label: str = "",
    port: str = "",
    external: bool = False,
    denied: bool = False,
) -> Wanted:
    """What the parameters ask for.

    ``unfold`` names namespaces, :data:`NOTHING` is none of them, and no name what fits. ``label`` is ``team=payments``,
    ``port`` ``443``, then of any protocol, or ``53/UDP``; several by commas.

    Raises:
        QueryError: a port or the label is not well formed.
    """
    key, equals, value = label.partition("=")
    if label and not (key and equals):
        raise QueryError(f"{label!r} is no label with its value: write it as team=payments.")
    unfolded = frozenset(filter(None, unfold))
    return Wanted(
        unfolded - {NOTHING} if unfolded else None,
        frozenset(filter(None, namespace)),
        key,
        value,
        tuple(_port(each) for each in port.split(",") if each.strip()),
        external,
        denied,
    )


def _port(text: str) -> PortFilter:
    protocol, number = parse_port_and_protocol(text.strip())
    return PortFilter(number, protocol if "/" in text else None)

"""What the mapping of a flow rests on: its two ends, who wrote it, and ports that are served."""

from __future__ import annotations

import msgspec

from ringfence.flows.known import END, WRITER
from ringfence.flows.mapping import Kept, cluster_of
from ringfence.flows.numbers import number_of
from ringfence.flows.opening import tells
from ringfence.flows.rows import Row, columns_of
from ringfence.flows.tables import Columns
from ringfence.model.flow import FlowEnd

Named = tuple[str, str, FlowEnd | str]
"""Kind, cluster, and an end of flows, or the writer of records."""


class Leaning:
    """The rows of what flows lean on: feed it every flow, once.

    ``ends`` has each end of them by its number.
    """

    def __init__(self) -> None:
        self.ends: dict[int, Named] = {}
        self._numbers: dict[Named, int] = {}
        self._rows: list[Row] = []

    def take(self) -> Columns:
        """The rows of the table ``leans`` since this was last called."""
        taken, self._rows = self._rows, []
        return columns_of("leans", taken)

    def note(self, kept: Kept) -> None:
        """Takes in a flow."""
        flow = kept.flow
        source, destination = (
            self._number((END, cluster_of(kept.cluster, flow, end), end)) for end in (flow.source, flow.destination)
        )
        writer = self._number((WRITER, kept.cluster, flow.node))
        row = (kept.number, source, destination, writer, flow.opening.value, *tells(flow, kept.cluster))
        self._rows.append(row)

    def _number(self, named: Named) -> int:
        number = self._numbers.get(named)
        if number is None:
            number = self._numbers[named] = number_of(f"{named[0]}\n{named[1]}\n{body_of(named)}")
            self.ends[number] = named
        return number


def body_of(named: Named) -> str:
    """An end, or a writer, as text."""
    what = named[2]
    return what if isinstance(what, str) else msgspec.json.encode(what).decode()

"""What reading a log comes to: distinct flows with their counts, and what is missing.

A day of a log has millions of lines and thousands of distinct flows, so lines are counted as they are read, and memory
follows the distinct flows.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

from ringfence.model.flow import HOUR, Flow, Loss, LossKind, NameAnswer, Tally
from ringfence.model.origin import Position

UNPLACED = "Records don't tell which node saw them, so a connection that two nodes saw counts twice."


@dataclass(slots=True)
class Reduction:
    """The flows, losses and DNS answers of one input, or of a part of it.

    ``lines`` counts the lines of the input, ``flows_read`` the records that became flows. ``first`` and ``last`` are
    the times of the earliest and the latest record, None while there is none. ``writer`` is the node, or the agent's
    pod, that wrote the line which is read now, where its wrapping or the path tells; flows that name no node get it.
    """

    counted: dict[Flow, dict[int, Tally]] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    answers: dict[tuple[str, tuple[str, ...], str], NameAnswer] = field(default_factory=dict)
    lines: int = 0
    flows_read: int = 0
    first: float | None = None
    last: float | None = None
    writer: str = ""
    _merged: dict[tuple[LossKind, str, str], int] = field(default_factory=dict)

    def add(self, flow: Flow, tally: Tally) -> None:
        """Counts a flow. The tally must lie within one hour; a longer interval counts in the hour that it began in."""
        if self.writer and not flow.node:
            flow = replace(flow, node=self.writer)
        hours = self.counted.get(flow)
        if hours is None:
            hours = self.counted[flow] = {}
        hour = int(tally.first // HOUR)
        known = hours.get(hour)
        if known is None:
            hours[hour] = tally
        else:
            known.add(tally)
        self.saw(tally.records, tally.first, tally.last)

    def saw(self, records: int, first: float, last: float) -> None:
        """Notes how many records, of which times, were counted in flows; for who counts in ``counted`` itself."""
        self.flows_read += records
        self._seen(first, last)

    def seen(self, flow: Flow, time: float) -> None:
        """Counts one record of a flow that has a time and nothing else."""
        self.add(flow, Tally(time, time, 1))

    def lose(self, loss: Loss) -> None:
        """Notes a loss. Losses of one kind, sentence and node become one, at the place of the first."""
        key = (loss.kind, loss.detail, loss.node)
        at = self._merged.get(key)
        if at is None:
            self._merged[key] = len(self.losses)
            self.losses.append(loss)
            return
        self.losses[at] = _merge(self.losses[at], loss)

    def take_losses(self) -> list[Loss]:
        """The losses so far, which are then no longer in here."""
        losses, self.losses = self.losses, []
        self._merged.clear()
        return losses

    def unreadable(self, why: str, where: Position) -> None:
        """Notes one line that can't be read. ``why`` must not quote the line, so that like lines are one loss."""
        self.lose(Loss(LossKind.UNREADABLE, why, 1, where=where))

    def unplaced(self, where: Position) -> None:
        """Notes a record of which nobody knows the node, nor the side: another node may have written it, too."""
        self.lose(Loss(LossKind.UNPLACED, UNPLACED, 1, where=where))

    def answer(self, answer: NameAnswer) -> None:
        """Notes a DNS answer; of equal ones to the same pod the latest is kept, with the time of the earliest."""
        key = (answer.name, answer.addresses, answer.asked_by)
        known = self.answers.get(key)
        if known is None:
            self.answers[key] = answer
            return
        latest = max(known, answer, key=lambda each: (each.time, each.chain))
        first = min(_began(known), _began(answer))
        self.answers[key] = NameAnswer(*key[:2], latest.time, latest.ttl, latest.chain, latest.asked_by, first)

    def merge(self, other: Reduction) -> None:
        """Takes over what another reduction has, which must not be used after it."""
        for flow, hours in other.counted.items():
            mine = self.counted.setdefault(flow, hours)
            if mine is hours:
                continue
            for hour, tally in hours.items():
                known = mine.setdefault(hour, tally)
                if known is not tally:
                    known.add(tally)
        for loss in other.losses:
            self.lose(loss)
        for answer in other.answers.values():
            self.answer(answer)
        self.lines += other.lines
        self.flows_read += other.flows_read
        if other.first is not None and other.last is not None:
            self._seen(other.first, other.last)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """For pickle, which would take many times as long for so many small objects as for one list of numbers."""
        numbers: list[Hashable] = []
        for hours in self.counted.values():
            numbers.append(len(hours))
            for hour, tally in hours.items():
                numbers.append(hour)
                numbers += _OF_TALLY(tally)
        flows = [_OF_FLOW(flow) for flow in self.counted]
        return _again, (flows, numbers, _REST(self))

    def _seen(self, first: float, last: float) -> None:
        if self.first is None or first < self.first:
            self.first = first
        if self.last is None or last > self.last:
            self.last = last


_OF_FLOW = attrgetter(*(each.name for each in fields(Flow)))
_OF_TALLY = attrgetter(*(each.name for each in fields(Tally)))
_NUMBERS = len(fields(Tally))
_REST = attrgetter(*(each.name for each in fields(Reduction)[1:]))


def _again(flows: list[tuple[Any, ...]], numbers: list[Any], rest: tuple[Any, ...]) -> Reduction:
    """A reduction from what was pickled."""
    counted: dict[Flow, dict[int, Tally]] = {}
    at = 0
    for flow in flows:
        end = at + 1 + numbers[at] * (1 + _NUMBERS)
        hours = counted[Flow(*flow)] = {}
        for begin in range(at + 1, end, 1 + _NUMBERS):
            hours[numbers[begin]] = Tally(*numbers[begin + 1 : begin + 1 + _NUMBERS])
        at = end
    return Reduction(counted, *rest)


def _began(answer: NameAnswer) -> float:
    return answer.time if answer.first is None else answer.first


def _merge(one: Loss, other: Loss) -> Loss:
    count = None if one.count is None or other.count is None else one.count + other.count
    if one.kind is LossKind.SAMPLED:
        count = max(one.count or 0, other.count or 0) or None
    times = [time for time in (one.first, other.first) if time is not None]
    ends = [time for time in (one.last, other.last) if time is not None]
    return Loss(one.kind, one.detail, count, one.node, one.where, min(times, default=None), max(ends, default=None))

"""Many point queries: each row is answered or says why it can't be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import Judgement, judge
from ringfence.explain.queries import Row
from ringfence.explain.query import parse_any
from ringfence.model.errors import EndpointError, QueryError, RingfenceError
from ringfence.model.policy import Direction

_REMEMBERED = 200_000
"""Endpoint texts are remembered up to this many, then forgotten: a query file may be longer than the memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A query row with its judgement; ``error`` stands in its place where there is none."""

    row: Row
    judgement: Judgement | None = None
    error: str = ""

    @property
    def verdict(self) -> str:
        """``allowed``, ``blocked`` or ``error``; what is only allowed under conditions is blocked."""
        return "error" if self.judgement is None else _word(self.judgement.allowed)

    def side(self, direction: Direction) -> str:
        """The same of one direction; empty for an error."""
        return "" if self.judgement is None else _word(self.judgement.side(direction))


def _word(allowed: bool) -> str:
    return "allowed" if allowed else "blocked"


def answer_rows(engine: Engine, endpoints: Endpoints, rows: Iterable[Row]) -> Iterator[Answer]:
    """Answers rows one by one, in order."""
    sources = _Memory(endpoints.source)
    destinations = _Memory(endpoints.destination)
    for row in rows:
        if row.error:
            yield Answer(row, error=row.error)
            continue
        try:
            protocol, port = parse_any(row.text("protocol"), row.text("port"))
            source, destination = sources(row.text("src")), destinations(row.text("dst"))
            yield Answer(row, judge(engine, endpoints, source, destination, protocol, port, misses=False))
        except (EndpointError, QueryError) as error:
            yield Answer(row, error=str(error))


class _Memory:
    """Remembers what texts mean, failures too: looking for similar names is slow."""

    def __init__(self, resolve: Callable[[str], End]) -> None:
        self._resolve = resolve
        self._known: dict[str, End | RingfenceError] = {}

    def __call__(self, text: str) -> End:
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            try:
                found = self._resolve(text)
            except RingfenceError as error:
                found = error
            self._known[text] = found
        if isinstance(found, RingfenceError):
            raise found
        return found

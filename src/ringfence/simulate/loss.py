"""What a log loses: each source has a law of its own, and a simulation can be asked for any."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ringfence.model.errors import QueryError


@dataclass(frozen=True, slots=True)
class LossLaw:
    """``lost`` is the share of records that a full buffer drops. Of ``sampling`` records, one is written.

    ``rate`` is the most records that a node writes in a second; None for no limit.
    """

    lost: float = 0.0
    sampling: int = 1
    rate: int | None = None

    @classmethod
    def of(cls, texts: tuple[str, ...], default: LossLaw) -> LossLaw:
        """The law that ``lost=0.02``, ``sampling=50`` and ``rate=20`` say; what isn't said is as in ``default``.

        Raises:
            QueryError: a text says something else.
        """
        lost, sampling, rate = default.lost, default.sampling, default.rate
        for text in texts:
            kind, _, value = text.partition("=")
            number = _number(value)
            if kind == "lost" and 0.0 <= number < 1.0:
                lost = number
            elif kind == "sampling" and number >= 1 and number.is_integer():
                sampling = int(number)
            elif kind == "rate" and number >= 1 and number.is_integer():
                rate = int(number)
            else:
                raise QueryError(
                    f"{text!r} is no loss. Use lost=SHARE (0 to 1), sampling=N (one in N) or rate=N (records a second)."
                )
        return cls(lost, sampling, rate)


NO_LOSS = LossLaw()
"""Every record is written."""


def _number(text: str) -> float:
    """A number, or one that is no loss of any kind."""
    try:
        return float(text)
    except ValueError:
        return -1.0


class Loser:
    """Applies a law to the records of all nodes, which come in the order of time."""

    def __init__(self, law: LossLaw, seed: int) -> None:
        self._law = law
        self._rng = Random(f"{seed}:loss")  # noqa: S311 - traffic to be repeated, not secrets
        self._second: dict[str, tuple[int, int]] = {}
        self._bursts: dict[str, int] = {}

    def why(self, node: str, time: float) -> str:
        """Why the next record of a node is lost: ``lost``, ``sampled``, ``rate``; empty where it is written."""
        law = self._law
        if law.sampling > 1 and self._rng.randrange(law.sampling):
            return "sampled"
        if law.lost and self._in_burst(node):
            return "lost"
        if law.rate is not None:
            second, count = self._second.get(node, (0, 0))
            now = int(time)
            count = count + 1 if now == second else 1
            self._second[node] = (now, count)
            if count > law.rate:
                return "rate"
        return ""

    def _in_burst(self, node: str) -> bool:
        """Buffers overflow for a while: records are lost ten at a time."""
        left = self._bursts.get(node, 0)
        if left == 0 and self._rng.random() < self._law.lost / (10 - 9 * self._law.lost):
            left = 10
        if left:
            self._bursts[node] = left - 1
        return left > 0

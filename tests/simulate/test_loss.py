"""The laws by which logs lose records."""

from __future__ import annotations

import pytest

from ringfence.model.errors import QueryError
from ringfence.simulate.loss import NO_LOSS, Loser, LossLaw


def test_a_share_is_lost_in_the_long_run() -> None:
    loser = Loser(LossLaw(lost=0.2), 1)
    lost = sum(bool(loser.why("node", number / 10)) for number in range(50_000))
    assert 0.17 < lost / 50_000 < 0.23


def test_one_in_so_many_is_written() -> None:
    loser = Loser(LossLaw(sampling=50), 1)
    kept = sum(not loser.why("node", number / 10) for number in range(50_000))
    assert 800 < kept < 1_200


def test_no_more_than_the_rate_is_written_in_a_second_and_node() -> None:
    loser = Loser(LossLaw(rate=20), 1)
    kept = [(node, second) for second in range(3) for node in "ab" for _ in range(50) if not loser.why(node, second)]
    assert {kept.count((node, second)) for node in "ab" for second in range(3)} == {20}


def test_nothing_is_lost_unless_a_law_says_so() -> None:
    loser = Loser(NO_LOSS, 1)
    assert not any(loser.why("node", number) for number in range(1_000))


def test_what_is_not_said_is_as_the_source_has_it() -> None:
    assert LossLaw.of(("lost=0.1",), LossLaw(rate=20)) == LossLaw(lost=0.1, rate=20)
    assert LossLaw.of(("sampling=5", "rate=7"), NO_LOSS) == LossLaw(sampling=5, rate=7)


@pytest.mark.parametrize("text", ["lost=1", "lost=-0.1", "sampling=0", "sampling=1.5", "rate=0", "rate=x", "other=1"])
def test_what_is_no_loss_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is no loss"):
        LossLaw.of((text,), NO_LOSS)

"""Connections that the destination answers by a reset."""

from __future__ import annotations

import pytest

from ringfence.flows.edges import Reset
from ringfence.flows.store import edges_of
from ringfence.model.flow import HOUR, Direction, Opening, TcpAnswer
from tests.flows.making import DB, NOON, WEB, WEB_2, Seen, edges, flow, reduced, reply, verdict

HOUR_0 = int(NOON // HOUR)
RESET, ACCEPTED = TcpAnswer.RESET, TcpAnswer.ACCEPTED


@pytest.mark.parametrize(
    ("seen", "resets"),
    [
        ([(flow(), 0, 3), (reply(answer=RESET), 1, 3)], [Reset(HOUR_0, 3, NOON + 1, NOON + 1)]),
        # One of them was accepted: the reset is how a client or a server ends a connection.
        ([(flow(), 0, 3), (reply(answer=RESET), 1, 3), (reply(answer=ACCEPTED), 1, 1)], []),
        # In another hour it was.
        (
            [flow(), (reply(answer=ACCEPTED), 1), (flow(), HOUR), (reply(answer=RESET), HOUR + 2)],
            [Reset(HOUR_0 + 1, 1, NOON + HOUR + 2, NOON + HOUR + 2)],
        ),
        # Another client's was: one replica of the source is refused.
        (
            [
                *(flow(), flow(WEB_2), (reply(answer=ACCEPTED), 1)),
                (reply(destination=WEB_2, answer=RESET), 2, 5),
            ],
            [Reset(HOUR_0, 5, NOON + 2, NOON + 2)],
        ),
        # Both nodes saw the same reset.
        (
            [flow(), (reply(answer=RESET, node="a"), 1, 2), (reply(answer=RESET, node="b"), 1, 2)],
            [Reset(HOUR_0, 2, NOON + 1, NOON + 1)],
        ),
        # The client's own reset ends a connection.
        ([flow(), flow(opening=Opening.UNKNOWN, source_port=40000, answer=RESET)], []),
        # Nothing but the answer is on record.
        ([(reply(answer=RESET), 1, 2)], [Reset(HOUR_0, 2, NOON + 1, NOON + 1)]),
    ],
)
def test_resets_count_where_nothing_was_accepted(seen: list[Seen], resets: list[Reset]) -> None:
    (edge,) = edges(*seen)
    assert list(edge.resets) == resets


def test_a_reset_takes_nothing_from_what_policies_let_pass() -> None:
    (edge,) = edges((verdict(Direction.EGRESS), 0, 3), (reply(DB, WEB, answer=RESET), 1, 3))
    assert (edge.outcome.value, edge.connections) == ("allowed", 3)


def test_what_answers_say_is_no_detail_of_an_edge() -> None:
    (edge,) = edges_of([reduced(flow(), reply(answer=ACCEPTED))])
    assert edge.reason == ""

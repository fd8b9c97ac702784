"""The table of promises: a row for every policy API, and what these requests lose in it."""

from __future__ import annotations

from ringfence.egress import Choice
from ringfence.egress.promises import COLUMNS, promises
from tests.egress.worlds import RECORDS, REQUEST, names, proposal


def test_every_choice_has_a_row_and_the_chosen_one_is_first() -> None:
    plans = proposal(Choice.CILIUM).plans
    for chosen in Choice:
        rows = promises(plans, chosen)
        assert rows[0].choice is chosen
        assert {row.choice for row in rows} == set(Choice)
        assert all(len(row.cells) == len(COLUMNS) for row in rows)


def told(choice: Choice, request: str = REQUEST) -> str:
    answer = proposal(Choice.CILIUM, request=request, recorded=names(*RECORDS))
    return " ".join(next(row for row in answer.promises if row.choice is choice).of_request)


def test_frozen_addresses_have_their_date() -> None:
    assert "frozen as 2 addresses, last seen on 2026-11-20, 3 days ago" in told(Choice.NETWORK_POLICY)
    assert "frozen" not in told(Choice.CILIUM)


def test_names_on_the_same_addresses_are_listed() -> None:
    for choice in (Choice.CILIUM, Choice.NETWORK_POLICY, Choice.GKE):
        assert "allows other names on its addresses too: other.example" in told(choice)


def test_wildcards_are_told_where_they_mean_something_else() -> None:
    wild = REQUEST.replace("api.pay.example", '"*.pay.example"')
    assert "wider" not in told(Choice.CILIUM, wild)
    assert "wider" in told(Choice.CALICO_ENTERPRISE, wild)
    assert "the names on record only: api.pay.example" in told(Choice.CALICO, wild)

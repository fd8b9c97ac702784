"""Whatever is asked for, in every policy API: all of it is allowed after, and nothing else is opened."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ringfence.egress import Choice
from ringfence.egress.checking import Answer
from ringfence.model.ports import Protocol
from tests.egress.worlds import BASE, CLOSED, RECORDS, REQUEST, applied, may, names, proposal

NAMED = {
    "api.pay.example": {"203.0.113.7", "203.0.113.8"},
    "*.pay.example": {"203.0.113.7", "203.0.113.8"},
    "**.pay.example": {"203.0.113.7", "203.0.113.8", "203.0.113.9"},
    "192.0.2.0/25": {"192.0.2.0", "192.0.2.127"},
    "2001:db8::/64": {"2001:db8::1"},
    "203.0.113.9": {"203.0.113.9"},
}
"""Destinations, and those of the addresses below that they mean."""

ADDRESSES = sorted(
    {*(address for some in NAMED.values() for address in some), "192.0.2.128", "2001:db8:0:1::", "8.8.8.8"}
)
PORTS = {443: (Protocol.TCP, 443), "53/UDP": (Protocol.UDP, 53), "8000-8002": (Protocol.TCP, 8001)}
OPEN = [each for each in Choice if each is not Choice.GKE]
"""GKE's rules by name are judged by the engine where it reads them; all others always."""

ENTRIES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(sorted(NAMED)), min_size=1, max_size=2, unique=True),
        st.lists(st.sampled_from(list(PORTS)), min_size=1, max_size=2, unique=True),
    ),
    min_size=1,
    max_size=3,
)
WIDER = {Choice.CALICO_ENTERPRISE, Choice.CLUSTER_NETWORK_POLICY}
"""Here ``*.`` means any depth."""


@pytest.mark.parametrize("choice", OPEN)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=ENTRIES)
def test_all_that_is_asked_for_is_allowed_and_nothing_else(
    choice: Choice, entries: list[tuple[list[str], list[int | str]]]
) -> None:
    egress = json.dumps([{"to": to, "ports": ports} for to, ports in entries])
    request = f"{REQUEST.partition('  egress:')[0]}  egress: {egress}\n"
    recorded = names(*RECORDS)
    answer = proposal(choice, BASE + CLOSED, request=request, recorded=recorded)
    assert {line.answer for line in answer.checked.judged} <= {Answer.ALLOWED, Answer.CONDITIONAL}
    after = applied(answer, BASE + CLOSED, recorded)
    for address in ADDRESSES:
        for port, (protocol, number) in PORTS.items():
            meant = any(
                port in ports and any(address in _means(each, choice) for each in to) for to, ports in entries
            )  # fmt: skip
            assert may(after, "shop/web", address, number, protocol) == ("yes" if meant else "no"), (address, port)
            assert may(after, "shop/job", address, number, protocol) == "no"


def _means(text: str, choice: Choice) -> set[str]:
    return NAMED["**.pay.example"] if text == "*.pay.example" and choice in WIDER else NAMED[text]

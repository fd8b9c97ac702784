"""The flow logger of Antrea's Flow Aggregator: records of its own test (flowlogger/logger_test.go)."""

from __future__ import annotations

import pytest

from ringfence.model.flow import Direction, EndKind, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from tests.flowlogs import samples
from tests.flowlogs.reading import flows, loss, only, read

WORDS, NUMBERS = samples.ANTREA_FLOWS.split(b"\n")


def changed(**values: str) -> bytes:
    """The record with other values, by the number of the field."""
    parts = WORDS.decode().split(",")
    for at, value in values.items():
        parts[int(at[1:])] = value
    return ",".join(parts).encode()


@pytest.mark.parametrize("record", [WORDS, NUMBERS])
def test_words_and_numbers_say_the_same(record: bytes) -> None:
    flow, tally = only(read("antrea-flows", record))
    assert flow.source == FlowEnd(EndKind.POD, "10.10.0.79", "antrea-test", "perftest-a")
    assert flow.destination == FlowEnd(EndKind.POD, "10.10.0.80", "antrea-test-b", "perftest-b", service="perftest")
    assert (flow.protocol, flow.port, flow.opening) == ("TCP", 5201, Opening.OPENS)
    assert (flow.outcome, flow.direction) == (Outcome.DENIED, Direction.INGRESS)
    assert flow.policies[1] == RecordedRule(
        "test-flow-aggregator-networkpolicy-ingress-allow",
        "antrea-test-ns",
        "NetworkPolicy",
        rule="test-flow-aggregator-networkpolicy-rule",
        action="Drop",
    )
    assert (tally.first, tally.last, tally.records) == (1637706973, 1637706973, 1)


def test_no_action_of_a_policy_is_an_allowed_connection() -> None:
    record = changed(f16="", f17="", f18="", f19="", f20="", f21="", f22="", f23="", f24="", f25="")
    flow, _ = only(read("antrea-flows", record))
    assert (flow.outcome, flow.direction, flow.policies) == (Outcome.ALLOWED, None, ())


def test_a_reject_at_egress() -> None:
    flow, _ = only(read("antrea-flows", changed(f19="Allow", f24="Reject")))
    assert (flow.outcome, flow.direction) == (Outcome.REJECTED, Direction.EGRESS)


def test_an_end_outside_has_no_pod_and_http_values_may_have_commas() -> None:
    outside = changed(f3="203.0.113.7", f10="", f11="", f13="", f15="", f29='{"0":{"hostname":"a","url":"/x,y"}}')
    flow, _ = only(read("antrea-flows", outside))
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "203.0.113.7")


@pytest.mark.parametrize("line", [b"1637706961,1637706973,10.10.0.79", changed(f1="then"), changed(f2="nowhere")])
def test_what_is_no_record_is_a_loss(line: bytes) -> None:
    reduction = read("antrea-flows", line)
    assert flows(reduction) == []
    assert loss(reduction, LossKind.UNREADABLE).count == 1

"""Cilium's logs are recognised as what they are, also in the wrappings of collectors, and by no other format."""

from __future__ import annotations

import io
import json

import pytest

from ringfence.flowlogs.read import read
from ringfence.flowlogs.registry import FORMATS, by_name
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED, LOST, UNAVAILABLE
from tests.flowlogs.test_cilium_monitor import DROP, VERDICT
from tests.flowlogs.test_hubble_compact import AUDITED

BARE = json.dumps(json.loads(EXPORTED)["flow"]).encode()
LOGS = [
    ("hubble", [EXPORTED, DENIED, DNS_ANSWER, LOST, UNAVAILABLE]),
    ("hubble", [BARE]),
    ("hubble-compact", [AUDITED.encode()]),
    ("cilium-monitor", [VERDICT.encode(), DROP.encode()]),
]
NAMES = ["hubble", "hubble without envelope", "hubble-compact", "cilium-monitor"]


@pytest.mark.parametrize(("name", "lines"), LOGS, ids=NAMES)
def test_a_log_is_recognised_by_its_format_alone(name: str, lines: list[bytes]) -> None:
    assert {each.name: share for each in FORMATS if (share := each.recognises(lines))} == {name: 1.0}


def test_nothing_is_recognised_in_no_lines() -> None:
    assert {by_name(name).recognises([]) for name, _ in LOGS} == {0.0}


@pytest.mark.parametrize("key", ["log", "message", "MESSAGE"])
@pytest.mark.parametrize(("name", "lines"), LOGS, ids=NAMES)
def test_a_wrapped_log_is_recognised_and_read(name: str, lines: list[bytes], key: str) -> None:
    cri = [f"2026-07-31T10:00:00.123456789Z stdout F {line.decode()}" for line in lines]
    for wrapped in (
        [json.dumps({key: line}) for line in cri],
        cri,
        [json.dumps({key: line.decode()}) for line in lines],
    ):
        (found,) = read(["-"], stdin=io.BytesIO("\n".join(wrapped).encode()))
        (plain,) = read(["-"], stdin=io.BytesIO(b"\n".join(lines)))
        assert found.format == name
        assert set(found.reduction.counted) == set(plain.reduction.counted)
        assert [loss.kind for loss in found.reduction.losses] == [loss.kind for loss in plain.reduction.losses]


def test_what_a_program_says_at_its_start_does_not_hide_its_log() -> None:
    log = b"level=info msg=starting\n" * 170 + EXPORTED + b"\n"
    (found,) = read(["-"], stdin=io.BytesIO(log))
    assert (found.format, found.reduction.flows_read) == ("hubble", 1)

"""``cilium monitor``: lines of the shape that cilium/cilium issue 21391 shows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.simulate.towns import DENY_CART, simulated, town

VERDICT = re.compile(
    r"Policy verdict log: flow 0x[0-9a-f]+ local EP ID \d+, remote ID \d+, proto \d+, (ingress|egress), "
    r"action (allow|deny), match (none|all|L3-L4|L3-Only), [\d.]+:\d+ -> [\d.]+:\d+ (udp|tcp SYN)"
)
DROP = re.compile(
    r"xx drop \(Policy denied\) flow 0x[0-9a-f]+ to endpoint 0, , identity \d+->\d+: [\d.]+:\d+ -> [\d.]+:\d+ tcp SYN"
)
TRACE = re.compile(
    r"-> endpoint \d+ flow 0x[0-9a-f]+ , identity \d+->\d+ state new ifindex \S+ orig-ip [\d.]+: "
    r"[\d.]+:\d+ -> [\d.]+:\d+ (udp|tcp SYN)"
)


def test_each_line_is_a_verdict_a_drop_or_a_trace(tmp_path: Path) -> None:
    texts = [line.text for line in simulated(town(tmp_path, DENY_CART)).records("cilium-monitor")]
    counts = [sum(shape.fullmatch(text) is not None for text in texts) for shape in (VERDICT, DROP, TRACE)]
    assert sum(counts) == len(texts)
    assert all(counts)


def test_a_denied_packet_has_a_verdict_without_match_and_a_drop(tmp_path: Path) -> None:
    texts = [line.text for line in simulated(town(tmp_path, DENY_CART)).records("cilium-monitor")]
    denies = [text for text in texts if "action deny" in text]
    assert denies
    assert all("match none" in text for text in denies)
    assert len(denies) == sum(text.startswith("xx drop") for text in texts)

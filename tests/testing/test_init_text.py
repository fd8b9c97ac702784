"""What is written is read back as it was, by YAML readers of either version."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, strategies as st

from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.testing.init_ends import ports_written
from ringfence.testing.init_text import WIDTH, entry, flow, item_lines, scalar

scalars = st.one_of(
    st.integers(1, 65535),
    st.text(alphabet="abny01e-._/: {}[]#,'\"", max_size=12),
    st.sampled_from(("yes", "On", "null", "1e3", "0x1f", "12:30", "2001:db8::/32", "::/0", "fd00::", "10.0.0.1", "~")),
)
values = st.one_of(scalars, st.lists(scalars, max_size=4), st.dictionaries(st.sampled_from(("from", "to")), scalars))


@given(values)
def test_a_value_on_one_line_is_read_back(value: object) -> None:
    assert yaml.safe_load(f"key: {flow(value)}") == {"key": value}


@given(st.lists(st.sampled_from(("shop/Deployment/web", "fd00::1", "10.0.0.0/8", "1")), min_size=1, max_size=40))
def test_long_lists_are_broken_and_read_back(ends: list[str]) -> None:
    lines = [*entry("to", ends, 4), *("    only:", *item_lines({"from": ends, "ports": 80}, 6))]
    assert yaml.safe_load("\n".join(lines)) == {"to": ends, "only": [{"from": ends, "ports": 80}]}
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("text", ["10.0.0.1", "shop/Deployment/web", "fd00::1", "53/UDP", "10.0.0.0/8", "any-pod"])
def test_common_ends_need_no_quotes(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    ("ports", "written"),
    [
        (ALL_PORTS, "any"),
        (PortSet.point(Protocol.TCP, 5432), 5432),
        (PortSet.point(Protocol.UDP, 53) | PortSet.point(Protocol.TCP, 53), [53, "53/UDP"]),
        (PortSet.range(Protocol.TCP, 8000, 8080), "8000-8080"),
        (PortSet.range(Protocol.SCTP), "1-65535/SCTP"),
        (NO_PORTS, []),
    ],
)
def test_ports_are_written_as_suites_write_them(ports: PortSet, written: object) -> None:
    assert (ports_written(ports) or []) == written

"""Times in the names of snapshots."""

from __future__ import annotations

import datetime as dt

import pytest

from ringfence.cli.flows_ask import _time_in


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-11-23T08-00Z.json", dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)),
        ("cluster-2026-11-23T08:15:30Z.yaml", dt.datetime(2026, 11, 23, 8, 15, 30, tzinfo=dt.UTC)),
        ("2026-11-23T081530Z.json", dt.datetime(2026, 11, 23, 8, 15, 30, tzinfo=dt.UTC)),
        ("20261123T0800Z.tar.gz", dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)),
        ("2026-11-23.json", dt.datetime(2026, 11, 23, tzinfo=dt.UTC)),
        ("cluster.json", None),
        ("2026-13-45.json", None),
    ],
)
def test_a_name_tells_its_time(name: str, expected: dt.datetime | None) -> None:
    assert _time_in(name) == (expected.timestamp() if expected is not None else None)

"""Whatever stands in a field, there is an archive that says the same, or a clear refusal; never a crash."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from ringfence.model.errors import InputError
from tests.cli.running import MANIFESTS, POLICY
from tests.snapshot.archives import archive_of

DOCUMENTS: list[dict[str, Any]] = [
    *yaml.safe_load_all(f"{MANIFESTS}---\n{POLICY}"),
    {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "s", "namespace": "data", "labels": {"kubernetes.io/service-name": "db"}},
        "endpoints": [{"addresses": ["10.0.0.1"]}],
    },
]
JUNK = [
    "null", "true", "7", "-1", "1.5", "''", "x", "[]", "{}", "[x, 7]", "{a: b}", ".nan", "-.inf", "1e400",
    "99999999999999999999", '"\\ud800"', '"\\0"', '"\\x7f\\u0085\\u2028\\ufeff"', "2026-01-01", "0o17",
    "&a {a: 1}", "!!binary aGk=",
]  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, step)
        yield from places(each, (*path, step))


PLACES = [path for path in places(DOCUMENTS) if len(path) > 1]


def with_junk(path: tuple[str | int, ...], junk: str) -> str:
    """The documents with ``junk`` written at one place."""
    mark = "J-U-N-K"
    documents = json.loads(json.dumps(DOCUMENTS))
    value = documents
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = mark
    return yaml.safe_dump_all(documents, sort_keys=False).replace(mark, junk)


@given(st.sampled_from(PLACES), st.sampled_from(JUNK))
@example((3, "metadata", "labels", "app"), ".nan")
@example((3, "metadata", "labels", "app"), "99999999999999999999")
@example((7, "spec"), "true")
@example((8, "spec", "ingress"), '"\\ud800"')
@settings(max_examples=400, deadline=None)
def test_any_value_at_any_place_is_archived_faithfully_or_refused(path: tuple[str | int, ...], junk: str) -> None:
    with contextlib.suppress(InputError):
        archive_of(with_junk(path, junk))  # reads the archive back, and compares


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        archive_of(data)

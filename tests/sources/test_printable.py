"""No name of the input can move the cursor of a terminal, or turn the direction of a line."""

from __future__ import annotations

import json

import pytest

from tests.sources.loading import load_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("web-0", "web-0"),
        ("bad\x1b[2Jname", r"bad\x1b[2Jname"),
        ("a\u202egnp.b", r"a\u202egnp.b"),  # right-to-left override: what follows reads backwards
        ("two\nlines", r"two\nlines"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("größe", "größe"),  # no name that the API takes, but it can be read
    ],
)
def test_what_can_not_be_printed_is_escaped_in_names_and_namespaces(name: str, shown: str) -> None:
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    policy = {**kind, "metadata": {"name": name, "namespace": name}, "spec": {"podSelector": {}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": name}}
    snapshot = load_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [policy, pod]}))
    (ref,) = (raw.ref for raw in snapshot.policies)
    assert (ref.namespace, ref.name) == (shown, shown)
    assert [(each.namespace, each.name) for each in snapshot.pods] == [(shown, shown)]

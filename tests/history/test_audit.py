"""Audit logs: the changes that they tell, and what they leave open."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st

from ringfence.history.audit import read_audit
from ringfence.history.journal import open_journal
from tests.corpora.places import ROOT, needs_corpora

LOG = ROOT / "apiserver" / "audit.jsonl"


def event(**more: Any) -> bytes:
    """An event as the API server writes one at the level RequestResponse."""
    base = {
        "kind": "Event",
        "stage": "ResponseComplete",
        "verb": "patch",
        "user": {"username": "jane"},
        "userAgent": "kubectl/v1.32.4 (linux/amd64)",
        "objectRef": {
            "resource": "networkpolicies",
            "namespace": "shop",
            "name": "web",
            "apiGroup": "networking.k8s.io",
            "apiVersion": "v1",
        },
        "responseStatus": {"code": 200},
        "stageTimestamp": "2026-11-23T12:00:00.5Z",
        "responseObject": {"kind": "NetworkPolicy", "metadata": {"name": "web", "resourceVersion": "7"}, "spec": {}},
    }
    return json.dumps({**base, **more}).encode()


@needs_corpora
def test_a_real_log_names_user_and_object_of_each_change(tmp_path: Path) -> None:
    lines = LOG.read_bytes().splitlines()
    audit = read_audit(lines)
    # Counted independently: every successful event about these two resources is one.
    events = [json.loads(line) for line in lines]
    wanted = [each for each in events if each["objectRef"]["resource"] in ("networkpolicies", "namespaces")]
    assert Counter(revision.who for revision in audit.revisions) == Counter(
        each.get("impersonatedUser", each["user"])["username"] for each in wanted
    )
    assert (audit.lines, audit.unreadable, audit.without_body) == (len(lines), [], 0)
    with open_journal(str(tmp_path / "history.db")) as journal:
        journal.record(audit.revisions, "prod")
        changes = journal.changes(namespace="orders")
    # Two patches on behalf of storefront-dev changed it; one of admin after that changed nothing, as its version tells.
    patched = [each for each in changes if each.revision.ref.name == "orders-api"]
    assert [(each.verb, each.revision.version, each.revision.who) for each in patched] == [
        ("changed", "611", "storefront-dev"),
        ("changed", "609", "storefront-dev"),
        ("created", "605", "admin"),
    ]


@needs_corpora
def test_what_was_deleted_and_made_again_is_told_so(tmp_path: Path) -> None:
    with open_journal(str(tmp_path / "history.db")) as journal:
        journal.record(read_audit(LOG.read_bytes().splitlines()).revisions, "prod")
        changes = [each for each in journal.changes(namespace="data") if each.revision.ref.name == "caches"]
    assert [each.verb for each in changes] == ["created", "deleted", "created"]


def test_a_refused_change_is_none() -> None:
    audit = read_audit([event(responseStatus={"code": 403})])
    assert (audit.revisions, audit.failed) == ([], 1)


def test_a_change_of_unknown_content_is_counted() -> None:
    audit = read_audit([event(responseObject=None)])
    assert (audit.revisions, audit.without_body) == ([], 1)


def test_who_acts_for_another_is_told_by_the_other_s_name() -> None:
    (revision,) = read_audit([event(impersonatedUser={"username": "john"})]).revisions
    assert revision.who == "john"


def test_a_deleted_collection_is_each_of_its_objects() -> None:
    items = [{"metadata": {"name": name, "resourceVersion": "7"}} for name in ("a", "b")]
    gone = event(verb="deletecollection", responseObject={"kind": "NetworkPolicyList", "items": items})
    assert [(each.ref.kind, each.body) for each in read_audit([gone]).revisions] == [("NetworkPolicy", None)] * 2


def test_other_stages_subresources_and_kinds_are_no_changes() -> None:
    pods = {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"}
    status = {**json.loads(event())["objectRef"], "subresource": "status"}
    lines = [event(stage="RequestReceived"), event(objectRef=pods), event(objectRef=status), event(verb="get"), b""]
    assert read_audit(lines).revisions == []


@given(st.lists(st.binary(max_size=40)))
def test_junk_is_counted_by_its_lines(lines: list[bytes]) -> None:
    audit = read_audit(lines)
    assert audit.lines == len(lines)
    assert not audit.revisions

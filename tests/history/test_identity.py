"""One name in two API groups is two objects; one object that two groups serve is one."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgspec
import pytest

from ringfence.history.audit import read_audit
from ringfence.history.identity import group_of, kind_shown
from ringfence.history.journal import open_journal
from ringfence.history.keeper import Keeper
from ringfence.history.recording import baseline
from ringfence.history.revision import Revision
from ringfence.live.discovery import Resource
from ringfence.live.listing import Listed
from ringfence.live.watch import Trouble
from ringfence.model.objects import Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.render.history import line
from ringfence.server.change_answers import under
from ringfence.sources.live_items import LiveItem, snapshot_of

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
KUBERNETES, CALICO, STORED = "networking.k8s.io/v1", "projectcalico.org/v3", "crd.projectcalico.org/v1"


def body(version: str, spec: str = "a") -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": spec},
    }


def revision(version: str, spec: str | None, minute: int = 0) -> Revision:
    ref = ObjectRef("NetworkPolicy", "web", "shop", version)
    return Revision(ref, NOON + minute * MINUTE, None if spec is None else body(version, spec))


def resource(version: str) -> Resource:
    group, _, name = version.rpartition("/")
    return Resource(group, name, "NetworkPolicy", "networkpolicies")


def listed(version: str, *bodies: dict[str, Any]) -> Listed:
    items = [{**each, "metadata": {**each["metadata"], "resourceVersion": "7"}} for each in bodies]
    return Listed(resource(version), tuple(msgspec.Raw(json.dumps(each).encode()) for each in items), "7")


def snapshot(*bodies: dict[str, Any]) -> Snapshot:
    return snapshot_of(
        [
            LiveItem(str(each["kind"]), str(each["apiVersion"]), msgspec.Raw(msgspec.json.encode(each)))
            for each in bodies
        ],
        [],
    )


def test_policies_of_two_groups_have_each_their_own_life(url: str) -> None:
    told = [
        revision(KUBERNETES, "a"),
        revision(CALICO, "a", 1),
        revision(KUBERNETES, "b", 2),
        revision(CALICO, None, 3),
    ]
    with open_journal(url) as journal:
        assert journal.record(told, "prod") == 4
        changes = [(each.verb, each.revision.ref.api_version) for each in journal.changes()]
        assert changes == [("deleted", CALICO), ("changed", KUBERNETES), ("created", CALICO), ("created", KUBERNETES)]
        assert journal.at(NOON + 2 * MINUTE) == [body(KUBERNETES, "b"), body(CALICO, "a")]
        assert journal.at(NOON + 3 * MINUTE) == [body(KUBERNETES, "b")]
        assert journal.last(told[0].ref, "prod").verb == "changed"
        assert journal.prune(NOON + 4 * MINUTE) == 3
        assert journal.at(NOON + 4 * MINUTE) == [body(KUBERNETES, "b")]


def test_what_calico_serves_and_what_it_stores_is_one_object(url: str) -> None:
    with open_journal(url) as journal:
        journal.record([revision(CALICO, "a"), revision(STORED, "b", 1), revision(CALICO, None, 2)], "prod")
        assert [each.verb for each in journal.changes()] == ["deleted", "changed", "created"]
        assert journal.at(NOON + 2 * MINUTE) == []


@pytest.mark.parametrize(
    ("version", "group"),
    [
        ("v1", ""),
        (KUBERNETES, "networking.k8s.io"),
        ("extensions/v1beta1", "networking.k8s.io"),
        (CALICO, "projectcalico.org"),
        (STORED, "projectcalico.org"),
    ],
)
def test_the_group_is_that_of_the_object(version: str, group: str) -> None:
    assert group_of(version) == group


def test_a_watch_finds_out_which_of_two_is_gone(url: str) -> None:
    keeper = Keeper()
    keeper.tell(listed(KUBERNETES))
    keeper.tell(listed(CALICO, body(CALICO)))
    with open_journal(url) as journal:
        journal.record([revision(KUBERNETES, "a"), revision(CALICO, "a")], "prod")
        found = [(each.ref.api_version, each.body is None) for each in baseline(keeper, journal, "prod", NOON)]
    assert found == [(CALICO, False), (KUBERNETES, True)]


def test_what_was_seen_stored_is_not_gone_while_calico_s_server_cant_be_asked(url: str) -> None:
    keeper = Keeper()
    keeper.tell(Trouble(resource(CALICO), "forbidden", refused=True))
    with open_journal(url) as journal:
        journal.record([revision(STORED, "a")], "prod")
        assert baseline(keeper, journal, "prod", NOON + MINUTE) == []


def test_what_was_not_listed_yet_is_not_gone(url: str) -> None:
    keeper = Keeper()
    keeper.await_lists([(resource(KUBERNETES), ""), (resource(CALICO), "")], lambda _group: True)
    keeper.tell(listed(KUBERNETES))
    with open_journal(url) as journal:
        journal.record([revision(KUBERNETES, "a"), revision(CALICO, "a")], "prod")
        gone = [each.ref.api_version for each in baseline(keeper, journal, "prod", NOON + MINUTE)]
        assert gone == [KUBERNETES]
        keeper.not_served(resource(CALICO), "")  # its CRDs were taken away
        assert len(baseline(keeper, journal, "prod", NOON + MINUTE)) == 2


@pytest.mark.parametrize("group", ["projectcalico.org", "crd.projectcalico.org"])
def test_what_a_group_has_that_could_not_be_asked_is_not_gone(url: str, group: str) -> None:
    keeper = Keeper()
    keeper.await_lists([(resource(KUBERNETES), "")], lambda asked: asked != group)
    keeper.tell(listed(KUBERNETES))
    with open_journal(url) as journal:
        journal.record([revision(KUBERNETES, "a"), revision(CALICO, "a")], "prod")
        gone = [each.ref.api_version for each in baseline(keeper, journal, "prod", NOON + MINUTE)]
    assert gone == [KUBERNETES]


def test_an_audit_log_adds_its_user_to_the_policy_that_it_names(url: str) -> None:
    event = {
        "kind": "Event",
        "stage": "ResponseComplete",
        "verb": "delete",
        "user": {"username": "jane"},
        "objectRef": {
            "resource": "networkpolicies",
            "namespace": "shop",
            "name": "web",
            "apiGroup": "projectcalico.org",
            "apiVersion": "v3",
        },
        "responseStatus": {"code": 200},
        "stageTimestamp": "2026-11-23T12:01:00Z",
    }
    with open_journal(url) as journal:
        journal.record([revision(KUBERNETES, "a"), revision(CALICO, "a")], "prod")
        journal.record([revision(KUBERNETES, None, 1), revision(CALICO, None, 1)], "prod")
        journal.record(read_audit([json.dumps(event).encode()]).revisions, "prod")
        users = {each.revision.ref.api_version: each.revision.who for each in journal.changes(most=2)}
    assert users == {KUBERNETES: "", CALICO: "jane"}


def test_a_policy_of_then_replaces_that_of_its_own_group(url: str) -> None:
    now = snapshot(body(KUBERNETES, "now"), body(CALICO, "now"))
    with open_journal(url) as journal:
        journal.record([revision(CALICO, "then")], "prod")
        then = under(now, journal.at(NOON), journal.objects())
    assert {each.ref.api_version: each.body["spec"]["selector"] for each in then.policies} == {
        KUBERNETES: "now",
        CALICO: "then",
    }


def test_a_reader_is_told_whose_kind_it_is_where_two_are_called_so(url: str) -> None:
    with open_journal(url) as journal:
        journal.record([revision(KUBERNETES, "a"), revision(STORED, "a", 1)], "prod")
        told = [line(each).split()[2] for each in journal.changes()]
    assert told == ["shop/NetworkPolicy.projectcalico.org/web", "shop/NetworkPolicy/web"]
    assert kind_shown(ObjectRef("GlobalNetworkPolicy", "a", "", CALICO)) == "GlobalNetworkPolicy"
    assert kind_shown(ObjectRef("Namespace", "shop", "", "v1")) == "Namespace"

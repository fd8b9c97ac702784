"""A running cluster followed over real HTTP, through all that a server does to a watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from ringfence.history.following import Following
from ringfence.history.keeper import Turn
from ringfence.history.watcher import watching
from ringfence.live import Target
from ringfence.live.watch import Follower
from ringfence.model.errors import InputError
from tests.live.conftest import Live, live, namespace, pod, policy

__all__ = ["live"]

PATIENCE = 30.0


def soon(holds: Callable[[], bool]) -> bool:
    """Waits until something holds, which it must within some seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def pods(following: Following) -> set[str]:
    return {each.name for each in following.cluster().snapshot.pods}


def test_a_change_is_seen(live: Live) -> None:
    with watching(Target.parse(live.path), first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        following = Following(watcher.keeper)
        assert following.cluster().verdict("shop/web", "shop/api", 8080).allowed
        live.store.add(policy("shop", "api", {"app": "api"}, {"app": "nobody"}))
        assert soon(lambda: not following.cluster().verdict("shop/web", "shop/api", 8080).allowed)
        live.store.remove("NetworkPolicy", "shop", "api")
        assert soon(lambda: following.cluster().verdict("shop/job", "shop/api", 8080).allowed)


def test_nothing_new_is_the_same_cluster(live: Live) -> None:
    with watching(Target.parse(live.path), first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        following = Following(watcher.keeper)
        assert following.cluster() is following.cluster()


def test_a_connection_that_is_cut_within_an_event_loses_nothing(live: Live) -> None:
    live.store.cut_after = 2
    with watching(Target.parse(live.path), first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        following = Following(watcher.keeper)
        live.store.add(*(pod("shop", f"worker-{number}", f"10.1.0.{number}", app="worker") for number in range(9)))
        assert soon(lambda: len(pods(following)) == 13)


def test_a_version_that_the_server_forgot_is_mended_by_a_list(live: Live) -> None:
    turns: list[Turn] = []
    live.store.cut_after = 1
    with watching(Target.parse(live.path), sink=turns.extend, first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        following = Following(watcher.keeper)
        live.store.forgotten = live.store.version + 2
        live.store.add(pod("shop", "one", "10.1.0.1"), pod("shop", "two", "10.1.0.2"))
        live.store.remove("Pod", "shop", "job")
        assert soon(lambda: pods(following) == {"web", "api", "db", "one", "two"})
    assert {(turn.name, turn.after is None) for turn in turns} == {("one", False), ("two", False), ("job", True)}


def test_a_server_that_is_away_for_a_while_is_followed_again(live: Live) -> None:
    with watching(Target.parse(live.path), first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        following = Following(watcher.keeper)
        live.store.cut_after = 1
        live.store.fail(4, 503)
        live.store.add(pod("shop", "one", "10.1.0.1"), pod("shop", "two", "10.1.0.2"))
        assert soon(lambda: {"one", "two"} <= pods(following))


def test_a_kind_that_may_not_be_seen_is_said_and_the_rest_followed(live: Live) -> None:
    live.store.forbid("nodes")
    with watching(Target.parse(live.path), first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        cluster = Following(watcher.keeper).cluster()
    assert [finding.code.code for finding in cluster.findings if "Node" in finding.what] == ["RF018"]
    assert len(cluster.snapshot.pods) == 4


def test_what_was_there_at_first_is_no_change(live: Live) -> None:
    turns: list[Turn] = []
    with watching(Target.parse(live.path), sink=turns.extend, first_pause=0.01) as watcher:
        assert watcher.ready(PATIENCE)
        assert not turns
        live.store.add(policy("shop", "new", {}, {}))
        assert soon(lambda: [turn.name for turn in turns] == ["new"])


def test_refused_credentials_end_it_before_it_begins(live: Live) -> None:
    live.store.tokens = {"other"}
    with pytest.raises(InputError, match="doesn't accept the credentials"), watching(Target.parse(live.path)):
        pass


class TestSomeNamespaces:
    """Namespaces are named, and more may not be read."""

    @pytest.fixture
    def limited(self, live: Live) -> Live:
        for _, plural, namespaced in live.store.kinds.values():
            if namespaced or plural == "namespaces":
                live.store.forbid(plural)
            if namespaced:
                live.store.forbid(plural, "data")
        return live

    def test_they_are_followed(self, limited: Live) -> None:
        told: list[Turn] = []
        with watching(Target.parse(f"{limited.path}&namespaces=shop"), sink=told.extend, first_pause=0.01) as watcher:
            assert watcher.ready(PATIENCE)
            following = Following(watcher.keeper)
            assert pods(following) == {"web", "api", "job"}
            assert told == [], "what is there at the beginning is no change"
            limited.store.add(policy("shop", "api", {"app": "api"}, {"app": "nobody"}))
            limited.store.add(pod("data", "other", "10.0.0.9", app="other"))
            assert soon(lambda: not following.cluster().verdict("shop/web", "shop/api", 8080).allowed)
        assert [(turn.namespace, turn.name) for turn in told] == [("shop", "api")]

    def test_labels_of_namespaces_are_read_one_by_one(self, limited: Live) -> None:
        labelled = namespace("shop")
        labelled["metadata"]["labels"] = {"team": "storefront"}
        limited.store.add(labelled)
        with watching(Target.parse(f"{limited.path}&namespaces=shop"), first_pause=0.01) as watcher:
            assert watcher.ready(PATIENCE)
            cluster = Following(watcher.keeper).cluster()
            assert cluster.snapshot.namespaces["shop"].labels == {
                "team": "storefront",
                "kubernetes.io/metadata.name": "shop",
            }
            assert [each.resource.kind for each in watcher.keeper.trouble] == ["Namespace"]
        asked = [path for path in limited.store.paths() if path == "/api/v1/namespaces/shop"]
        assert asked

    def test_one_that_may_not_be_read_is_said_and_the_other_is_followed(self, limited: Live) -> None:
        with watching(Target.parse(f"{limited.path}&namespaces=shop,data"), first_pause=0.01) as watcher:
            assert watcher.ready(PATIENCE)
            assert pods(Following(watcher.keeper)) == {"web", "api", "job"}
            refused = {(each.resource.kind, each.namespace) for each in watcher.keeper.trouble}
        assert ("Pod", "data") in refused
        assert ("Pod", "shop") not in refused


def test_who_is_left_asking_when_the_connection_closes_ends_in_silence(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, seen = threading.Event(), list[object]()

    def late(_: Follower) -> None:
        closed.wait(PATIENCE)
        raise RuntimeError("Cannot send a request, as the client has been closed.")  # the words of its library

    monkeypatch.setattr(Follower, "run", late)
    monkeypatch.setattr("ringfence.history.watcher._ENDING", 0.0)
    monkeypatch.setattr(threading, "excepthook", seen.append)
    before = set(threading.enumerate())
    with watching(Target.parse(live.path), first_pause=0.01):
        left = set(threading.enumerate()) - before
    closed.set()
    for thread in left:
        thread.join(PATIENCE)
    assert seen == []

"""The API about changes of policies: what is recorded, and any two moments compared."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ringfence.history.journal import Journal, open_journal
from ringfence.history.revision import Revision
from ringfence.model.errors import QueryError
from ringfence.model.flow import Flow, FlowEnd, Outcome, Tally
from ringfence.model.origin import ObjectRef
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.served import Given, served
from tests.live.conftest import Live, live, policy
from tests.replay.stores import seen, store
from tests.replay.worlds import START as HOUR_ZERO
from tests.server.recorded import CHANGED, PAYMENTS, START, changes_of, flows_of, payments
from tests.server.serving import serving, shop
from tests.server.test_api import CHECKOUT, refused, valid

__all__ = ["live"]

MOMENT = dt.timedelta(seconds=1)
PAYS = "payments/Deployment/payments"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ChangeAnswers, Journal]]:
    with changes_of(shop(), tmp_path_factory.mktemp("history") / "history.db") as found:
        yield found


@pytest.fixture(scope="module")
def client(recorded: tuple[ChangeAnswers, Journal]) -> Iterator[httpx.Client]:
    with (
        serving(shop(), changes=recorded[0]) as address,
        httpx.Client(base_url=f"{address}/api/v1/", timeout=30, trust_env=False) as found,
    ):
        yield found


def written(time: dt.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_changed_is_told_with_who_did_it_the_latest_first(client: httpx.Client) -> None:
    found = valid(client.get("changes"), "HistoryReport")["changes"]
    assert [(each["verb"], each["who"], each["tool"]) for each in found] == [
        ("changed", "ada@shop.example", "kubectl-edit"),
        ("created", "", "kubectl-client-side-apply"),
    ]
    assert found[0]["fields"] == ["spec.ingress"]
    for params, number in (({"namespace": "data"}, 0), ({"since": written(CHANGED)}, 1), ({"limit": 1}, 1)):
        assert len(valid(client.get("changes", params=params), "HistoryReport")["changes"]) == number


def test_two_moments_differ_in_the_connection_that_the_change_cut(client: httpx.Client) -> None:
    asked = {"since": written(CHANGED - MOMENT), "until": written(CHANGED)}
    found = valid(client.get("changes/compare", params=asked), "DiffReport")
    (change,) = found["changes"]
    assert (change["change"], change["src"], change["dst"]) == ("removed", CHECKOUT, PAYS)
    back = valid(client.get("changes/compare", params={"since": written(CHANGED)}), "DiffReport")
    # Now is what is served: there, payments has egress rules, which the recorded policy leaves out.
    assert all(each["src"].startswith("payments/") for each in back["changes"])


def test_what_the_history_never_heard_of_is_as_it_is_today(recorded: tuple[ChangeAnswers, Journal]) -> None:
    now, then = shop().cluster(), recorded[0].at(START)
    known = {raw.ref for raw in now.snapshot.policies}
    assert {raw.ref for raw in then.snapshot.policies} == known
    before = recorded[0].at(START - MOMENT)
    assert {raw.ref for raw in before.snapshot.policies} == known - {PAYMENTS}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "since"),
        ({"since": "yesterday"}, "is no time"),
        ({"since": written(CHANGED), "until": written(START)}, "after the first"),
        ({"since": "../../etc/passwd"}, "is no time"),
        ({"since": "9999-12-31T23:59:59-12:00"}, "no time of this calendar"),
    ],
)
def test_moments_that_cant_be_compared_are_a_problem(client: httpx.Client, params: dict[str, str], said: str) -> None:
    refused(client.get("changes/compare", params=params), 400, said)


def test_without_a_history_the_api_says_how_to_serve_one() -> None:
    with serving(shop()) as address, httpx.Client(base_url=f"{address}/api/v1/", timeout=30, trust_env=False) as client:
        refused(client.get("changes"), 404, "--history")
        refused(client.get("changes/compare", params={"since": "2026-11-23"}), 404, "--history")


def test_a_namespace_label_of_then_counts(tmp_path: Path) -> None:
    """The databases admit scrapes from namespaces with a label that monitoring has lost since."""
    space = ObjectRef("Namespace", "monitoring", "", "v1")

    def body(**labels: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring", "labels": labels}}

    kept = {"kubernetes.io/metadata.name": "monitoring"}
    revisions = [Revision(space, START, body(purpose="monitoring", **kept)), Revision(space, CHANGED, body(**kept))]
    with changes_of(shop(), tmp_path / "history.db", revisions) as (changes, _):
        report, _ = changes.compare(START, CHANGED)
    removed = {(each.src.name, each.dst.name) for each in report.changes}
    assert ("monitoring/StatefulSet/prometheus", "data/StatefulSet/redis") in removed
    assert all(source.startswith("monitoring/") for source, _ in removed)


def test_one_of_several_clusters_has_to_be_named(tmp_path: Path) -> None:
    with changes_of(shop(), tmp_path / "history.db") as (_, journal):
        journal.record([Revision(PAYMENTS, START, payments(tier=False))], "other")
        with pytest.raises(QueryError, match="--history-cluster: other, shop"):
            ChangeAnswers(journal, shop())
        assert ChangeAnswers(journal, shop(), "other").count() == 1


def test_revisions_are_counted_for_prometheus(recorded: tuple[ChangeAnswers, Journal]) -> None:
    with serving(shop(), changes=recorded[0]) as address:
        text = httpx.get(f"{address}/metrics", timeout=30, trust_env=False).text
    found = {each.name: each.samples for each in text_string_to_metric_families(text)}
    assert found["ringfence_policy_revisions"][0].value == 2


def called(outcome: Outcome, hour: float) -> tuple[Flow, Tally]:
    """checkout calls payments."""
    flow, tally = seen("10.0.0.1", "10.0.0.2", 8443, outcome, hour=hour)
    ends = FlowEnd(namespace="shop", workload=CHECKOUT[5:]), FlowEnd(namespace="payments", workload=PAYS[9:])
    return replace(flow, source=ends[0], destination=ends[1]), tally


def test_a_change_before_a_denial_is_found_in_the_history(tmp_path: Path) -> None:
    source = shop()
    change = dt.datetime.fromtimestamp(HOUR_ZERO, tz=dt.UTC) + dt.timedelta(hours=1, minutes=30)
    revisions = [
        Revision(PAYMENTS, change - dt.timedelta(days=1), payments(tier=False)),
        Revision(PAYMENTS, change, payments(tier=True)),
    ]
    path = store(tmp_path, source.cluster().snapshot, [called(Outcome.ALLOWED, 0), called(Outcome.DENIED, 2)])
    with (
        changes_of(source, tmp_path / "history.db", revisions) as (changes, _),
        flows_of(source, path, changes) as flows,
    ):
        (row,) = (each for each in flows.denied().rows if each.ending.by_policy)
        (mark,) = flows.timeline().changes
    assert row.worked_until == HOUR_ZERO
    assert "NetworkPolicy payments/payments is changed" in row.changes[0].text
    assert mark.before == change.timestamp()


def test_a_cluster_that_is_followed_is_recorded(live: Live, tmp_path: Path) -> None:
    database = str(tmp_path / "history.db")
    with served([live.path], Given(history=database)) as found:
        assert found.changes is not None
        assert found.changes.records
        with serving(found.source, changes=found.changes) as address:
            asked = httpx.Client(base_url=f"{address}/api/v1/", timeout=30, trust_env=False)
            with asked as client:
                before = {each["object"]["name"] for each in client.get("changes").json()["changes"]}
                assert before == {"shop", "data", "api"}
                live.store.add(policy("data", "db", {"app": "db"}, {"app": "api"}))
                end = time.monotonic() + 20
                while client.get("changes").json()["changes"][0]["object"]["name"] != "db":
                    assert time.monotonic() < end
                    time.sleep(0.05)
    with open_journal(database) as journal:
        assert journal.clusters() == ["test"]

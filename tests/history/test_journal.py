"""What is kept of a history, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ringfence.history.journal import open_journal
from ringfence.history.revision import Body, Revision, author_of, body_of
from ringfence.model.errors import InputError
from ringfence.model.origin import ObjectRef

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
REF = ObjectRef("NetworkPolicy", "web", "shop", "networking.k8s.io/v1")


def body(spec: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }


def revision(minute: int, spec: str | None, **more: Any) -> Revision:
    return Revision(REF, NOON + dt.timedelta(minutes=minute), None if spec is None else body(spec), **more)


def told(url: str, **filters: Any) -> list[tuple[str, str | None, str | None]]:
    """Verb, spec before and spec after, the latest first."""
    with open_journal(url) as journal:
        return [(each.verb, spec(each.before), spec(each.revision.body)) for each in journal.changes(**filters)]


def spec(value: Body | None) -> str | None:
    return None if value is None else str(value["spec"])


def record(url: str, *revisions: Revision, cluster: str = "prod") -> int:
    with open_journal(url) as journal:
        return journal.record(revisions, cluster)


def test_a_life_of_a_policy(url: str) -> None:
    assert record(url, revision(0, "a"), revision(1, "b"), revision(2, None), revision(3, "a")) == 4
    assert told(url) == [("created", None, "a"), ("deleted", "b", None), ("changed", "a", "b"), ("created", None, "a")]


def test_the_order_in_which_it_is_recorded_does_not_matter(url: str) -> None:
    record(url, revision(2, None))  # nothing is known to be deleted then
    record(url, revision(1, "b"))
    record(url, revision(0, "a"))
    assert told(url) == [("changed", "a", "b"), ("created", None, "a")]


def test_the_same_again_is_no_news(url: str) -> None:
    record(url, revision(0, "a", version="7"))
    assert record(url, revision(0, "a", version="7"), revision(1, "a", version="8")) == 0


def test_an_audit_log_adds_the_user_to_what_a_watch_saw(url: str) -> None:
    record(url, revision(0, "a", version="7", tool="kubectl-edit"), revision(5, None))
    near = dt.timedelta(seconds=3)
    audited = [
        Revision(REF, NOON - near, body("a"), "jane", "kubectl/v1.32.4", "7", source="audit"),
        Revision(REF, NOON + dt.timedelta(minutes=5) - near, None, "jane", "kubectl/v1.32.4", source="audit"),
    ]
    with open_journal(url) as journal:
        assert journal.record(audited, "prod") == 0
        changes = journal.changes()
    assert [(each.revision.who, each.revision.time) for each in changes] == [
        ("jane", NOON + dt.timedelta(minutes=5) - near),
        ("jane", NOON - near),
    ]


def test_a_moment_is_what_held_then(url: str) -> None:
    record(url, revision(0, "a"), revision(10, "b"), revision(20, None))
    with open_journal(url) as journal:
        seen = [
            [each["spec"] for each in journal.at(NOON + dt.timedelta(minutes=minute))] for minute in (-1, 0, 9, 10, 21)
        ]
    assert seen == [[], ["a"], ["a"], ["b"], []]


def test_clusters_are_kept_apart(url: str) -> None:
    record(url, revision(0, "a"), cluster="one")
    record(url, revision(1, "b"), cluster="two")
    assert told(url, cluster="two") == [("created", None, "b")]
    with open_journal(url) as journal:
        assert journal.clusters() == ["one", "two"]


def test_filters_take_a_part(url: str) -> None:
    record(url, *(revision(minute, f"spec {minute}") for minute in range(10)))
    bounds = {"since": NOON + dt.timedelta(minutes=2), "until": NOON + dt.timedelta(minutes=4)}
    assert told(url, **bounds) == [("changed", f"spec {n - 1}", f"spec {n}") for n in (4, 3, 2)]
    assert len(told(url, most=3)) == 3
    assert told(url, namespace="data") == []


def test_pruning_keeps_what_still_holds(url: str) -> None:
    record(url, revision(0, "a"), revision(10, "b"), revision(20, "c"))
    with open_journal(url) as journal:
        assert journal.prune(NOON + dt.timedelta(minutes=15)) == 1
        assert [each["spec"] for each in journal.at(NOON + dt.timedelta(minutes=15))] == ["b"]
    assert [after for _, _, after in told(url)] == ["c", "b"]


def test_pruning_forgets_what_was_deleted_long_ago(url: str) -> None:
    record(url, revision(0, "a"), revision(10, None))
    with open_journal(url) as journal:
        assert journal.prune(NOON + dt.timedelta(minutes=15)) == 2
    assert told(url) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["a", "b", "c", None])), max_size=12, unique_by=lambda e: e[0]
    )
)
def test_any_moment_is_as_the_revisions_say(
    tmp_path_factory: pytest.TempPathFactory, life: list[tuple[int, str | None]]
) -> None:
    """Against a reading of the revisions one by one."""
    file = tmp_path_factory.mktemp("history") / "history.db"
    record(str(file), *(revision(minute, spec) for minute, spec in sorted(life)))
    with open_journal(str(file)) as journal:
        for minute in range(-1, 22):
            then = [spec for at, spec in sorted(life) if at <= minute]
            expected = [then[-1]] if then and then[-1] is not None else []
            assert [each["spec"] for each in journal.at(NOON + dt.timedelta(minutes=minute))] == expected


class TestOpening:
    """What can be wrong with a database."""

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("postgresql://jane:secret@127.0.0.1:1/db", r"postgresql://jane@127\.0\.0\.1:1/db can't be used"),
            ("mysql://localhost/db", "only SQLite and PostgreSQL are supported"),
            ("nonsense://x", "only SQLite and PostgreSQL are supported"),
        ],
    )
    def test_is_one_sentence_without_the_password(self, url: str, said: str) -> None:
        with pytest.raises(InputError, match=said) as error, open_journal(url):
            pass
        assert "secret" not in str(error.value)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no database" * 100)
        with pytest.raises(InputError, match="file is not a database"), open_journal(str(tmp_path / "notes.txt")):
            pass

    def test_a_database_of_a_newer_version(self, url: str) -> None:
        import sqlalchemy as sa

        with open_journal(url) as journal, journal.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(InputError, match="made by a newer Ringfence"), open_journal(url):
            pass

    def test_the_tables_are_those_of_the_migrations(self, url: str) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from ringfence.history.tables import METADATA

        with open_journal(url) as journal, journal.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_what_the_server_keeps_of_an_object_is_not_its_body() -> None:
    metadata = {
        "name": "web",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "managedFields": [],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    }
    assert body_of({"kind": "X", "metadata": metadata, "spec": {}, "status": {"a": 1}}) == {
        "kind": "X",
        "metadata": {"name": "web"},
        "spec": {},
    }


def test_the_last_manager_is_the_author_but_for_the_status() -> None:
    fields = [
        {"manager": "kubectl-create", "time": "2026-11-23T03:02:14Z"},
        {"manager": "kubectl-edit", "time": "2026-11-23T04:00:00Z"},
        {"manager": "controller", "time": "2026-11-23T05:00:00Z", "subresource": "status"},
        {"manager": "nobody", "time": "soon"},
        "junk",
    ]
    found = author_of({"metadata": {"managedFields": fields}})
    assert found == ("kubectl-edit", dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC))

"""A history that an earlier version made is brought to today's tables with all that it holds."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import ringfence.history.journal
from ringfence.history.journal import open_journal

_ROW = sa.text(
    "INSERT INTO revisions (cluster, api_version, kind, namespace, name, time, body, who, tool, version, uid, source,"
    " exact) VALUES ('prod', :version, :kind, 'shop', 'web', :time, :body, '', '', '', '', 'watch', true)"
)


def first_version(url: str, rows: list[tuple[str, str, str | None]]) -> None:
    """A database as the first version left it, a row a second: apiVersion, kind, and the text of the object."""
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://") if "://" in url else f"sqlite:///{url}"
    )
    config = Config()
    config.set_main_option("script_location", str(Path(ringfence.history.journal.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for second, (version, kind, spec) in enumerate(rows):
            body = None if spec is None else json.dumps({"apiVersion": version, "kind": kind, "spec": spec})
            connection.execute(_ROW, {"version": version, "kind": kind, "time": second * 1_000_000, "body": body})
    engine.dispose()


def test_objects_of_the_first_version_are_told_apart_by_their_groups(url: str) -> None:
    first_version(
        url,
        [
            ("networking.k8s.io/v1", "NetworkPolicy", "a"),
            ("projectcalico.org/v3", "NetworkPolicy", "b"),
            ("crd.projectcalico.org/v1", "NetworkPolicy", "c"),
            ("v1", "Namespace", "d"),
            ("networking.k8s.io/v1", "NetworkPolicy", None),
        ],
    )
    with open_journal(url) as journal:
        found = [(each.verb, each.before and each.before["spec"]) for each in journal.changes()]
        assert found == [("deleted", "a"), ("created", None), ("changed", "b"), ("created", None), ("created", None)]
        end = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
        assert [each["spec"] for each in journal.at(end)] == ["d", "c"]
        assert {group for group, *_ in journal.objects()} == {"", "networking.k8s.io", "projectcalico.org"}
    with open_journal(url) as journal:  # the second time nothing is to do
        assert journal.count() == 5


def test_an_upgrade_can_be_taken_back(url: str) -> None:
    first_version(url, [("networking.k8s.io/v1", "NetworkPolicy", "a")])
    config = Config()
    config.set_main_option("script_location", str(Path(ringfence.history.journal.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with open_journal(url) as journal, journal.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        names = {each["name"] for each in sa.inspect(connection).get_columns("revisions")}
        assert "api_group" not in names
    with open_journal(url) as journal:
        assert journal.count() == 1

"""History in a database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringfence.history.identity import Identity, group_of, identity
from ringfence.history.revision import Body, Recorded, Revision
from ringfence.model.errors import InputError
from ringfence.model.origin import ObjectRef

if TYPE_CHECKING:
    import sqlalchemy as sa

MISSING: Final = "History needs SQLAlchemy and Alembic. Install them with: pip install 'ringfence[history]'"
_MISSING_DRIVER: Final = "PostgreSQL needs a driver. Install it with: pip install 'ringfence[postgresql]'"
_ALIKE: Final = dt.timedelta(seconds=30)
"""A deletion has no version, so an audit log's is the watch's where they are this near."""

_UPGRADING: Final = threading.Lock()
"""Alembic keeps what it works on in globals, so one upgrade at a time."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Journal:
    """An open history. Use :func:`open_journal`."""

    engine: sa.Engine

    def record(self, revisions: Iterable[Revision], cluster: str) -> int:
        """Adds revisions, in any order; how many of them were news.

        One that says what was known at its time changes nothing. One that is known from elsewhere adds what it knows
        better: the user, the program and the time of an audit log.
        """
        with self.engine.begin() as connection:
            return sum(_record(connection, each, cluster) for each in sorted(revisions, key=lambda each: each.time))

    def changes(
        self,
        *,
        cluster: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        namespace: str | None = None,
        ref: ObjectRef | None = None,
        number: int | None = None,
        most: int | None = None,
    ) -> list[Recorded]:
        """What changed, the latest first, ``most`` of it. A namespace takes in what is cluster-scoped, too."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        inner = sa.select(
            R,
            sa.func.lag(R.c.body).over(partition_by=_object(R), order_by=(R.c.time, R.c.id)).label("before"),
        ).subquery()
        query = sa.select(inner).order_by(inner.c.time.desc(), inner.c.id.desc())
        if cluster is not None:
            query = query.where(inner.c.cluster == cluster)
        if since is not None:
            query = query.where(inner.c.time >= _number(since))
        if until is not None:
            query = query.where(inner.c.time <= _number(until))
        if namespace is not None:
            query = query.where(inner.c.namespace.in_([namespace, ""]))
        if ref is not None:
            query = query.where(_is(inner, ref))
        if number is not None:
            query = query.where(inner.c.id == number)
        if most is not None:
            query = query.limit(most)
        with self.engine.connect() as connection:
            return [
                Recorded(_revision(row), _body(row.before), row.cluster, row.id) for row in connection.execute(query)
            ]

    def last(self, ref: ObjectRef, cluster: str) -> Recorded:
        """The newest revision of an object that has one."""
        (found,) = self.changes(cluster=cluster, ref=ref, most=1)
        return found

    def at(self, time: dt.datetime, cluster: str | None = None) -> list[Body]:
        """Every object as it was at a moment, by kind, namespace, name and group."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        place = sa.func.row_number().over(partition_by=_object(R), order_by=(R.c.time.desc(), R.c.id.desc()))
        inner = sa.select(R, place.label("place")).where(R.c.time <= _number(time))
        if cluster is not None:
            inner = inner.where(R.c.cluster == cluster)
        found = inner.subquery()
        query = (
            sa.select(found.c.body)
            .where(found.c.place == 1, found.c.body.is_not(None))
            .order_by(found.c.kind, found.c.namespace, found.c.name, found.c.api_group)
        )
        with self.engine.connect() as connection:
            return [body for row in connection.execute(query) if (body := _body(row.body)) is not None]

    def clusters(self) -> list[str]:
        """The clusters that something is recorded of."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(R.c.cluster).distinct().order_by(R.c.cluster)).scalars())

    def objects(self, cluster: str | None = None) -> frozenset[Identity]:
        """Every object that something is recorded of, also those that are gone."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        query = sa.select(R.c.api_group, R.c.kind, R.c.namespace, R.c.name).distinct()
        if cluster is not None:
            query = query.where(R.c.cluster == cluster)
        with self.engine.connect() as connection:
            return frozenset((row.api_group, row.kind, row.namespace, row.name) for row in connection.execute(query))

    def count(self, cluster: str | None = None) -> int:
        """How many revisions there are."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        query = sa.select(sa.func.count()).select_from(R)
        if cluster is not None:
            query = query.where(R.c.cluster == cluster)
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def prune(self, before: dt.datetime) -> int:
        """Forgets what was replaced before a moment; what still held then is kept. How many revisions are gone."""
        import sqlalchemy as sa

        from ringfence.history.tables import REVISIONS as R

        after = sa.func.lead(R.c.time).over(partition_by=_object(R), order_by=(R.c.time, R.c.id))
        inner = sa.select(R.c.id, R.c.time, R.c.body, after.label("replaced")).subquery()
        limit = _number(before)
        old = sa.select(inner.c.id).where(
            sa.or_(inner.c.replaced < limit, sa.and_(inner.c.body.is_(None), inner.c.time < limit))
        )
        with self.engine.begin() as connection:
            numbers = list(connection.execute(old).scalars())
            for start in range(0, len(numbers), 500):
                connection.execute(sa.delete(R).where(R.c.id.in_(numbers[start : start + 500])))
        return len(numbers)


@contextmanager
def open_journal(url: str, *, there: bool = False) -> Iterator[Journal]:
    """The history of a URL (``sqlite:///FILE``, ``postgresql://…``) or of a file's path, brought to today's version.

    With ``there`` a file that isn't there is not made.

    Raises:
        InputError: SQLAlchemy or a driver is missing, the database can't be opened, is a SQLite database of another
            program, or a newer Ringfence made it; or with ``there`` the file isn't there.
    """
    try:
        import sqlalchemy as sa
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError
    except ImportError:
        raise InputError(MISSING) from None
    try:
        engine = sa.create_engine(_url(url), json_serializer=json.dumps, pool_pre_ping=True)
    except sa.exc.ArgumentError:
        raise InputError(f"{_shown(url)} is no URL of a database: write sqlite:///FILE or postgresql://…") from None
    except ModuleNotFoundError:
        raise InputError(_MISSING_DRIVER) from None
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    try:
        if there:
            _check_there(url, engine)
        with _UPGRADING, engine.begin() as connection:
            _check_ours(url, connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        yield Journal(engine)
    except CommandError:
        raise InputError(f"{_shown(url)} was made by a newer Ringfence, and can't be used by this one.") from None
    except sa.exc.DBAPIError as error:
        first = str(error.orig).strip().splitlines() or ["no reason given"]
        raise InputError(f"{_shown(url)} can't be used: {first[0]}.") from None
    finally:
        engine.dispose()


def _check_there(url: str, engine: sa.Engine) -> None:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        raise InputError(
            f"There is no history {_shown(url)}. Make one: ringfence history watch --history {_shown(url)}"
        )


def _check_ours(url: str, connection: sa.Connection) -> None:
    """Refuses a file with tables of another program. A server's database may well have more than a history."""
    import sqlalchemy as sa

    if connection.dialect.name != "sqlite":
        return
    names = sa.inspect(connection).get_table_names()
    if names and "alembic_version" not in names:
        raise InputError(f"{_shown(url)} is a SQLite database, but no history of policies.")


def _url(url: str) -> str:
    if not url:
        raise InputError("The name of the history is empty: name a file, or postgresql://…")
    if "://" not in url:
        return f"sqlite:///{url}"
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if not url.startswith("sqlite://"):
        raise InputError(f"{_shown(url)}: only SQLite and PostgreSQL are supported.")
    return url


def _shown(url: str) -> str:
    """Without the password."""
    scheme, separator, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host}" if separator else url


def _record(connection: sa.Connection, revision: Revision, cluster: str) -> bool:
    import sqlalchemy as sa

    from ringfence.history.tables import REVISIONS as R

    same = sa.and_(R.c.cluster == cluster, _is(R, revision.ref))
    known = _known(connection, same, revision)
    if known is not None:
        better = {"who": revision.who, "tool": revision.tool, "time": _number(revision.time), "exact": True}
        if revision.source == "audit" and known.source != "audit":  # a later event of a version changed nothing
            connection.execute(sa.update(R).where(R.c.id == known.id).values(**better, source="audit"))
        return False
    time = _number(revision.time)
    query = sa.select(R.c.body).where(same, R.c.time <= time).order_by(R.c.time.desc(), R.c.id.desc()).limit(1)
    before = connection.execute(query).first()
    if (before is None and revision.body is None) or (before is not None and _body(before.body) == revision.body):
        return False
    connection.execute(
        sa.insert(R).values(
            cluster=cluster,
            api_version=revision.ref.api_version,
            api_group=group_of(revision.ref.api_version),
            kind=revision.ref.kind,
            namespace=revision.ref.namespace,
            name=revision.ref.name,
            time=time,
            body=None if revision.body is None else json.dumps(revision.body, sort_keys=True, ensure_ascii=False),
            who=revision.who,
            tool=revision.tool,
            version=revision.version,
            uid=revision.uid,
            source=revision.source,
            exact=revision.exact,
        )
    )
    return True


def _object(table: sa.FromClause) -> tuple[sa.ColumnElement[str], ...]:
    """The columns that tell an object from every other, as :func:`ringfence.history.identity.identity` does."""
    c = table.c
    return c.cluster, c.api_group, c.kind, c.namespace, c.name


def _is(table: sa.FromClause, ref: ObjectRef) -> sa.ColumnElement[bool]:
    import sqlalchemy as sa

    return sa.and_(*(column == each for column, each in zip(_object(table)[1:], identity(ref), strict=True)))


def _known(connection: sa.Connection, same: sa.ColumnElement[bool], revision: Revision) -> Any:
    """The row of the same change: by its version, or for a deletion by its time."""
    import sqlalchemy as sa

    from ringfence.history.tables import REVISIONS as R

    if revision.body is not None:
        if not revision.version:
            return None
        return connection.execute(sa.select(R).where(same, R.c.version == revision.version)).first()
    near = R.c.time.between(_number(revision.time - _ALIKE), _number(revision.time + _ALIKE))
    return connection.execute(sa.select(R).where(same, R.c.body.is_(None), near)).first()


def _revision(row: Any) -> Revision:
    return Revision(
        ObjectRef(row.kind, row.name, row.namespace, row.api_version),
        _EPOCH + row.time * _MICROSECOND,
        _body(row.body),
        row.who,
        row.tool,
        row.version,
        row.uid,
        row.source,
        bool(row.exact),
    )


def _body(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    value: dict[str, Any] = json.loads(text)
    return value


def _number(time: dt.datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND

"""Options that the flow commands share: the store, and which edges of it are chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_Command = Callable[..., Any]

DEFAULT_STORE = "ringfence-flows.duckdb"

OUTCOMES = ("allowed", "denied", "rejected", "audited", "failed", "unknown")


class Time(click.ParamType[float]):
    """A time as RFC 3339, a date, or seconds since 1970; in seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds since 1970."""
        if isinstance(value, float):
            return value
        from ringfence.flows.inventory_files import parse_time

        seconds = parse_time(str(value).strip())
        if seconds is None:
            self.fail(f"{value!r} is no time. Write it as 2026-11-23T08:00:00Z, 2026-11-23, or in seconds.", param, ctx)
        return seconds


def store(command: _Command) -> _Command:
    """``--store FILE``."""
    return click.option(
        "--store",
        metavar="STORE",
        default=DEFAULT_STORE,
        show_default=True,
        help="The store: a DuckDB file, or a directory of Parquet files.",
    )(command)


def engine(command: _Command) -> _Command:
    """``--engine``."""
    return click.option(
        "--engine",
        metavar="ENGINE",
        default="duckdb",
        show_default=True,
        help="What works on the store: duckdb, or the URL of a Spark master (spark://HOST:PORT).",
    )(command)


def ends_and_times(command: _Command) -> _Command:
    """Filters that every question about edges has: ``namespaces``, ``workloads``, ``since``, ``until``, ``ports``."""
    for option in reversed(
        (
            click.option(
                "-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Edges with an end in it."
            ),
            click.option(
                "-w",
                "--workload",
                "workloads",
                multiple=True,
                metavar="WORKLOAD",
                help="Edges of it: namespace/Kind/name, or less.",
            ),
            click.option(
                "--since", type=Time(), metavar="TIME", help="Leave out what was before the hour of this time."
            ),
            click.option(
                "--until", type=Time(), metavar="TIME", help="Leave out what was after the hour of this time."
            ),
            click.option("--port", "ports", multiple=True, type=click.IntRange(0, 65535), help="Edges to this port."),
        )
    ):
        command = option(command)
    return command


def check_window(since: float | None, until: float | None) -> None:
    """Refuses a window that ends before it begins.

    Raises:
        click.UsageError: so it is.
    """
    if since is not None and until is not None and until < since:
        raise click.UsageError("--until is before --since, so no time is left.")


def choice(command: _Command) -> _Command:
    """Filters of edges, which the command gets as one argument, ``choice``."""

    @ends_and_times
    @click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Edges with this outcome.")
    @click.option("--external/--internal", "external", default=None, help="Edges with, or without, an end outside.")
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        namespaces: tuple[str, ...],
        workloads: tuple[str, ...],
        since: float | None,
        until: float | None,
        outcomes: tuple[str, ...],
        ports: tuple[int, ...],
        external: bool | None,
        **kwargs: Any,
    ) -> Any:
        check_window(since, until)
        from ringfence.flows.choosing import Choice
        from ringfence.model.flow import Outcome

        made: Choice = Choice(namespaces, workloads, since, until, tuple(map(Outcome, outcomes)), ports, external)
        return command(*args, choice=made, **kwargs)

    return wrapped

"""The options of ``ringfence serve`` about what is recorded of the cluster: flows, DNS answers, changes of policies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

_Command = Callable[..., Any]

NAMES = ("flows", "flows_cluster", "resolve", "history", "history_cluster")
"""The options, as the fields of :class:`ringfence.server.served.Given`."""


def recorded(command: _Command) -> _Command:
    """Adds the options; the command gets them as one mapping, ``recorded``."""

    @click.option(
        "--flows",
        metavar="STORE",
        type=click.Path(),
        help="A store of recorded flows: a DuckDB file, or a directory of Parquet files. It is read, never written.",
    )
    @click.option("--flows-cluster", metavar="NAME", help="The cluster to serve, where the store keeps several.")
    @click.option(
        "--resolve",
        metavar="FILE",
        type=click.Path(),
        help="Recorded DNS answers: what names in rules and destinations mean.",
    )
    @click.option(
        "--history",
        metavar="URL",
        help="The history of policies: a file, or postgresql://… What is followed is recorded in it.",
    )
    @click.option("--history-cluster", metavar="NAME", help="The cluster to serve, where the history has several.")
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return command(*args, recorded={name: kwargs.pop(name) or "" for name in NAMES}, **kwargs)

    return wrapped

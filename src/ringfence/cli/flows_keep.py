"""``--keep``: takes what is old out of a store as logs come in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ringfence.cli.dns import Duration
from ringfence.render.lines import count

if TYPE_CHECKING:
    from ringfence.flows.store import Store

DAY = 86400.0

PAUSE = 3600.0
"""Seconds between two looks for what is old in a store that is added to all the time."""

option = click.option(
    "--keep",
    type=Duration(),
    metavar="DURATION",
    help="Then take out of the store what is older than this, such as 30d.",
)


def prune(flows: Store, keep: float) -> None:
    """Takes out the days (UTC) that ended ``keep`` seconds ago, and says so if there was anything.

    Whole days, because all edges are worked out after.
    """
    pruned = flows.prune((time.time() - keep) // DAY * DAY)
    if pruned.hours:
        hours, records = count(pruned.hours, "hour"), count(pruned.records, "record")
        click.echo(f"{hours} with {records} taken out.", err=True)

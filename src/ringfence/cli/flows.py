"""``ringfence flows``: what flow logs say, kept in a store and asked. A subcommand is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "denied": ("flows_denied", "command"),
    "report": ("flows_report", "command"),
    "timeline": ("flows_timeline", "command"),
    "top": ("flows_top", "command"),
    "edges": ("flows_edges", "command"),
    "prune": ("flows_prune", "command"),
    "merge": ("flows_merge", "command"),
    "export": ("flows_export", "command"),
    "ingest": ("flows_ingest", "command"),
    "relay": ("flows_relay", "command"),
    "simulate": ("flows_simulate", "command"),
    "status": ("flows_status", "command"),
}
"""The module in ``ringfence.cli`` and its attribute that hold each subcommand."""


class Subcommands(click.Group):
    """A group that imports a subcommand when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """The names of all subcommands, sorted."""
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's
        """The subcommand of this name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module, attribute = SUBCOMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"ringfence.cli.{module}"), attribute)
        return command


@click.group("flows", cls=Subcommands, short_help="Keep flow logs in a store, and ask who talks to whom.")
def command() -> None:
    """Read flow logs into a store, and ask it who talks to whom and who is denied."""

"""The ``ringfence`` command: finds its subcommands, and turns what goes wrong into messages and exit statuses."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

import ringfence
from ringfence.cli import failures

COMMANDS = (
    "check",
    "convert",
    "diagnose",
    "diff",
    "dns",
    "fix",
    "flows",
    "generate",
    "history",
    "learn",
    "lint",
    "reach",
    "replay",
    "serve",
    "snapshot",
    "test",
    "verdict",
    "why",
)
"""Each is ``ringfence.cli.<name>`` with a click command called ``command``."""


class Commands(click.Group):
    """Imports a subcommand when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """The names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's
        """The subcommand of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"ringfence.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a mistyped command is met with the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ringfence.explain.suggest import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"There is no command {args[0]!r}.{hint} Commands: {', '.join(COMMANDS)}.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the subcommand under the exit statuses of :mod:`ringfence.cli.failures`."""
        with failures.handled():
            return super().invoke(ctx)


_HELP = """Say exactly which connections Kubernetes network policies allow, and why.

\b
kubectl get ns,nodes,pods,svc,netpol -A -o json > cluster.json
ringfence reach cluster.json
ringfence why cluster.json shop/Deployment/web service:shop/cart:80
"""


@click.command(
    cls=Commands,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 fine, 1 denied or findings, 2 wrong usage or unreadable input, 3 an internal error.",
)
@click.version_option(ringfence.__version__, prog_name="ringfence")
def main() -> None:
    """The group of all commands. Colours are for terminals, and ``NO_COLOR`` (no-color.org) turns them off there."""
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False

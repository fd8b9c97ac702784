"""``ringfence serve``: the web page and the API."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from ringfence.cli import options, serve_access, serve_recorded
from ringfence.cli.progress import progress

_PACKAGE = Path(__file__).parents[1]

_HELP = """Serve a web page and an API about a running cluster, a snapshot or files.

The page shows what is cut and why, what a change would open and close, and who may connect to whom; /api/v1 has the
documents of the other commands. A running cluster is followed, everything else is read once. Ends on Ctrl-C.

\b
ringfence serve --demo
ringfence serve --context prod --port 9000
ringfence serve cluster.json --bind 0.0.0.0 --token-file token --host-name ringfence.example.com

Needs: pip install 'ringfence[server]'.

Exit status: 0 ended, 2 wrong usage, unreadable input, or an address that can't be listened on.
"""


@click.command("serve", help=_HELP, short_help="A web page and an API over a cluster.")
@options.paths
@click.option("--demo", is_flag=True, help="Serve the example shop, in which several things are broken.")
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port to listen on; 0 is any free one.",
)
@serve_access.access
@serve_recorded.recorded
@click.option(
    "--cni",
    type=click.Choice(["auto", "generic", "cilium", "calico"]),
    default="auto",
    show_default=True,
    help="Whose reading to follow where network plugins differ.",
)
def command(
    paths: tuple[str, ...],
    demo: bool,
    bind: str,
    port: int,
    cni: str,
    recorded: dict[str, str],
    access: serve_access.Access,
) -> None:
    """Runs the command."""
    if demo:
        paths = _demo(paths)
    try:
        with progress("Starting"):
            from ringfence.server.run import serve
            from ringfence.server.served import Given, demonstrated, served
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ringfence"):
            raise
        raise click.UsageError(f"The server needs {error.name}: pip install 'ringfence[server]'.") from None
    settings = access.settings()
    settings.check_bind(bind)
    stdin = sys.stdin.buffer if "-" in paths else None
    with ExitStack() as stack:
        found = stack.enter_context(
            served(paths, Given(name="The example shop" if demo else "", **recorded), cni=cni, stdin=stdin)
        )
        alone = demo and found.flows is None and found.changes is None
        name = found.source.name
        serve(
            found.source,
            settings,
            bind,
            port,
            lambda address: click.echo(f"{name}: {address} (Ctrl-C ends it)"),
            flows=found.flows,
            changes=found.changes,
            later=stack.enter_context(demonstrated(found.source)) if alone else None,
        )


def _demo(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The example's path: within the package that is installed, in a checkout beside ``src``.

    Raises:
        click.UsageError: a path is given, too.
    """
    from ringfence.live.target import PREFIX

    if paths != (PREFIX,):
        raise click.UsageError("--demo serves the example: leave PATH and the options about a cluster out.")
    shop = _PACKAGE / "examples" / "shop"
    if not shop.is_dir():
        shop = _PACKAGE.parents[1] / "examples" / "shop"
    here = Path.cwd()
    return (str(shop.relative_to(here) if shop.is_relative_to(here) else shop),)  # as its reader would name it

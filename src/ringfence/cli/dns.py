"""``ringfence dns``: records of DNS answers, by which rules by name are read."""

from __future__ import annotations

import re

import click

from ringfence.cli import failures, options
from ringfence.cli.progress import progress

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")

_HELP = """Ask resolvers for the addresses of names, and add them to a file for --resolve.

Names with many addresses, or with new ones from time to time, need more than one answer: ask with --every and --for,
from where the pods' questions go out. Needs dnspython: pip install 'ringfence[dns]'.

\b
ringfence dns record api.example.com --to names.jsonl
ringfence dns record api.example.com cdn.example.com --to names.jsonl --every 30s --for 10m --server 10.96.0.10

Exit status: 0 every name has an address, 1 one has none, 2 wrong usage or a file that can't be used.
"""


class Duration(click.ParamType[float]):
    """``30s``, ``10m``: a number with its unit, in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; zero is no duration."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        if match is None or not float(match[1]):
            self.fail(f"{value!r} is no duration. Write it as 30s, 10m or 1h.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@click.group("dns", short_help="Record the addresses that DNS names have.")
def command() -> None:
    """Record DNS answers, by which rules and destinations by name are read."""


@command.command("record", help=_HELP, short_help="Ask resolvers for names, and keep what they answer.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--to", "file", required=True, metavar="FILE", type=click.Path(dir_okay=False), help="The file to add to."
)
@click.option(
    "--server",
    "servers",
    multiple=True,
    metavar="ADDR[:PORT]",
    help="Ask this resolver instead of the system's; given again, each of them is asked.",
)
@click.option("--every", type=Duration(), metavar="DURATION", help="Ask again after this time, such as 30s.")
@click.option("--for", "lasting", type=Duration(), metavar="DURATION", help="Go on for this long, such as 10m.")
@click.option(
    "--timeout",
    type=Duration(),
    metavar="DURATION",
    default="5s",
    show_default=True,
    help="Wait this long for an answer.",
)
@options.output("text", "json")
def record(
    names: tuple[str, ...],
    file: str,
    servers: tuple[str, ...],
    every: float | None,
    lasting: float | None,
    timeout: float,
    output: str,
) -> None:
    """Runs the command."""
    if (every is None) != (lasting is None):
        raise click.UsageError("--every and --for go together: how often, and for how long.")
    if every is not None and lasting is not None and every > lasting:
        raise click.UsageError("--every is longer than --for: it would ask once.")
    from ringfence.model.name_patterns import canonical, is_name
    from ringfence.names.asking import askers
    from ringfence.names.recording import record as record_names
    from ringfence.render import names as rendered

    for name in names:
        if not is_name(name):
            hint = " DNS can't be asked for patterns: name what your pods call." if "*" in name else ""
            raise click.UsageError(f"{name!r} is no DNS name.{hint}")
    wanted = tuple(dict.fromkeys(map(canonical, names)))
    with progress("Asking"):
        found = record_names(wanted, askers(servers, timeout), file, every=every or 0.0, lasting=lasting or 0.0)
    if output == "json":
        click.echo(rendered.render_json(found), nl=False)
    else:
        for line in rendered.text(found):
            click.echo(line)
    missing = any(not each.records for each in found.names)
    click.get_current_context().exit(failures.FOUND if missing else failures.OK)

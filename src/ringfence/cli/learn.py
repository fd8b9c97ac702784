"""``ringfence learn``: least policies from recorded traffic, proved to keep it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import click

from ringfence.cli import flow_input, options, session
from ringfence.cli.progress import progress

_HELP = """Print the least policies that keep the traffic on record, with the evidence of each rule. Nothing is applied.

Only directions in which something was seen are isolated. Connections that a rule denied are never learned from. The
engine reads the result again: what was seen must pass, and what is allowed beyond it is listed.

\b
ringfence flows ingest hubble.jsonl.gz --inventory cluster.json
ringfence learn --flows ringfence-flows.duckdb cluster.json
ringfence learn --flows ringfence-flows.duckdb cluster.json --for cilium -n shop -o yaml > shop.yaml
ringfence learn --flows ringfence-flows.duckdb cluster.json --holdout 20%

Exit status: 0 everything that was seen is kept, 1 something is cut, 2 wrong usage or unreadable input.
"""

_DIALECTS = ("networkpolicy", "cilium", "calico", "calico-enterprise", "cnp", "gke", "istio")
_DEFAULT_BUDGET = 16


class _Share(click.ParamType[float]):
    """A share such as ``20%`` or ``0.2``."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number between 0 and 1."""
        text = str(value).strip()
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            number = 0.0
        if not 0 < number < 1:
            self.fail(f"{text!r} is no share of the window. Use one such as 20%.", param, ctx)
        return number


@click.command("learn", help=_HELP, short_help="Least policies from recorded traffic, proved to keep it.")
@options.paths
@click.option("--flows", "store", metavar="STORE", required=True, type=click.Path(), help="The store of flows.")
@click.option(
    "--for", "to", type=click.Choice(_DIALECTS), default="networkpolicy", show_default=True, help="The API to write."
)
@click.option("-n", "--namespace", "namespaces", metavar="NAME", multiple=True, help="Write policies here only.")
@click.option(
    "--holdout",
    type=_Share(),
    default=None,
    metavar="SHARE",
    help="Learn without this last part of the window, too, and test on it.",
)
@click.option(
    "--budget-ranges",
    "budget",
    type=click.IntRange(min=1),
    default=_DEFAULT_BUDGET,
    show_default=True,
    metavar="N",
    help="The most address ranges in a rule.",
)
@click.option(
    "--include-denied", "denied", is_flag=True, help="Learn from what no rule allowed, or didn't arrive, too."
)
@options.output("text", "yaml", "json", "md", "egress-requests")
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    store: str,
    to: str,
    namespaces: tuple[str, ...],
    holdout: float | None,
    budget: int,
    denied: bool,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    cluster = session.load(paths, common, tell=output != "json")
    edges = flow_input.read_edges(store, whole=True)
    with progress("Learning"):
        from ringfence.learn import Settings, learn

        settings = Settings(to, namespaces, denied, budget, 0.0, common.cni)
        answer = learn(cluster.snapshot, edges, settings)
        first = None
        if holdout is not None:
            first = learn(cluster.snapshot, edges, replace(settings, holdout=holdout))
            answer = replace(answer, holdout=first.holdout)
    from ringfence.render import learn as rendering

    if output == "json":
        from ringfence.render import learn_json

        click.echo(learn_json.document(answer, cluster.findings), nl=False)
    elif output == "md":
        from ringfence.render import learn_markdown

        click.echo(learn_markdown.document(answer), nl=False)
    elif output == "text":
        for line in rendering.text(answer, every=common.verbose):
            click.echo(line)
        click.echo(_check(store, paths))
        if first is not None:
            click.echo("\nLearned on the first part of the window alone, for comparison:")
            for line in rendering.text(replace(first, holdout=None), every=common.verbose):
                click.echo(line)
    else:
        click.echo(rendering.manifests(answer) if output == "yaml" else rendering.requests(answer), nl=False)
        for line in rendering.summary(answer, every=common.verbose):
            click.echo(line, err=True)
        if output == "yaml":
            click.echo(_check(store, paths), err=True)
    session.finish(cluster, common, found=not answer.keeps_everything)


def _check(store: str, paths: tuple[str, ...]) -> str:
    """How to ask the same of these or newer records: the policies go on top of what is there."""
    return f"check: {shlex.join(['ringfence', 'replay', '--flows', store, '--apply', 'learned.yaml', *paths])}"

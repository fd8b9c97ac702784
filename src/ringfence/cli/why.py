"""``ringfence why``: may this connect to that, and why."""

from __future__ import annotations

import click

from ringfence.cli import options, session

_HELP = """Say whether SRC may connect to DST, which rules decide, and which came closest.

SRC and DST are namespace/pod, namespace/Kind/name or an IP address; DST may also be service:namespace/name, and its
port is then the Service's. Without a port, every port that DST declares is judged. PATH - is stdin.

\b
ringfence why cluster.json shop/Deployment/web service:shop/cart:80
ringfence why manifests/ shop/web-7d4b9 10.0.0.7:53/UDP

Exit status: 0 allowed, 1 denied, 2 wrong usage or an unknown endpoint.
"""


@click.command("why", help=_HELP, short_help="May SRC connect to DST, and why?")
@options.paths
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST[:PORT[/PROTO]]")
@options.output("text", "json")
@options.common
def command(paths: tuple[str, ...], source: str, destination: str, output: str, common: options.Common) -> None:
    """Runs the command."""
    from ringfence.explain.query import split_destination
    from ringfence.explain.why import why
    from ringfence.render import why_json, why_text

    target, port = split_destination(destination)
    cluster = session.load(paths, common, tell=output == "text")
    answer = why(cluster.engine, cluster.endpoints, source, target, port)
    if output == "json":
        click.echo(why_json.render(answer, cluster.findings), nl=False)
    else:
        click.echo(why_text.render(answer, notes=not common.quiet), nl=False)
        if note := session.left_out(cluster):
            click.echo(f"\n{note}")
    session.finish(cluster, common, found=not answer.allowed)

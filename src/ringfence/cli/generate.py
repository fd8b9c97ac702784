"""``ringfence generate``: policies from templates, or from requests for egress, checked against the cluster."""

from __future__ import annotations

from typing import Any

import click

from ringfence.cli import options, session
from ringfence.cli.progress import progress

_HELP = """Print policies made from a template for this cluster, ready to apply. Nothing is applied or written.

\b
default-deny          deny both directions in a namespace, and keep its DNS
allow-dns             DNS to the DNS pods found; with --resolver, to one resolver only
isolate-namespace     a namespace keeps to itself, DNS and shared services apart
deny-external-egress  cut the Internet from a namespace or tenant, keep the cluster
team-hierarchy        guard rails, a default for each team, an example of a team's policy
egress                what requests for egress ask for: see ringfence generate egress --help

Each is applied to the cluster in mind first: stderr tells what it would close and open.

\b
ringfence generate default-deny cluster.json -n shop > default-deny.yaml
ringfence generate allow-dns cluster.json -n shop --resolver 10.0.0.10 --dialect cilium
ringfence generate deny-external-egress cluster.json --tenant tenant=a
"""

_TEMPLATES = ("default-deny", "allow-dns", "isolate-namespace", "deny-external-egress", "team-hierarchy")


_EGRESS = "egress"


class _Generate(click.Command):
    """``generate egress`` takes other arguments than the templates, so it is a command of its own."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that the first argument names."""
        if args[:1] != [_EGRESS]:
            return super().make_context(info_name, args, parent, **extra)
        from ringfence.cli.generate_egress import command as egress

        return egress.make_context(f"{info_name} {_EGRESS}", args[1:], parent, **extra)


@click.command(
    "generate", cls=_Generate, help=_HELP, short_help="Print policies from a template, checked against the cluster."
)
@click.argument("template", metavar="TEMPLATE", type=click.Choice(_TEMPLATES))
@options.paths
@click.option("-n", "--namespace", "namespace", metavar="NAME", help="The namespace that the policy is for.")
@click.option("--tenant", metavar="KEY=VALUE", help="Instead of -n: the namespaces with this label.")
@click.option("--resolver", metavar="ADDRESS", help="allow-dns: the only resolver; others are cut on 53 and 853.")
@click.option(
    "--dialect",
    type=click.Choice(["networkpolicy", "clusternetworkpolicy", "cilium", "calico"]),
    default="networkpolicy",
    show_default=True,
    help="The policy API to write.",
)
@click.option("--shared", multiple=True, metavar="NS:PORT[/PROTO]", help="A shared service (isolate-namespace, teams).")
@click.option("--caller", "callers", multiple=True, metavar="NS:PORT[/PROTO]", help="isolate-namespace: who may call.")
@click.option(
    "--owner-label", default="team", show_default=True, metavar="KEY", help="team-hierarchy: the label of teams."
)
@options.output("text", "json")
@options.common
def command(
    template: str,
    paths: tuple[str, ...],
    namespace: str | None,
    tenant: str | None,
    resolver: str | None,
    dialect: str,
    shared: tuple[str, ...],
    callers: tuple[str, ...],
    owner_label: str,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    from ringfence.render import generate as rendering

    if namespace and tenant:
        raise click.UsageError("-n and --tenant both name namespaces: give one of them.")
    cluster = session.load(paths, common, tell=output == "text")
    with progress("Checking the policies"):
        answer = cluster.generate(
            template,
            namespace or "",
            tenant=tenant or "",
            resolver=resolver or "",
            dialect=dialect,
            shared=shared,
            callers=callers,
            owner_label=owner_label,
        )
    if output == "json":
        click.echo(rendering.document(answer, cluster.findings), nl=False)
    else:
        click.echo(rendering.manifests(answer), nl=False)
        for line in rendering.summary(answer):
            click.echo(line, err=True)
    session.finish(cluster, common)

"""``ringfence why``: may this connect to that, and why."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, options, session

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.explain.why import WhyAnswer
    from ringfence.fix.search import Fix
    from ringfence.observe.seen import Seen

_SMALL = 500
"""Up to so many pods every fix is tried; with more, the likeliest only."""

_CHEAP = 20_000
"""With more pods than this, finding a fix takes longer than the answer itself: then only the command is named."""

_FIXED = 2
"""Fixes are shown for so many ports; for the others there is the command."""

_HELP = """Say whether SRC may connect to DST, which rules decide, and which came closest.

SRC and DST are namespace/pod, namespace/Kind/name or an IP address; DST may also be service:namespace/name, and its
port is then the Service's, or a DNS name, whose addresses --resolve knows. Without a port, every port that DST declares
is judged. ICMP is asked by its type: DST:icmp/8, DST:icmpv6/128; DST:icmp alone is the echo request of ping. PATH -
is stdin.

\b
ringfence why cluster.json shop/Deployment/web service:shop/cart:80
ringfence why manifests/ shop/web-7d4b9 10.0.0.7:53/UDP

Exit status: 0 allowed, 1 denied, 2 wrong usage or an unknown endpoint.
"""


@click.command("why", help=_HELP, short_help="May SRC connect to DST, and why?")
@options.paths
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST[:PORT[/PROTO]]")
@click.option("--compare", metavar="OTHER_SRC", default="", help="Say what differs from a source that works.")
@click.option(
    "--addresses",
    metavar="ADDR,…",
    default="",
    help="Further addresses of the destination's name: say which of them are allowed, and by which rule.",
)
@click.option("--flows", metavar="STORE", default="", type=click.Path(), help="Say what was really seen, too.")
@flow_input.cluster_option
@options.output("text", "json")
@options.resolve
@options.staged
@options.common
def command(
    paths: tuple[str, ...],
    source: str,
    destination: str,
    compare: str,
    addresses: str,
    flows: str,
    flows_cluster: str,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    from ringfence.explain.query import split_destination
    from ringfence.explain.why import why
    from ringfence.model.icmp import text_of
    from ringfence.render import fix_json, fix_text, why_json, why_text

    target, port = split_destination(destination)
    session.paths_come_first("why", paths, source, destination)
    cluster = session.load(paths, common, tell=output == "text")
    further = [text.strip() for text in addresses.split(",") if text.strip()]
    ends = source, target, port
    answer = why(
        cluster.engine,
        cluster.endpoints,
        *ends,
        compare=compare,
        addresses=further,
        findings=cluster.findings,
        written=lambda ref, direction: cluster.world.writes(ref, direction),  # noqa: PLW0108 -- a world is made if asked
    )
    # A fix is for what is enforced; with staged policies it would be written for a cluster that doesn't exist.
    fixes = {} if common.staged else _fixes(cluster, answer)
    seen = _seen(flows, flows_cluster, cluster, answer) if flows else None
    if output == "json":
        found = [fix_json.fix(fix) for fix in fixes.values() if fix is not None]
        click.echo(why_json.render(answer, cluster.findings, found, seen), nl=False)
    else:
        cni = "" if common.cni == "auto" else f"--cni {common.cni} "
        resolve = f"--resolve {shlex.quote(common.resolve)} " if common.resolve else ""
        ask = f"ringfence fix {cni}{resolve}{shlex.join(paths)} {shlex.quote(source)} {shlex.quote(target)}"
        lines = {
            number: fix_text.short(
                fix,
                best=_is_small(cluster),
                command=f"{ask}:{text_of(judgement.protocol, judgement.port)}".removesuffix("/TCP"),
            )
            for number, fix in fixes.items()
            for judgement in [answer.judgements[number]]
        }
        click.echo(why_text.render(answer, notes=not common.quiet, fixes=lines), nl=False)
        if seen is not None:
            from ringfence.render import flows_seen

            for line in flows_seen.lines(seen):
                click.echo(line)
        if note := session.left_out(cluster):
            click.echo(f"\n{note}")
    session.finish(cluster, common, found=not answer.allowed)


def _seen(store: str, name: str, cluster: Cluster, answer: WhyAnswer) -> Seen:
    """What the flows have of the two ends."""
    from ringfence.observe.seen import seen
    from ringfence.observe.usage import Used

    edges = flow_input.read_between(store, answer.source.endpoints, answer.destination.endpoints, name)
    return seen(answer, Used(edges, cluster.snapshot))


def _fixes(cluster: Cluster, answer: WhyAnswer) -> dict[int, Fix | None]:
    """The best fix found quickly for denied ports; none where that would take long, or nothing was found."""
    from ringfence.fix.propose import propose
    from ringfence.model.ports import Icmp

    denied = [number for number, judgement in enumerate(answer.judgements) if not judgement.allowed]
    fixes: dict[int, Fix | None] = {}
    for number in denied[:_FIXED]:
        judgement = answer.judgements[number]
        if judgement.conditional or isinstance(judgement.protocol, Icmp):
            continue
        fixes[number] = None
        if len(cluster.snapshot.pods) <= _CHEAP:
            asked = judgement.protocol, judgement.port
            ends = answer.source, answer.destination
            found = propose(cluster.world, cluster.endpoints, *ends, asked, quick=not _is_small(cluster)).fixes
            if not found:
                del fixes[number]
                continue
            fixes[number] = found[0]
    return fixes


def _is_small(cluster: Cluster) -> bool:
    return len(cluster.snapshot.pods) <= _SMALL

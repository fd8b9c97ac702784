"""``ringfence flows relay``: reads flows from Hubble Relay into a store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ringfence.cli import flows_options, options
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.flowlogs.relay import Question
    from ringfence.flowlogs.relay_channel import Server

_HELP = """Read flows from Hubble Relay, or the Hubble server of one node, into a store.

ADDRESS is host:port. TLS is used but for this machine, where "cilium hubble port-forward" listens on localhost:4245.
What the server still has is read; --follow goes on with what comes. What was read once is added again by a second run:
give --since then.

\b
ringfence flows relay localhost:4245 --since 2026-11-23T08:00:00Z
ringfence flows relay hubble-relay.example.com:443 --tls-ca ca.crt --tls-cert me.crt --tls-key me.key --follow

Exit status: 0 stored, 2 wrong usage, or a server or store that can't be used.
"""


class Filter(click.ParamType[dict[str, Any]]):
    """A filter as ``hubble observe --allowlist`` takes it."""

    name = "json"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The JSON object."""
        try:
            found = json.loads(str(value))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self.fail(f'{value!r} is no JSON object, such as \'{{"source_pod":["shop/"]}}\'.', param, ctx)
        return found


@click.command("relay", help=_HELP, short_help="Read flows from Hubble Relay into a store.")
@click.argument("address", metavar="ADDRESS")
@flows_options.store
@flows_options.engine
@click.option("--cluster", default="", metavar="NAME", help="Name of the cluster that the flows are of.")
@click.option("--since", type=flows_options.Time(), metavar="TIME", help="Flows from this time on.")
@click.option("--until", type=flows_options.Time(), metavar="TIME", help="Flows up to this time.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="The latest N flows of each node.")
@click.option("--allow", multiple=True, type=Filter(), metavar="JSON", help="Flows that match this filter of Hubble's.")
@click.option("--deny", multiple=True, type=Filter(), metavar="JSON", help="No flows that match this filter.")
@click.option("--follow", is_flag=True, help="Go on with the flows that come, until interrupted.")
@click.option("--plaintext", is_flag=True, help="Connect without TLS.")
@click.option("--tls-ca", default="", metavar="FILE", help="Certificates of those who may sign the server's (PEM).")
@click.option("--tls-cert", default="", metavar="FILE", help="Your certificate, if the server asks for one (PEM).")
@click.option("--tls-key", default="", metavar="FILE", help="The key of your certificate (PEM).")
@click.option("--tls-server-name", default="", metavar="NAME", help="Whom the server's certificate is for.")
@options.output("text", "json")
def command(
    address: str,
    store: str,
    engine: str,
    cluster: str,
    since: float | None,
    until: float | None,
    last: int | None,
    allow: tuple[dict[str, Any], ...],
    deny: tuple[dict[str, Any], ...],
    follow: bool,
    plaintext: bool,
    tls_ca: str,
    tls_cert: str,
    tls_key: str,
    tls_server_name: str,
    output: str,
) -> None:
    """Runs the command."""
    if last is not None and (since is not None or until is not None):
        raise click.UsageError("--last counts from the latest flow, so it goes without --since and --until.")
    if follow and output == "json":
        raise click.UsageError("--follow goes on, so it prints text.")
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    from ringfence.flowlogs.relay import Question
    from ringfence.flowlogs.relay_channel import Server

    server = Server(address, plaintext, tls_ca, tls_cert, tls_key, tls_server_name)
    question = Question(since, until, last, follow, allow, deny)
    if follow:
        _follow(server, question, store, engine, cluster)
    else:
        _once(server, question, store, engine, cluster, output)


def _once(server: Server, question: Question, store: str, engine: str, cluster: str, output: str) -> None:
    from ringfence.flowlogs.reduction import Reduction
    from ringfence.flowlogs.relay import observe
    from ringfence.flows.ingest import Ingest
    from ringfence.flows.store import opened
    from ringfence.render import flows_ingest as rendering

    total = Reduction()
    with progress("Reading the flows"):
        for batch in observe(server, question):
            total.merge(batch)
    with opened(store, engine=engine, write=True) as flows:
        found = [Ingest(flows, cluster=cluster).stream(f"relay:{server.address}", "hubble", total)]
        with progress("Joining flows and pods"):
            flows.derive()
        coverage, number = flows.coverage(), flows.count()
    if output == "json":
        click.echo(rendering.document(found, [], store, coverage, number), nl=False)
        return
    for line in (*rendering.read(found, []), *rendering.summary(store, coverage, number)):
        click.echo(line)


def _follow(server: Server, question: Question, store: str, engine: str, cluster: str) -> None:
    """Stores batch by batch. The store is open only in between, so that others can ask it."""
    from ringfence.flowlogs.relay import observe
    from ringfence.flows.ingest import Ingest
    from ringfence.flows.store import opened
    from ringfence.render import flows_ingest as rendering

    for batch in observe(server, question):
        if not batch.lines and not batch.losses:
            continue
        with opened(store, engine=engine, write=True) as flows:
            found = Ingest(flows, cluster=cluster).stream(f"relay:{server.address}", "hubble", batch)
        for line in rendering.read([found], []):
            click.echo(line)

"""``ringfence generate egress``: requests for egress, made into policies and checked against the cluster."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from ringfence.cli import failures, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.egress import Proposal

_HELP = """Make the policies that requests for egress (kind: EgressRequest) ask for. Nothing is applied.

PATH is where the requests and the cluster are, together or apart. Each request is written for one policy API, with the
DNS that its names need, and tried on the cluster: stderr tells what it allows, closes and opens.

\b
ringfence generate egress request.yaml cluster.json --for cilium > egress.yaml
ringfence generate egress request.yaml cluster.json --for networkpolicy --resolve names.jsonl
ringfence generate egress request.yaml cluster.json --for gke -o text
ringfence generate egress --refresh policies/ --resolve names.jsonl
"""

_CHOICES = ("cilium", "calico", "calico-enterprise", "cnp", "networkpolicy", "gke", "istio")
_CNI = {"cilium": "cilium", "calico": "calico", "calico-enterprise": "calico"}


@click.command("egress", help=_HELP, short_help="Make policies of requests for egress.")
@click.argument("paths", metavar="[PATH...]", nargs=-1, type=click.Path(allow_dash=True))
@click.option("--for", "choice", type=click.Choice(_CHOICES), help="The policy API to write.")
@click.option("--expired", "take_expired", is_flag=True, help="Write requests that are past their last day, too.")
@click.option("--refresh", is_flag=True, help="Compare the names in the policies of PATH with the records; 1 if stale.")
@click.option(
    "--into", metavar="DIR", default="", type=click.Path(), help="helm and kustomize: the new directory to write."
)
@options.output("manifest", "text", "json", "helm", "kustomize")
@options.cluster
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    choice: str | None,
    take_expired: bool,
    refresh: bool,
    into: str,
    output: str,
    live: options.Live,
    common: options.Common,
) -> None:
    """Runs the command."""
    if refresh:
        if output in ("helm", "kustomize"):
            raise click.UsageError("--refresh answers in text or json.")
        _refresh(live.paths(paths), output, common)
    if not paths:
        raise click.UsageError("Name the file with the requests: they stand in no cluster.")
    # The requests are files, so a running cluster is asked beside them.
    paths = (*paths, *(live.base(()) if live.asked else ()), *live.changes)
    if choice is None:
        raise click.UsageError(f"Say for which policy API: --for {'|'.join(_CHOICES)}.")
    if bool(into) != (output in ("helm", "kustomize")):
        raise click.UsageError("--into DIR goes with -o helm and -o kustomize, which need it.")
    _propose(paths, choice, output, into, common, take_expired=take_expired)


def _propose(
    paths: tuple[str, ...], choice: str, output: str, into: str, common: options.Common, *, take_expired: bool
) -> None:
    from ringfence.cluster import Cluster
    from ringfence.egress import KIND, Choice, propose, read
    from ringfence.generate.request import Given
    from ringfence.model.errors import InputError
    from ringfence.render import egress_json, egress_text, findings_text
    from ringfence.sources.documents import load_with_documents

    with progress("Reading the input"):
        stdin = sys.stdin.buffer if "-" in paths else None
        snapshot, documents = load_with_documents(paths, (KIND,), stdin=stdin)
        requests = read(documents.objects, documents.problems)
        if not requests:
            raise InputError(f"There is no {KIND} in {', '.join(paths)}.")
        cni = common.cni if common.cni != "auto" else _CNI.get(choice, "auto")
        cluster = Cluster(snapshot, cni=cni, names=session.names(common))
    if output != "json":
        for line in findings_text.render(cluster.findings, notes=not common.quiet, every=common.verbose):
            click.echo(line, err=True)
    with progress("Checking the policies"):
        given = Given(cluster.snapshot, cluster.survey, cluster.engine)
        today = dt.datetime.now(tz=dt.UTC).date()
        answer = propose(given, requests, Choice(choice), today=today, cni=cni, take_expired=take_expired)
    if output == "json":
        click.echo(egress_json.document(answer, cluster.findings), nl=False)
    elif output == "text":
        for line in egress_text.report(answer):
            click.echo(line)
    else:
        if output == "manifest":
            click.echo(egress_text.manifests(answer), nl=False)
        else:
            _write(answer, output, into)
        for line in egress_text.summary(answer):
            click.echo(line, err=True)
    session.finish(cluster, common, found=not answer.fine)


def _refresh(paths: tuple[str, ...], output: str, common: options.Common) -> NoReturn:
    from ringfence.egress.refresh import compare_names
    from ringfence.render import egress_json, egress_text

    names = session.names(common)
    if names is None:
        raise click.UsageError("--refresh compares with records: give them with --resolve FILE.")
    cluster = session.load(paths, common, tell=False)
    found = compare_names(cluster.snapshot.policies, names)
    if output == "json":
        click.echo(egress_json.refreshed(found, names), nl=False)
    else:
        for line in egress_text.refreshed(found, names):
            click.echo(line)
    click.get_current_context().exit(failures.FOUND if any(each.stale for each in found) else failures.OK)


def _write(answer: Proposal, output: str, into: str) -> None:
    """Writes a chart or overlay into a directory that is new or empty."""
    from ringfence.egress.chart import chart
    from ringfence.egress.overlay import overlay

    files = chart(answer) if output == "helm" else overlay(answer)
    session.write_tree(into, files)

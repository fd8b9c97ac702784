"""``ringfence flows simulate``: seeded traffic for a cluster, in the words of a log format, with ground truth."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import options, session
from ringfence.cli.options import Common
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.engine import Engine

FORMATS = (
    "hubble",
    "hubble-legacy",
    "cilium-monitor",
    "calico",
    "goldmane",
    "ovn-acl",
    "antrea-np",
    "aws-json",
    "aws-text",
    "aws-cloudwatch",
    "aws-vpc",
    "gke",
    "netobserv",
    "iptables",
    "kube-network-policies",
)
"""The names of ``simulate.writers.registry``, here so that ``--help`` starts without it."""

_HELP = """Simulate the traffic of a cluster, and write its flow logs with the truth beside them.

Workloads call what their manifests show that they need, and more; DNS is asked before; jobs run at their hours; pods
are replaced; somebody scans. The cluster's policies decide what passes. Equal seeds make equal files.

\b
ringfence flows simulate cluster.json --hours 24 --seed 7 --out traffic
ringfence flows simulate k8s/ --format ovn-acl --loss rate=20 --out traffic
ringfence flows simulate k8s/ --later 12=proposed/ --not-enforced node-2 --out traffic
"""


_FIRST, _LAST = 1971, 2200
"""Years that every log format can write, with room for what is before the start and for a year of traffic."""


class Moment(click.ParamType[float]):
    """``2026-11-16T08:00Z``, as seconds since 1970."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A time without a zone is UTC."""
        if isinstance(value, float):
            return value
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time. Write it as 2026-11-16 or 2026-11-16T08:00Z.", param, ctx)
        if not _FIRST <= moment.year <= _LAST:
            self.fail(f"{value!r} is not between the years {_FIRST} and {_LAST}.", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


@click.command("simulate", help=_HELP, short_help="Simulate traffic, and write its flow logs.")
@options.paths
@click.option("--out", required=True, metavar="DIR", help="A new directory for logs, inventory and truth.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    metavar="NAME",
    default="hubble",
    show_default=True,
    help="The log format to write.",
)
@click.option("--hours", type=click.FloatRange(0.1, 8760), default=24.0, show_default=True, help="How long it goes on.")
@click.option("--start", type=Moment(), metavar="TIME", help="When it begins; 2026-11-16 by default.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds make equal files.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 100_000),
    default=12.0,
    show_default=True,
    help="Connections an hour from a workload to one of its dependencies.",
)
@click.option(
    "--known-only", is_flag=True, help="Only what the manifests show: no random calls and names, and no scanner."
)
@click.option("--rollouts", type=click.FloatRange(0, 10_000), default=2.0, show_default=True, help="Rollouts a day.")
@click.option(
    "--scanners", type=click.IntRange(0, 1000), default=1, show_default=True, help="Workloads that scan others."
)
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="KIND=VALUE",
    help="What the log loses: lost=0.02, sampling=50 (1 in 50), rate=20 (a second and node); again for several.",
)
@click.option(
    "--later",
    multiple=True,
    metavar="HOURS=PATH",
    help="From so many hours after the start, the policies of PATH are in force.",
)
@click.option(
    "--not-enforced", multiple=True, metavar="NODE", help="The agent of this node enforces nothing; again for several."
)
@click.option("--reject", is_flag=True, help="Denied packets are answered by a reset, where the format can tell.")
@options.output("text", "json")
@options.common
def command(
    paths: tuple[str, ...],
    out: str,
    format_name: str,
    hours: float,
    start: float | None,
    seed: int,
    rate: float,
    known_only: bool,
    rollouts: float,
    scanners: int,
    losses: tuple[str, ...],
    later: tuple[str, ...],
    not_enforced: tuple[str, ...],
    reject: bool,
    output: str,
    common: Common,
) -> None:
    """Runs the command."""
    from ringfence.render import simulation as rendering
    from ringfence.simulate import LossLaw, Plan, simulate, write
    from ringfence.simulate.writers.registry import FORMATS as KNOWN

    _refuse(out)
    usual = Plan()
    plan = Plan(
        seed=seed,
        start=usual.start if start is None else start,
        hours=hours,
        rate=rate,
        random_calls=0.0 if known_only else usual.random_calls,
        random_names=0.0 if known_only else usual.random_names,
        rollouts=rollouts,
        scanners=0 if known_only else scanners,
        not_enforced=frozenset(not_enforced),
        reject=reject,
    )
    law = LossLaw.of(losses, KNOWN[format_name].loss)
    cluster = session.load(paths, common, tell=output == "text")
    if not cluster.snapshot.pods:
        raise click.UsageError("The input has no pod or workload, so there is no traffic to simulate.")
    engines = [(moment, _under(cluster, path)) for moment, path in map(_later, later)]
    with progress("Simulating"):
        simulation = simulate(cluster.snapshot, cluster.engine, plan, later=sorted(engines, key=lambda one: one[0]))
        _check_nodes(not_enforced, [node.name for node in simulation.roster.nodes])
        try:
            written = write(simulation, out, format_name, law)
        except OSError as error:
            raise click.UsageError(f"{out}: {error.strerror or error}.") from None
    if output == "json":
        click.echo(rendering.document(written, plan, out), nl=False)
    else:
        for line in rendering.summary(written, plan, out):
            click.echo(line)
    session.finish(cluster, common)


def _refuse(out: str) -> None:
    """Says at once that the directory is in use, before a large input is read."""
    root = Path(out)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise click.UsageError(f"{out} is there already: name a new directory.")


def _later(text: str) -> tuple[float, str]:
    hours, equals, path = text.partition("=")
    try:
        moment = float(hours)
    except ValueError:
        moment = -1.0
    if not equals or not path or not 0 <= moment < math.inf:
        raise click.UsageError(f"--later {text!r} is no HOURS=PATH, such as 12=proposed/.")
    return moment, path


def _under(cluster: Cluster, path: str) -> Engine:
    """The engine of the cluster with the policies of another input."""
    from ringfence.cluster import Cluster

    return Cluster(session.under(cluster.snapshot, session.snapshot([path])), cni=cluster.cni).engine


def _check_nodes(wanted: tuple[str, ...], known: list[str]) -> None:
    for name in wanted:
        if name not in known:
            raise click.UsageError(f"There is no node {name}. Nodes: {', '.join(known[:10])}.")

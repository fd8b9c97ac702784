"""``ringfence convert``: policies from one dialect to another, proved equal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.convert import Conversion

_HELP = """Print the policies in another dialect, and whether they still say the same. Nothing is applied.

The engine compares before and after: the pods of the cluster, and pods that could be made, one for each way in which
labels and addresses can matter. What the dialect can't say is listed at its rule.

\b
ringfence convert --to cilium cluster.json > cilium.yaml
ringfence convert --to networkpolicy cluster.json --from-kind CiliumNetworkPolicy -n shop
ringfence convert --to calico cluster.json --into calico/

Exit status: 0 proved equal, 1 something is lost or differs, 2 wrong usage or unreadable input.
"""

_DIALECTS = ("networkpolicy", "cilium", "calico", "cnp", "istio")


@click.command("convert", help=_HELP, short_help="Policies in another dialect, proved to say the same.")
@options.paths
@click.option("--to", "to", type=click.Choice(_DIALECTS), required=True, help="The dialect to write.")
@click.option(
    "--from-kind", "kinds", multiple=True, metavar="KIND", help="Convert policies of this kind only; others stay."
)
@click.option("-n", "--namespace", default="", metavar="NAME", help="Convert policies of this namespace only.")
@click.option(
    "--into", "into", metavar="DIR", default="", type=click.Path(), help="Write a file for each object into DIR."
)
@options.output("manifest", "json", "text")
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    to: str,
    kinds: tuple[str, ...],
    namespace: str,
    into: str,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    from ringfence.render import convert as rendering

    cluster = session.load(paths, common, tell=output != "json")
    with progress("Converting and comparing"):
        from ringfence.convert import convert

        answer = convert(cluster.snapshot, to, kinds=kinds, namespace=namespace, cni=common.cni)
    if into:
        _write(answer, Path(into))
    if output == "json":
        click.echo(rendering.document(answer, cluster.findings), nl=False)
    else:
        if output == "manifest" and not into:
            click.echo(rendering.manifests(answer), nl=False)
        for line in rendering.summary(answer, every=common.verbose):
            click.echo(line, err=output == "manifest")
    session.finish(cluster, common, found=not answer.equal)


def _write(answer: Conversion, folder: Path) -> None:
    """One file an object. A file that is there with other contents is left, and nothing is written."""
    from ringfence.fix.yaml_dump import document

    files = {folder / f"{_stem(each)}.yaml": document(each) for each in answer.objects}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            if file.exists() and file.read_text(encoding="utf-8") != text:
                raise click.UsageError(f"{file} is there already, with other contents; nothing is written.")
        for file, text in files.items():
            file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"{error.filename or folder}: {error.strerror or error}.") from None


def _stem(body: dict[str, object]) -> str:
    metadata = body["metadata"]
    named = metadata if isinstance(metadata, dict) else {}
    return "-".join(filter(None, (named.get("namespace", ""), str(body["kind"]).lower(), named["name"])))

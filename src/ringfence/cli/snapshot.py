"""``ringfence snapshot``: a cluster's policy-relevant state as one small, redacted archive."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import click

import ringfence
from ringfence.cli import failures, options
from ringfence.cli.progress import progress

STDOUT = "-"

_HELP = """Write what policies depend on into one small archive, which every command reads like the original.

Nothing else is kept: no Secrets, variables, commands or arguments, of ConfigMaps a mesh's settings alone, and
annotations only if asked for. The same input makes the same bytes.

\b
kubectl get ns,nodes,pods,svc,endpointslices,deploy,sts,ds,rs,jobs,cronjobs,ing,netpol -A -o json > all.json
ringfence snapshot all.json --out cluster.tar.gz
ringfence diff cluster.tar.gz --policies k8s/
"""


@click.command("snapshot", help=_HELP, short_help="Write a redacted archive for CI and bug reports.")
@options.paths
@click.option("--out", required=True, metavar="FILE", help="The archive to write; - is standard output.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--annotations", is_flag=True, help="Keep annotations, but for kubectl's copy of the object.")
@options.output("text", "json")
@click.option("--strict", is_flag=True, help="Write nothing and exit with 1 if anything in the input is unreadable.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors and warnings about the input, no summary.")
@click.option("-v", "--verbose", is_flag=True, help="Show every finding about the input.")
def command(
    paths: tuple[str, ...],
    out: str,
    force: bool,
    annotations: bool,
    output: str,
    strict: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Runs the command."""
    from ringfence.model.finding import Severity
    from ringfence.render import findings_text, snapshot as rendering
    from ringfence.snapshot import make

    if out == STDOUT:
        _refuse_stdout(output)
    else:
        _refuse(out, force=force)
    with progress("Reading the input"):
        stdin = sys.stdin.buffer if "-" in paths else None
        archive = make(paths, version=ringfence.__version__, annotations=annotations, stdin=stdin)
    if output == "text":
        for line in findings_text.render(archive.findings, notes=not quiet, every=verbose):
            click.echo(line, err=True)
    if strict and any(finding.severity is Severity.ERROR for finding in archive.findings):
        click.echo(f"ringfence: --strict: the input has errors, so {out} is not written.", err=True)
        click.get_current_context().exit(failures.FOUND)
    if out == STDOUT:
        sys.stdout.buffer.write(archive.data)
    else:
        _write(out, archive.data, force=force)
    if output == "json":
        click.echo(rendering.document(archive, out), nl=False)
    elif not quiet:
        for line in rendering.summary(archive, out):
            click.echo(line, err=True)


def _refuse_stdout(output: str) -> None:
    if output == "json":
        raise click.UsageError("--out - and -o json both write to standard output: give the archive a file.")
    if sys.stdout.isatty():
        raise click.UsageError("An archive is no text for a terminal. Give --out a file, or send - into a pipe.")


def _refuse(out: str, *, force: bool) -> None:
    """Says at once what would fail in the end, before a large input is read."""
    if not force and os.path.lexists(out):
        raise click.UsageError(f"{out} exists. Give another name, or --force to replace it.")
    if Path(out).is_dir():
        raise click.UsageError(f"{out} is a directory. Give the name of a file.")
    if Path(out).exists() and not Path(out).is_file():  # replacing takes a device away from everybody
        raise click.UsageError(f"{out} is a device or a pipe. Give the name of a file, or - for standard output.")
    parent = Path(out).parent
    if not parent.is_dir():
        raise click.UsageError(f"{parent} is not a directory, so {out} can't be written.")


def _write(out: str, data: bytes, *, force: bool) -> None:
    """Puts the whole archive in its place at once, or nothing. Without ``force`` nothing that exists is replaced."""
    target = Path(out)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            if force:
                Path(name).replace(target)
            else:
                os.link(name, target)  # unlike a rename it fails where something has come to be there
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink()
    except FileExistsError:
        raise click.UsageError(f"{out} exists. Give another name, or --force to replace it.") from None
    except OSError as error:
        raise click.UsageError(f"{out}: {error.strerror or error}.") from None

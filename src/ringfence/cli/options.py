"""Arguments and options that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

_Command = Callable[..., Any]


def paths(command: _Command) -> _Command:
    """Manifests: files, directories, archives; ``-`` is stdin. Without any, the running cluster is asked."""

    @click.argument("paths", metavar="[PATH...]", nargs=-1, type=click.Path(allow_dash=True))
    @cluster
    @functools.wraps(command)
    def wrapped(*args: Any, paths: tuple[str, ...], live: Live, **kwargs: Any) -> Any:
        return command(*args, paths=live.paths(paths), **kwargs)

    return wrapped


@dataclass(frozen=True, slots=True)
class Live:
    """The options about a running cluster, and about what is proposed on top of any input."""

    context: str
    kubeconfig: str
    namespaces: str
    timeout: float | None
    apply: tuple[str, ...]
    delete: tuple[str, ...]

    @property
    def asked(self) -> bool:
        """True where an option speaks of a running cluster."""
        return bool(self.context or self.kubeconfig or self.namespaces or self.timeout is not None)

    @property
    def changes(self) -> tuple[str, ...]:
        """What is proposed, as paths."""
        return (*(f"apply:{path}" for path in self.apply), *(f"delete:{name}" for name in self.delete))

    def base(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """The paths without what is proposed; without any, the running cluster's.

        Raises:
            click.UsageError: both files and a running cluster are named.
        """
        if paths:
            if self.asked:
                raise click.UsageError(
                    "--context, --kubeconfig, --live-namespaces and --request-timeout ask a running cluster, and PATH "
                    "names another input. Leave one out, or write the cluster as a path: live:CONTEXT."
                )
            return paths
        from ringfence.live.target import Target

        target = Target(self.context, self.kubeconfig, namespaces(self.namespaces))
        return (str(target if self.timeout is None else replace(target, timeout=self.timeout)),)

    def paths(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Everything to read, in order."""
        return (*self.base(paths), *self.changes)


def namespaces(text: str) -> tuple[str, ...]:
    """The names of ``--live-namespaces``, as they stand with commas between them."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


def cluster(command: _Command) -> _Command:
    """The options about a running cluster; the command gets them as one argument, ``live``."""

    @click.option("--context", default="", metavar="NAME", help="Ask the running cluster of this context.")
    @click.option(
        "--kubeconfig", default="", metavar="FILE", help="Where the context stands, if not where kubectl looks."
    )
    @click.option(
        "--live-namespaces",
        "namespaces_",
        default="",
        metavar="NS,…",
        help="Ask the cluster for these namespaces only.",
    )
    @click.option(
        "--request-timeout",
        type=click.FloatRange(0.1, 3600),
        metavar="SECONDS",
        help="How long one answer of the cluster may take; 30 by default.",
    )
    @click.option(
        "--apply",
        "apply_",
        multiple=True,
        metavar="PATH",
        type=click.Path(),
        help="What if these manifests were applied on top?",
    )
    @click.option(
        "--delete", "delete_", multiple=True, metavar="NAME", help="What if namespace/Kind/name were deleted?"
    )
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        context: str,
        kubeconfig: str,
        namespaces_: str,
        request_timeout: float | None,
        apply_: tuple[str, ...],
        delete_: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        live = Live(context, kubeconfig, namespaces_, request_timeout, apply_, delete_)
        return command(*args, live=live, **kwargs)

    return wrapped


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command with input has."""

    cni: str
    strict: bool
    quiet: bool
    verbose: bool
    resolve: str = ""
    staged: bool = False


def common(command: _Command) -> _Command:
    """Adds the shared options; the command gets them as one argument, ``common``."""

    @click.option(
        "--cni",
        type=click.Choice(["auto", "generic", "cilium", "calico"]),
        default="auto",
        show_default=True,
        help="Whose reading to follow where network plugins differ.",
    )
    @click.option("--strict", is_flag=True, help="Exit with 1 if anything in the input had to be left out.")
    @click.option("-q", "--quiet", is_flag=True, help="Leave out notes; errors and warnings are still shown.")
    @click.option("-v", "--verbose", is_flag=True, help="Show every finding about the input.")
    @functools.wraps(command)
    def wrapped(*args: Any, cni: str, strict: bool, quiet: bool, verbose: bool, **kwargs: Any) -> Any:
        # Commands that ask for recorded names, or for staged policies, have the option of their own accord: see below.
        own = kwargs.pop("resolve", ""), kwargs.pop("staged", False)
        return command(*args, common=Common(cni, strict, quiet, verbose, *own), **kwargs)

    return wrapped


def resolve(command: _Command) -> _Command:
    """``--resolve FILE``, which the command gets as a part of ``common``: stands above that."""
    return click.option(
        "--resolve",
        metavar="FILE",
        default="",
        type=click.Path(),
        help="Recorded DNS answers: what names in rules and destinations mean.",
    )(command)


def output(*formats: str) -> Callable[[_Command], _Command]:
    """``-o FORMAT``; the first format is the default."""
    return click.option(
        "-o",
        "--output",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Format of the answer.",
    )


def staged(command: _Command) -> _Command:
    """``--staged``, which the command gets as a part of ``common``: stands above that."""
    return click.option(
        "--staged", is_flag=True, help="Read policies that are staged (Calico's Staged kinds) as if they were enforced."
    )(command)

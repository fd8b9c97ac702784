"""Arguments and options that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

_Command = Callable[..., Any]

paths = click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(allow_dash=True))
"""Manifests: files, directories, archives; ``-`` is stdin."""


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

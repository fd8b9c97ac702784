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
        # A command that asks for records of names has the option of its own accord: see below.
        return command(*args, common=Common(cni, strict, quiet, verbose, kwargs.pop("resolve", "")), **kwargs)

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

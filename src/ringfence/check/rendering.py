"""Runs ``kustomize``, ``helm`` or another program that prints manifests. Never a shell: arguments are lists."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ringfence.check.config import Command, Helm, Kustomize, Rendering
from ringfence.model.errors import InputError
from ringfence.sources.inputs import shown

_LINES = 12


def render(rendering: Rendering, directory: Path, where: str = "") -> bytes:
    """What the program prints in a directory; ``where`` tells of which revision it is, such as `` of git:main``.

    Raises:
        InputError: the tool isn't installed, fails, takes too long or prints nothing; what it wrote to its standard
            error is part of the message.
    """
    arguments = _arguments(rendering)
    what = f"{rendering.at}: {shown(rendering.name)}{where}"
    try:
        process = subprocess.Popen(  # noqa: S603 -- a list that the repository's own configuration gives
            arguments,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that what it starts in turn ends with it
        )
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise InputError(f"{what}: {shown(arguments[0])} can't be run: {reason}.") from None
    try:
        output, errors = process.communicate(timeout=rendering.timeout)
    except subprocess.TimeoutExpired:
        raise InputError(
            f"{what}: {shown(arguments[0])} didn't end within {rendering.timeout} s, and was stopped. "
            "Give it longer with timeout."
        ) from None
    finally:
        _end(process)
    if process.returncode:
        said = _said(errors)
        raise InputError(f"{what}: {shown(arguments[0])} failed with status {process.returncode}{said}")
    if not output.strip():
        raise InputError(f"{what}: {shown(arguments[0])} printed nothing{_said(errors)}")
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the program and what it started; nothing of it outlives the check."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _arguments(rendering: Rendering) -> list[str]:
    match rendering.source:
        case Kustomize(directory):
            return [*_first(rendering, ("kustomize", "build"), ("kubectl", "kustomize")), directory]
        case Helm(chart, values, release, namespace):
            options = [text for file in values for text in ("--values", file)]
            if namespace:
                options += ["--namespace", namespace]
            return [*_first(rendering, ("helm", "template")), release, chart, *options]
        case Command(arguments):
            return _program(rendering, arguments)


def _first(rendering: Rendering, *commands: Sequence[str]) -> Sequence[str]:
    """The first of the commands whose program is installed."""
    for command in commands:
        if shutil.which(command[0]) is not None:
            return command
    names = " nor ".join(command[0] for command in commands)
    neither = "Neither " if len(commands) > 1 else ""
    raise InputError(
        f"{rendering.at}: {shown(rendering.name)} can't be rendered: {neither}{names} is "
        f"{'' if neither else 'not '}installed. Install it, or render before and give the output to policies."
    )


def _program(rendering: Rendering, arguments: Sequence[str]) -> list[str]:
    program = arguments[0]
    if "/" not in program and shutil.which(program) is None:
        raise InputError(f"{rendering.at}: {shown(program)} is not installed, or not on the PATH.")
    return list(arguments)


def _said(errors: bytes) -> str:
    lines = [shown(line) for line in errors.decode("utf-8", "replace").strip().splitlines()]
    if not lines:
        return "."
    more = [f"… {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return ":\n" + "\n".join(f"  {line}" for line in [*lines[:_LINES], *more])

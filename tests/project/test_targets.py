"""The make targets and the CI script are there and say what they do."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.docs.paths import ROOT

TARGETS = ("demo", "test", "check", "fix", "bench", "docs")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)


@needs_make
@pytest.mark.parametrize("target", TARGETS)
def test_make_without_a_target_says_what_each_does(target: str) -> None:
    result = run("make")
    assert result.returncode == 0, result.stderr
    assert f"make {target} " in result.stdout


@needs_make
def test_make_refuses_a_python_that_is_too_old(tmp_path: object) -> None:
    result = run("make", "PYTHON=false", f"VENV={tmp_path}/venv", "demo")
    assert result.returncode == 2
    assert "3.11 or newer" in result.stderr


@needs_make
def test_make_names_a_python_that_is_not_there(tmp_path: object) -> None:
    result = run("make", "PYTHON=python-that-is-nowhere", f"VENV={tmp_path}/venv", "demo")
    assert result.returncode == 2
    assert "python-that-is-nowhere is not found" in result.stderr


@pytest.mark.parametrize("target", TARGETS)
def test_contributing_describes_each_target(target: str) -> None:
    assert f"make {target} " in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", [".ci/run", "examples/shop/demo"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert run("bash", "-n", script).returncode == 0


def test_ci_runs_what_the_readme_says() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert "make check" in lines
    assert "make test" in lines
    assert "make test " in (ROOT / "README.md").read_text(encoding="utf-8")

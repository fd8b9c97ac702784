"""The wheel, installed where the repository isn't."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.deploy.chart import ROOT
from tests.integrations.repositories import environment

COPIES = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
SOURCES = [name for line in COPIES for name in line.split()]
"""What the Containerfile copies, so it is enough to build from."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the repository."""
    directory = tmp_path_factory.mktemp("wheel")
    source = directory / "source"
    for name in SOURCES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(directory), "."]
    done = subprocess.run(command, cwd=source, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = directory.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a fresh environment. What Ringfence needs is that of this one; Ringfence itself isn't."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*command, "--no-deps", "--no-index", str(wheel)], env=environment(), check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    # A path in a .pth file is searched, but the .pth files in it, such as that of an editable install, aren't read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin" / "ringfence"


def test_the_example_is_in_it_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition("ringfence/examples/shop/")[2] for name in archive.namelist()} - {""}
    here = ROOT / "examples" / "shop"
    assert names == {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}


def test_the_pages_templates_and_scripts_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in (ROOT / "src" / "ringfence" / "server").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(ROOT / "src")) in names


def test_the_demo_starts_from_it(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [installed, "serve", "--demo", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found is not None, process.stderr.read()
            page = httpx.get(found[0], timeout=30, trust_env=False)
            summary = httpx.get(f"{found[0]}/api/v1/cluster", timeout=30, trust_env=False).json()["summary"]
            causes = httpx.get(f"{found[0]}/api/v1/diagnose", timeout=30, trust_env=False).text
        finally:
            process.kill()
    assert page.status_code == 200
    assert summary["workloads"] == 21
    assert str(installed.parents[1]) in causes, "the example is that of the installation"

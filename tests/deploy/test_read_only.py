"""Ringfence as in its container: a user without rights, a root file system that can't be written, no shell started."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deploy.chart import ROOT, one
from tests.deploy.isolated import isolated, obstacle

PROGRAM = str(Path(sys.executable).with_name("ringfence"))
NOTHING, TEMPORARY = "", "/tmp"


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    if why := obstacle():
        pytest.skip(why)


@contextmanager
def demo(writable: str) -> Iterator[str]:
    """The address of the demo, until the block ends."""
    command = isolated(writable, PROGRAM, "serve", "--demo", "--port", "0")
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None, process.stderr.read()
            yield found[0]
        finally:
            process.kill()


def test_there_nothing_can_be_written() -> None:
    program = (
        "import os, pathlib\n"
        "assert os.getuid() == 65532\n"
        "for path in ('/', '/tmp', '/var/tmp', '/dev/shm', os.getcwd()):\n"
        "    try: pathlib.Path(path, 'x').touch()\n"
        "    except OSError as error: print(error.errno)\n"
        "    else: print(path, 'was written')\n"
    )
    done = subprocess.run(
        isolated(NOTHING, sys.executable, "-c", program), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert set(done.stdout.split()) == {"30"}, "EROFS"


def test_the_server_answers_every_page_without_writing() -> None:
    with demo(NOTHING) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        links = {"/", *re.findall(r'<a [^>]*href="(/[^"#?]*)"', client.get("/").text)}
        assert len(links) > 4
        for path in ("/readyz", "/metrics", "/api/v1/cluster", *sorted(links)):
            assert client.get(path).status_code == 200, path


def test_an_upload_needs_the_temporary_directory_that_the_pod_has() -> None:
    """Starlette's forms keep up to a megabyte in memory, and the rest in a file."""
    manifests = b"#" * ((1 << 20) - 100) + (
        b"\napiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n"  # a little less than may be proposed
    )
    (volume,) = (each for each in one("Deployment")["spec"]["template"]["spec"]["volumes"] if each["name"] == "tmp")
    assert volume["emptyDir"] == {"sizeLimit": "64Mi"}
    with demo(TEMPORARY) as address:
        answer = httpx.post(f"{address}/what-if", files={"file": manifests}, timeout=60, trust_env=False)
    assert answer.status_code == 200


@pytest.mark.parametrize("command", [["--help"], ["reach", "examples/shop"], ["lint", "examples/shop"]], ids=" ".join)
def test_the_other_commands_write_nothing_either(command: list[str]) -> None:
    arguments = isolated(NOTHING, PROGRAM, *command)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout

"""A real PostgreSQL on the loopback address, for one test session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Where ``initdb`` and ``postgres`` are: on the path, or where Debian puts them; None where they aren't."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """The URL of a new, empty server."""
    where = directory / "data"
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(directory, account.pw_uid, account.pw_gid)
    bin_ = programs()
    assert bin_ is not None
    init = [str(bin_ / "initdb"), "-D", str(where), "-U", "ringfence", "-A", "trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(init, check=True, user=user, cwd=directory, stdout=subprocess.DEVNULL)
    serve = [str(bin_ / "postgres"), "-D", str(where), "-c", f"port={port}", "-c", "listen_addresses=127.0.0.1"]
    serve += ["-c", "fsync=off", "-c", f"unix_socket_directories={directory}"]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(serve, user=user, cwd=directory, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ready: list[str] = [str(bin_ / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
            if subprocess.run(ready, check=False).returncode == 0:
                break
            time.sleep(0.1)
        yield f"postgresql://ringfence@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # ends at once; SIGTERM waits for whoever is connected
        server.wait(30)


@contextmanager
def temporary() -> Iterator[str]:
    """A server in a directory of its own, which any user may enter."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        with running(directory) as url:
            yield url

"""Commands as in the container: a user without rights, and a root file system that can't be written."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("readonly.sh")


def isolated(writable: str, *command: str, prepare: str = "") -> list[str]:
    """The command line. ``writable`` are directories between colons, ``prepare`` is shell code that mounts more."""
    return ["unshare", "--mount", "--propagation", "private", "sh", str(SCRIPT), writable, prepare, *command]


@functools.cache
def obstacle() -> str:
    """Why it can't be tried here; empty where it can."""
    if os.geteuid() != 0:
        return "mounting needs root"
    done = subprocess.run(isolated("", "true"), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"a mount namespace can't be made: {done.stderr.strip()}"

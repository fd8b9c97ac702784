"""Where the documents are, and how a reader's shell would run a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    """Every Markdown page that shows examples."""
    return [
        ROOT / "README.md",
        *sorted(ROOT.glob("examples/**/README.md")),
        *sorted(path for path in DOCS.glob("**/*.md")),
    ]


def shell(command: str, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command line in the repository's root, with this environment's ``ringfence`` first on the PATH."""
    bin_dir = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": bin_dir + os.pathsep + os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )

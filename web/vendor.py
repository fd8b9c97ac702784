"""Copies the browser libraries that the server ships from npm's packages, as package-lock.json pins them.

Run by `make vendor` after a change of package.json; needs npm. What is copied is committed, so that an installation
needs neither npm nor a network. VERSIONS.json beside the copies says what each is; a test compares it with the lock.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
INTO = HERE.parent / "src" / "ringfence" / "server" / "static" / "vendor"

FILES = {
    "htmx.org": ("dist/htmx.min.js", "LICENSE"),
    "cytoscape": ("dist/cytoscape.min.js", "LICENSE"),
    "echarts": ("dist/echarts.common.min.js", "LICENSE", "NOTICE"),
}
"""Of each package, the file for browsers, its licence, and what the licence wants passed on."""


def main() -> None:
    """Installs what the lock pins, copies it, and writes what was copied."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=HERE, check=True)
    lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
    INTO.mkdir(parents=True, exist_ok=True)
    versions = []
    for package, (script, *notices) in FILES.items():
        pinned, source = lock[f"node_modules/{package}"], HERE / "node_modules" / package
        copy = INTO / Path(script).name
        shutil.copyfile(source / script, copy)
        for notice in notices:
            shutil.copyfile(source / notice, INTO / f"{package}.{notice}")
        versions.append(
            {
                "file": copy.name,
                "package": package,
                "version": pinned["version"],
                "integrity": pinned["integrity"],
                "sha256": hashlib.sha256(copy.read_bytes()).hexdigest(),
            }
        )
    (INTO / "VERSIONS.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()

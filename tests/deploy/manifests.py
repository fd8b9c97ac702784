"""The plain manifests: what the chart makes of its default values, without Helm's own labels.

``python -m tests.deploy.manifests`` writes them.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.deploy.chart import DEPLOY, texts

DIRECTORY = DEPLOY / "manifests"
OF_HELM = re.compile(r"^ *(app\.kubernetes\.io/managed-by|helm\.sh/chart): .*\n", re.MULTILINE)
HEADS = {
    "deployment.yaml": "",
    "service.yaml": "",
    "networkpolicy.yaml": "# Put the API server's address in place of 192.0.2.1, which is nobody's, before use.\n",
}
"""The files, and what stands above each."""


def expected() -> dict[Path, str]:
    """The text of each file."""
    rendered = texts()
    return {DIRECTORY / name: head + OF_HELM.sub("", rendered[name]).strip() + "\n" for name, head in HEADS.items()}


def write() -> None:
    """Brings the files up to date."""
    for path, text in expected().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()

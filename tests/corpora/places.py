"""Where the corpora are; tests that need them are skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "shared" / "corpora"

needs_corpora = pytest.mark.skipif(not ROOT.is_dir(), reason=f"the external corpora are not at {ROOT}")


def cases(*suites: str, expected: str) -> list[Path]:
    """The directory of every case of these suites that has a file of expectations."""
    return sorted(path.parent for suite in suites for path in (ROOT / suite).glob(f"*/{expected}"))


def case_id(path: Path) -> str:
    """``suite/case``."""
    return f"{path.parent.name}/{path.name}"


def manifests(case: Path) -> Path:
    """The input of a case."""
    directory = case / "manifests"
    return directory if directory.is_dir() else case / "manifests.yaml"

"""Fixtures of the command-line tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import write


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """The directory of the small cluster."""
    return write(tmp_path)

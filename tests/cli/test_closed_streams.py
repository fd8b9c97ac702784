"""Standard streams that are closed, or take no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("ringfence"))


def shell(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, in which ``$0`` is ringfence and ``$1`` the first argument."""
    return subprocess.run(["sh", "-c", line, COMMAND, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("asked", ["lint -", "reach -", 'diff "$1" --policies -', "history import - --cluster x"])
def test_asking_a_closed_input_is_one_sentence(asked: str, shop: str, tmp_path: Path) -> None:
    result = shell(f'cd "$2"; "$0" {asked} <&-', shop, str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.endswith("ringfence: Standard input is closed, so there is nothing to read from -.\n")


def test_a_closed_input_that_nobody_asks_for_is_no_matter(shop: str) -> None:
    assert shell('"$0" reach "$1" -q <&-', shop).returncode == 0


def test_a_closed_output_leaves_the_status(shop: str) -> None:
    result = shell('"$0" reach "$1" -q >&-', shop)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_an_answer_that_could_not_be_written_is_told(shop: str) -> None:
    result = shell('"$0" reach "$1" -q > /dev/full', shop)
    assert result.returncode == 2
    assert result.stderr == "ringfence: The answer could not be written: No space left on device.\n"

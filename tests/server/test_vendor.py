"""The libraries for browsers are those that the lock file pins, whole and with their licences."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import ringfence.server

_VENDOR = Path(ringfence.server.__file__).parent / "static" / "vendor"
_LOCK = Path(__file__).parents[2] / "web" / "package-lock.json"
_VERSIONS = json.loads((_VENDOR / "VERSIONS.json").read_text())


@pytest.mark.parametrize("copied", _VERSIONS, ids=lambda copied: copied["package"])
def test_a_copy_is_what_the_lock_pins(copied: dict[str, str]) -> None:
    pinned = json.loads(_LOCK.read_text())["packages"][f"node_modules/{copied['package']}"]
    assert (copied["version"], copied["integrity"]) == (pinned["version"], pinned["integrity"])
    assert hashlib.sha256((_VENDOR / copied["file"]).read_bytes()).hexdigest() == copied["sha256"]
    assert (_VENDOR / f"{copied['package']}.LICENSE").stat().st_size > 0


def test_no_script_is_there_that_the_lock_does_not_pin() -> None:
    assert {path.name for path in _VENDOR.glob("*.js")} == {copied["file"] for copied in _VERSIONS}
    wanted = json.loads((_LOCK.parent / "package.json").read_text())["dependencies"]
    assert set(wanted) == {copied["package"] for copied in _VERSIONS}

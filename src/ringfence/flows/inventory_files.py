"""States of clusters from what ``--inventory`` names: ``PATH`` or ``PATH@TIME``."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path

from ringfence.flows.state import State, state_of
from ringfence.model.errors import InputError
from ringfence.sources import load_snapshot
from ringfence.sources.inputs import LIVE

_SECONDS = re.compile(r"\d{9,11}(?:\.\d+)?")


def read_state(text: str, cluster: str = "") -> tuple[State, str]:
    """The state of a cluster, and the path that it was read from.

    ``PATH`` is anything that holds the cluster's objects. ``TIME`` is when they were read from it: RFC 3339 (UTC if no
    zone is given), or seconds since 1970. Without it, the time when the file was last changed counts; a running
    cluster is as it is now.

    Raises:
        InputError: the path can't be read, or names no pod, node or Service.
    """
    path, moment = split(text)
    snapshot = load_snapshot([path])
    if moment is None:
        moment = time.time() if path.startswith(LIVE) else _changed(Path(path))
    if not (snapshot.pods or snapshot.nodes or snapshot.services):
        raise InputError(f"{path} has no pod, node or Service, so it maps no flow.")
    return state_of(snapshot, moment, cluster), path


def split(text: str) -> tuple[str, float | None]:
    """Path and time; a text after ``@`` that is no time belongs to the path."""
    path, at, moment = text.rpartition("@")
    if not at or not path:
        return text, None
    seconds = parse_time(moment)
    return (text, None) if seconds is None else (path, seconds)


def parse_time(text: str) -> float | None:
    """Seconds since 1970 for RFC 3339, a date, or such seconds; None for anything else."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)).timestamp()


def _changed(path: Path) -> float:
    if not path.is_dir():
        return path.stat().st_mtime
    return max((file.stat().st_mtime for file in path.rglob("*") if file.is_file()), default=path.stat().st_mtime)

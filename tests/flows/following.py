"""Follows logs with shorter waits than in use; as a program, a directory until it is killed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType

from ringfence.flows import following
from ringfence.flows.following import Following
from ringfence.flows.store import opened

POLL = 0.05


def hasten(change: Callable[[ModuleType, str, float], None]) -> None:
    """Has all that is followed looked at ten times as often; ``change`` sets an attribute."""
    for name, seconds in (("COMMIT", 0.2), ("LOOK", 0.5), ("POLL", POLL)):
        change(following, name, seconds)


if __name__ == "__main__":
    hasten(setattr)
    print("runs", flush=True)
    logs = Following(
        lambda: opened(sys.argv[1], write=True), sys.argv[2:], cluster="", log_format="auto", stop=threading.Event()
    )
    for found in logs.run():
        print(found.name, flush=True)

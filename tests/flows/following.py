"""Follows a directory until it is killed, for the test that does so."""

from __future__ import annotations

import sys
import threading

from ringfence.flows.following import Following
from ringfence.flows.store import opened

if __name__ == "__main__":
    print("runs", flush=True)
    logs = Following(
        lambda: opened(sys.argv[1], write=True), sys.argv[2:], cluster="", log_format="auto", stop=threading.Event()
    )
    for found in logs.run():
        print(found.name, flush=True)

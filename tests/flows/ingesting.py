"""Ingests a directory and says when an input is stored, for the test that kills it."""

from __future__ import annotations

import sys

from ringfence.flows.ingest import Ingest
from ringfence.flows.store import opened

if __name__ == "__main__":
    with opened(sys.argv[1], write=True) as store:
        for found in Ingest(store, workers=1).paths([sys.argv[2]]):
            print(found.name, flush=True)
        store.derive()
        print("done", flush=True)

"""A process that reads parts of logs for another: ``python -m ringfence.flowlogs.worker``, asked over its stdin.

It is started as a command and not by multiprocessing, which would import the program of whoever uses Ringfence as a
library again, or fork a process that has threads.
"""

from __future__ import annotations

import gc
import pickle
import sys
from typing import BinaryIO

from ringfence.flowlogs.work import Begin, Range, Work

FINISH = "finish"


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Does what is asked until the requests end. Ranges and the finish are answered, in order."""
    work: Work | None = None
    while True:
        try:
            request = pickle.load(requests)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        if isinstance(request, Begin):
            work = Work(request)
            continue
        if work is None:
            raise ValueError(f"{type(request).__name__} before an input has begun")
        if isinstance(request, bytes):
            work.chunk(request)
            continue
        answer = work.range(request) if isinstance(request, Range) else work.finish()
        pickle.dump(answer, replies, pickle.HIGHEST_PROTOCOL)
        replies.flush()


if __name__ == "__main__":
    gc.disable()  # nothing that is read refers back to itself, and looking for it takes long among so many objects
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)

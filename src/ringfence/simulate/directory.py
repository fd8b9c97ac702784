"""A simulation as files: the logs of each node, the pods over time, and ground truth beside them."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ringfence.simulate.inventory import states
from ringfence.simulate.loss import LossLaw
from ringfence.simulate.simulation import Simulation
from ringfence.simulate.truth import Truth, moment
from ringfence.simulate.writers.registry import FORMATS

_OPEN = 64
"""Log files that are open at a time."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. ``logs`` are the lines of each log by its path below the directory."""

    format: str
    truth: Truth
    logs: dict[str, int]
    octets: int
    states: int


def write(simulation: Simulation, directory: str, format_name: str, loss: LossLaw | None = None) -> Written:
    """Writes ``logs/NODE/FILE``, ``inventory/TIME.json`` and ``truth.jsonl`` into a directory, which is made.

    Raises:
        KeyError: there is no such format.
        OSError: a file can't be written.
    """
    root = Path(directory)
    truth = Truth(simulation.roster)
    logs: dict[str, int] = {}
    octets = 0
    with _Files(root) as files:
        for line in simulation.records(format_name, loss, truth):
            path = "/".join(filter(None, ("logs", line.node, FORMATS[format_name].file)))
            data = f"{line.text}\n".encode()
            files.write(path, data)
            logs[path] = logs.get(path, 0) + 1
            octets += len(data)
    count = 0
    (root / "inventory").mkdir(parents=True, exist_ok=True)
    for time, text in states(simulation):
        name = f"{moment(time)[:19].replace(':', '')}Z.json"
        dump = root / "inventory" / name
        dump.write_text(text, encoding="utf-8", newline="\n")
        os.utime(dump, (time, time))  # when a dump was made is taken from its file
        count += 1
    with (root / "truth.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for document in truth.documents():
            stream.write(json.dumps(document, separators=(",", ":")) + "\n")
    return Written(format_name, truth, dict(sorted(logs.items())), octets, count)


class _Files:
    """Appends to many files; the one that wasn't written to for longest is closed when there are too many."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[str, IO[bytes]] = OrderedDict()
        self._known: set[str] = set()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *exception: object) -> None:
        for stream in self._open.values():
            stream.close()

    def write(self, path: str, data: bytes) -> None:
        stream = self._open.get(path)
        if stream is None:
            target = self._root / path
            if path not in self._known:
                target.parent.mkdir(parents=True, exist_ok=True)
            stream = self._open[path] = target.open("ab" if path in self._known else "wb")
            self._known.add(path)
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        else:
            self._open.move_to_end(path)
        stream.write(data)

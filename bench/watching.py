"""A cluster that is followed while a thousand events a second arrive: how far behind it is, and how soon it answers.

The events are the lines that a watch sends. They are decoded, kept and answered about as in the server, in one process;
only HTTP is left out, which a stub would have to share the processor with.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.generate import generate
from bench.measure import Case, Numbers
from bench.write import write_json

if TYPE_CHECKING:
    from ringfence.history.keeper import Keeper
    from ringfence.live.discovery import Resource
    from ringfence.server.answers import Answers
    from ringfence.server.source import Followed

Body = dict[str, Any]

EVENTS = 1_000
SECONDS = 20
QUESTIONS = 100
_POLICY_EVERY = 997
"""Events from one change of a policy to the next."""
_LABEL_EVERY = 50
_REPLACED_EVERY = 7


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


def watch(case: Case) -> Numbers:
    """Events at a fixed rate, and questions beside them."""
    from ringfence.history.keeper import Keeper
    from ringfence.history.watcher import Watcher
    from ringfence.server.answers import Answers
    from ringfence.server.run import warm
    from ringfence.server.source import Followed

    bodies = _bodies(case.pods)
    keeper = Keeper()
    resources = _list(keeper, bodies)
    lines = list(_lines(bodies, resources, random.Random(f"watch {case.pods}"), EVENTS * SECONDS))
    pods = [f"{body['metadata']['namespace']}/{body['metadata']['name']}" for body in _pods(bodies)[::2]]
    del bodies
    source = Followed(Watcher("bench", "", keeper, threading.Event()))
    answers = Answers(source)
    warm(answers)
    answers.study.newest()
    load, used = os.getloadavg()[0], time.process_time()
    ended, late, seconds = threading.Event(), [0.0], list[float]()
    asking = threading.Thread(target=_ask, args=(answers, pods, ended, seconds))
    reflecting = _Reflected(source, ended)
    threads = [asking, reflecting.thread]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    _feed(keeper, lines, late, reflecting)
    took = time.perf_counter() - began
    cores = (time.process_time() - used) / took
    time.sleep(2)
    ended.set()
    for thread in threads:
        thread.join()
    answers.study.end()
    source.end()
    seconds.sort()
    return {
        "watch_events": len(lines) / took,
        "watch_behind": late[0],
        "watch_reflected_median": sorted(reflecting.seconds)[len(reflecting.seconds) // 2],
        "watch_reflected_worst": max(reflecting.seconds),
        "watch_why_p50": seconds[len(seconds) // 2],
        "watch_why_p99": seconds[int(len(seconds) * 0.99)],
        "watch_cores": cores,
        "load_before": load,
    }


class _Reflected:
    """How long it takes until answers know of a change of a policy."""

    def __init__(self, source: Followed, ended: threading.Event) -> None:
        self.seconds: list[float] = []
        self.waiting: list[tuple[int, float]] = []
        self._source = source
        self._ended = ended
        self.thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._ended.is_set() or self.waiting:
            known = int(self._source.revision)
            while self.waiting and self.waiting[0][0] <= known:
                self.seconds.append(time.perf_counter() - self.waiting.pop(0)[1])
            time.sleep(0.005)


def _feed(keeper: Keeper, lines: list[tuple[Resource, bytes, bool]], late: list[float], reflecting: _Reflected) -> None:
    from ringfence.live.watch import Change

    decode = msgspec.json.Decoder(_Event).decode
    begin = time.perf_counter()
    for number, (resource, line, is_policy) in enumerate(lines):
        due = begin + number / EVENTS
        pause = due - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        event = decode(line)
        keeper.tell(Change(resource, event.object, event.type == "DELETED"))
        late[0] = max(late[0], time.perf_counter() - due)
        if is_policy:
            reflecting.waiting.append((keeper.version, due))


def _ask(answers: Answers, pods: list[str], ended: threading.Event, seconds: list[float]) -> None:
    """Questions at a fixed rate about any two of these pods."""
    rng, due = random.Random("watch questions"), time.perf_counter()
    while not ended.is_set():
        due += 1 / QUESTIONS
        time.sleep(max(0.0, due - time.perf_counter()))
        source, destination = rng.sample(pods, 2)
        answers.why_report((source, destination, "8080", False))
        seconds.append(time.perf_counter() - due)


def _pods(bodies: list[Body]) -> list[Body]:
    return [body for body in bodies if body["kind"] == "Pod" and not body["spec"].get("hostNetwork")]


def _bodies(pods: int) -> list[Body]:
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as directory:
        path = Path(directory) / "cluster.json"
        write_json(generate(pods), path)
        found: list[Body] = msgspec.json.decode(path.read_bytes())["items"]
    for body in found:
        body["metadata"]["resourceVersion"] = "1"
    return found


def _list(keeper: Keeper, bodies: list[Body]) -> dict[str, Resource]:
    """Lists every kind; the resources by kind."""
    from ringfence.live.discovery import Resource
    from ringfence.live.listing import Listed

    resources: dict[str, Resource] = {}
    by_kind: dict[str, list[msgspec.Raw]] = {}
    for body in bodies:
        group, _, version = body["apiVersion"].rpartition("/")
        resources.setdefault(body["kind"], Resource(group, version, body["kind"], body["kind"].lower()))
        by_kind.setdefault(body["kind"], []).append(msgspec.Raw(msgspec.json.encode(body)))
    for kind, items in by_kind.items():
        keeper.tell(Listed(resources[kind], tuple(items), "1"))
    return resources


def _lines(
    bodies: list[Body], resources: dict[str, Resource], rng: random.Random, count: int
) -> Iterator[tuple[Resource, bytes, bool]]:
    """Mostly pods: their status, now and then another label, and pods that replace others; policies once a second."""
    encode = msgspec.json.Encoder().encode
    pods = _pods(bodies)
    passing = pods[1::2]
    policies = [body for body in bodies if body["kind"] == "NetworkPolicy"]
    gone: Body | None = None
    for number in range(count):
        kind, name = "MODIFIED", "Pod"
        if number % _POLICY_EVERY == _POLICY_EVERY - 1:
            body, name = rng.choice(policies), "NetworkPolicy"
            body["spec"] = rng.choice(policies)["spec"]
        elif gone is not None:
            body, gone, kind = gone, None, "ADDED"
            body["metadata"]["name"] = f"{body['metadata']['name'][:40]}-{number}"
        else:
            body = rng.choice(passing if number % _REPLACED_EVERY == 0 else pods)
            if number % _REPLACED_EVERY == 0:
                gone, kind = body, "DELETED"
            elif number % _LABEL_EVERY == 0:
                body["metadata"].setdefault("labels", {})["pod-template-hash"] = f"{number:08x}"
            else:
                body["status"]["observedGeneration"] = number
        body["metadata"]["resourceVersion"] = str(number + 2)
        yield resources[name], encode({"type": kind, "object": body}), name == "NetworkPolicy"

"""Work behind the requests: who waits, who gets what is known, and what happens to changes in quick succession."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ringfence.server.behind import Behind


class Slowly:
    """Makes text of the newest number, at a pace that the test sets."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.number: object = object()
        self.made: list[object] = []
        self.fails = False
        self.behind: Behind[object, str] = Behind(lambda: self.number, self.make, patience=0.1, pause=0.2)

    def make(self, number: object) -> str:
        self.made.append(number)
        time.sleep(self.seconds)
        if self.fails:
            raise ValueError("it can't be made")
        return f"made {len(self.made)}"

    def change(self) -> None:
        self.number = object()


@pytest.fixture
def slowly() -> Iterator[Slowly]:
    found = Slowly()
    yield found
    found.behind.end()


def eventually(slowly: Slowly) -> bool:
    end = time.monotonic() + 10
    while not slowly.behind.is_newest(slowly.behind.newest()):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_the_first_is_waited_for_and_made_once(slowly: Slowly) -> None:
    slowly.seconds = 0.3
    assert slowly.behind.newest().value == slowly.behind.newest().value == "made 1"


def test_what_is_quick_to_make_is_waited_for_after_each_change(slowly: Slowly) -> None:
    for number in range(1, 5):
        assert slowly.behind.newest().value == f"made {number}"
        slowly.change()


def test_what_takes_long_is_answered_at_once_with_the_one_before(slowly: Slowly) -> None:
    slowly.seconds = 0.3
    first = slowly.behind.newest()
    slowly.change()
    began = time.monotonic()
    assert slowly.behind.newest() is first
    assert time.monotonic() - began < 0.2
    assert not slowly.behind.is_newest(first)
    assert eventually(slowly)
    assert slowly.behind.newest().value == "made 2"


def test_it_is_made_anew_though_nobody_asks(slowly: Slowly) -> None:
    slowly.behind.newest()
    slowly.change()
    end = time.monotonic() + 10
    while len(slowly.made) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert len(slowly.made) == 2


def test_changes_in_quick_succession_are_one(slowly: Slowly) -> None:
    slowly.seconds = 0.2
    slowly.behind.newest()
    for _ in range(100):
        slowly.change()
        time.sleep(0.001)
    assert eventually(slowly)
    assert len(slowly.made) <= 4
    assert slowly.made[-1] is slowly.number


def test_many_who_wait_for_the_same_get_it_from_one_making(slowly: Slowly) -> None:
    slowly.seconds = 0.2
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(slowly.behind.newest().value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == ["made 1"] * 8


def test_what_fails_is_told_to_whoever_asks_and_tried_again_later(slowly: Slowly) -> None:
    slowly.fails = True
    with pytest.raises(ValueError, match="it can't be made"):
        slowly.behind.newest()
    slowly.fails = False
    slowly.change()
    assert eventually(slowly)


def test_nothing_is_made_after_the_end(slowly: Slowly) -> None:
    slowly.behind.newest()
    slowly.behind.end()
    slowly.change()
    time.sleep(0.2)
    assert len(slowly.made) == 1


@pytest.mark.parametrize("urgent", [False, True])
def test_an_urgent_change_is_made_after_a_short_pause(slowly: Slowly, urgent: bool) -> None:
    hurry, begun = [0], list[float]()

    def make(number: object) -> str:
        begun.append(time.monotonic())
        return slowly.make(number)

    slowly.seconds = 1.0
    behind: Behind[object, str] = Behind(lambda: slowly.number, make, pause=5.0, urgent=lambda: hurry[0])
    try:
        behind.newest()
        slowly.change()
        hurry[0] += urgent
        while len(begun) < 2:
            time.sleep(0.01)
    finally:
        behind.end()
    first, second = begun
    assert (second - first < 1.8) is urgent

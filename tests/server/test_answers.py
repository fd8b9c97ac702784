"""Questions side by side: each desk has its own engine, and what is said of the whole is of one moment."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from ringfence.cluster import Cluster
from ringfence.model.objects import Snapshot
from ringfence.server.answers import Answers
from ringfence.server.desk import Desk
from ringfence.server.studying import Finder, find
from ringfence.server.texts import Texts
from tests.server.serving import shop

QUESTION = ("shop/Deployment/checkout", "service:payments/payments", "443", False)
OTHER = ("shop/job", "shop/api", "8080", False)


def test_a_quick_question_is_answered_while_a_slow_one_is_thought_about() -> None:
    answers = Answers(shop())
    thinking, done = threading.Event(), threading.Event()

    def think(_: Cluster) -> bool:
        thinking.set()
        return done.wait(20)

    slow = threading.Thread(target=answers.asked, args=(think,))
    slow.start()
    assert thinking.wait(20)
    assert '"verdict": "blocked"' in answers.why_report(QUESTION)
    done.set()
    slow.join(20)


def test_a_desk_apart_asks_an_engine_of_its_own_and_gives_the_same_answers() -> None:
    cluster = shop().cluster()
    mine, own = Desk(lambda: cluster), Desk(lambda: cluster, apart=True)
    assert mine.ask(lambda each: each.engine) is cluster.engine
    assert own.ask(lambda each: each.engine) is not cluster.engine
    assert own.ask(lambda each: each) is own.ask(lambda each: each)

    def summary(each: Cluster) -> object:
        return each.reach(summary_only=True).summary

    assert own.ask(summary) == mine.ask(summary)


def test_what_a_desk_keeps_goes_with_the_state_that_it_is_of() -> None:
    clusters = [shop().cluster(), shop().cluster()]
    desk = Desk(lambda: clusters[0])
    assert [desk.kept("id", id), desk.kept("id", lambda _: 0)] == [id(clusters[0])] * 2
    clusters.pop(0)
    assert desk.kept("id", id) == id(clusters[0])


def test_the_same_question_is_answered_with_the_same_text_until_the_cluster_changes() -> None:
    answers = Answers(shop())
    first = answers.why_report(QUESTION)
    assert answers.why_report(QUESTION) is first
    assert answers.why_report((*QUESTION[:3], True)) != first
    assert Answers(shop()).why_report(QUESTION) == first


def test_findings_are_all_of_one_moment_and_say_whether_it_is_the_newest() -> None:
    source = shop()
    answers = Answers(source)
    studied = answers.study.newest()
    assert (studied.newest, studied.age) == (True, 0)
    assert studied.cluster is source.cluster()
    assert studied.found.summary == source.cluster().reach(summary_only=True).summary
    assert studied.found.lint.findings == source.cluster().lint().findings
    assert len(studied.found.diagnosis.problems) == len(source.cluster().diagnose().problems)


def test_texts_of_another_state_are_never_given() -> None:
    texts, before, after = Texts(), Snapshot(), Snapshot()
    texts.put(before, QUESTION, "before")
    assert texts.get(before, QUESTION) == "before"
    assert texts.get(after, QUESTION) is None
    texts.put(after, OTHER, "after")
    assert texts.get(before, QUESTION) is None


def test_of_many_texts_those_asked_for_last_are_kept() -> None:
    texts, state = Texts(most=30), Snapshot()
    for number in range(3):
        texts.put(state, (str(number), "", "", False), "x" * 10)
    assert texts.get(state, ("0", "", "", False))
    texts.put(state, ("3", "", "", False), "x" * 10)
    assert texts.get(state, ("1", "", "", False)) is None
    assert texts.get(state, ("0", "", "", False))
    texts.put(state, ("4", "", "", False), "x" * 31)
    assert texts.get(state, ("4", "", "", False)) is None


def test_a_large_cluster_is_studied_in_a_process_of_its_own_with_the_same_outcome() -> None:
    cluster, finder = shop().cluster(), Finder(large=1)
    try:
        found = finder.find(cluster)
        again = finder.find(cluster)
    finally:
        finder.end()
    assert found == again == find(cluster.apart())


def test_a_process_that_ended_is_started_again() -> None:
    cluster, finder = shop().cluster(), Finder(large=1)
    try:
        finder.find(cluster)
        process = finder._process
        assert process is not None
        process.kill()
        process.wait(20)
        assert finder.find(cluster) == find(cluster.apart())
    finally:
        finder.end()


class Unreadable(Cluster):
    """Can't be worked on."""

    def reach(self, *_: object, **__: object) -> NoReturn:
        raise KeyError("nothing")


def test_what_fails_in_the_process_is_told_here_and_the_next_cluster_is_studied() -> None:
    finder = Finder(large=0)
    try:
        with pytest.raises(RuntimeError, match="can't be studied: KeyError: 'nothing'"):
            finder.find(Unreadable(Snapshot()))
        assert finder.find(shop().cluster()).summary.pods
    finally:
        finder.end()

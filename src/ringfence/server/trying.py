"""Policy tests about a change: those that are served, and those that stand beside the manifests of a request."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ringfence.cluster import Cluster
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Finding
from ringfence.render import testing_json, testing_words as words
from ringfence.render.lines import place
from ringfence.server.answers import Answers
from ringfence.server.source import MOST_PROPOSED, PROPOSED
from ringfence.sources.documents import Documents, read_documents
from ringfence.sources.inputs import Source as Input
from ringfence.sources.items import Item
from ringfence.sources.kinds import group_of
from ringfence.sources.limits import Limits
from ringfence.sources.policy_kinds import OWN_GROUP
from ringfence.sources.reader import Reader
from ringfence.testing import planning, reading, running
from ringfence.testing.report import Result, TestReport
from ringfence.testing.suite import KIND, Suite

_LIMITS: Final = Limits(
    yaml_bytes=MOST_PROPOSED, json_bytes=MOST_PROPOSED, archive_bytes=0, archive_members=0, alias_nodes=100_000
)


@dataclass(frozen=True, slots=True)
class Tried:
    """A test before and after a change. ``before`` is None where it means nothing before.

    ``told`` says what became of it: ``broken``, ``repaired``, ``failed`` both times or before nothing, or ``passed``.
    """

    suite: str
    name: str
    promise: str
    reason: str
    before: bool | None
    told: str
    example: str
    place: str


def served(paths: Sequence[str]) -> tuple[Suite, ...]:
    """The tests in files that are named on the command line.

    Raises:
        InputError: a file can't be read, a test is wrong, or there is none.
    """
    if not paths:
        return ()
    found = read_documents(paths, (KIND,))
    suites = reading.read(found.objects, found.problems)
    if not suites:
        raise InputError(f"There is no {KIND} in {', '.join(paths)}.")
    return suites


def suites_of(text: bytes, *, needed: bool = False) -> tuple[tuple[Suite, ...], bool]:
    """The tests in the text of a request, and whether there is anything else in it.

    Raises:
        InputError: it can't be read, a test is wrong, or one is ``needed`` and a text without any isn't empty.
    """
    if len(text) > MOST_PROPOSED:
        raise InputError(f"The tests are longer than {MOST_PROPOSED >> 20} MiB.")
    if not text.strip():
        return (), False
    try:
        _ = text.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("The tests are not UTF-8 text.") from None
    documents, others = Documents((KIND,)), False
    findings: list[Finding] = []

    def take(item: Item) -> None:
        nonlocal others
        documents.take(item)
        others = others or group_of(item.api_version) != OWN_GROUP

    Reader(_LIMITS, findings, take, documents.begin).read(Input(PROPOSED, "-", named=True), io.BytesIO(text))
    documents.heed(findings, unread=True)
    if needed and not documents.objects:
        raise InputError(str(findings[0]) if findings else f"There is no {KIND} among the tests.")
    return reading.read(documents.objects, documents.problems), others


def tried(answers: Answers, suites: Sequence[Suite], after: Cluster) -> list[Tried]:
    """Each test before and after a change, those first that it breaks.

    Raises:
        InputError: a test means nothing in the cluster with the change.
    """
    if not suites:
        return []
    later = run(suites, after)
    earlier = {_key(each): each for each in answers.asked(partial(_earlier, suites))}
    found = [_tried(earlier.get(_key(each)), each) for each in later.results]
    order = ("broken", "failed", "repaired", "passed")
    return sorted(found, key=lambda each: order.index(each.told))


def run(suites: Sequence[Suite], cluster: Cluster) -> TestReport:
    """Judges the tests.

    Raises:
        InputError: one means nothing in this cluster.
    """
    return running.run(planning.plan(suites, cluster.snapshot), cluster.engine, cluster.findings)


def report_of(answers: Answers, text: bytes) -> str:
    """The TestReport about a request: its tests, else those that are served, over the cluster with its manifests.

    Raises:
        InputError: the text can't be read, or a test is wrong.
        QueryError: there is no test.
    """
    given, has_manifests = suites_of(text)
    suites = given or answers.suites
    if not suites:
        raise QueryError(f"There is no {KIND} in the request, and the server has none: --tests names some.")
    if has_manifests:
        after = answers.source.proposed(text)
        return testing_json.render(run(suites, after), after.findings)
    return answers.asked(lambda cluster: testing_json.render(run(suites, cluster), cluster.findings))


def _earlier(suites: Sequence[Suite], cluster: Cluster) -> list[Result]:
    """The tests that mean something before the change: others speak of what it brings."""
    try:
        return list(run(suites, cluster).results)
    except InputError:
        found: list[Result] = []
    for suite in suites:
        for case in suite.cases:
            with suppress(InputError):
                found += run((replace(suite, cases=(case,)),), cluster).results
    return found


def _key(result: Result) -> tuple[str, str, str]:
    case = result.planned.case
    return result.planned.suite.name, case.name, str(case.origin)


def _tried(before: Result | None, after: Result) -> Tried:
    case = after.planned.case
    passed = before.passed if before is not None else None
    told = ("repaired" if passed is False else "passed") if after.passed else "broken" if passed else "failed"
    where = "" if case.origin.position.file == PROPOSED else place(case.origin)
    suite = after.planned.suite.name
    return Tried(suite, case.name, words.promise(case), case.reason, passed, told, words.counter_example(after), where)

"""The policy tests over the work tree, and over the base those that fail: which promises does this change break?"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.check.config import Config
from ringfence.check.report import TestOutcome, TestsPart
from ringfence.cluster import Cluster
from ringfence.model.errors import InputError
from ringfence.sources.documents import read_documents
from ringfence.testing.judging import Bench
from ringfence.testing.planning import plan
from ringfence.testing.problems import BadSuiteError
from ringfence.testing.reading import read
from ringfence.testing.running import run
from ringfence.testing.suite import KIND, Suite


def read_suites(config: Config, paths: Sequence[str]) -> tuple[Suite, ...]:
    """The suites in these files and directories.

    Raises:
        InputError: a suite is wrong, or there is none. A check without tests must not look like one that passed them.
    """
    documents = read_documents(paths, (KIND,))
    suites = read(documents.objects, documents.problems)
    if not suites:
        raise InputError(f"{config.tests[0].at}: There is no {KIND} in {', '.join(paths)}.")
    return suites


def judge_promises(config: Config, suites: Sequence[Suite], cluster: Cluster, before: Cluster | None) -> TestsPart:
    """What came of every test.

    Raises:
        InputError: a test names what the cluster doesn't have.
    """
    report = run(plan(suites, cluster.snapshot, config.owner_label), cluster.engine, cluster.findings)
    failed = [number for number, result in enumerate(report.results) if not result.passed]
    earlier = _earlier(config, suites, before, failed) if before is not None and failed else {}
    return TestsPart(tuple(TestOutcome(result, earlier.get(n)) for n, result in enumerate(report.results)))


def _earlier(config: Config, suites: Sequence[Suite], before: Cluster, numbers: Sequence[int]) -> dict[int, bool]:
    """Whether the base keeps these promises; none where it can't be asked, such as for a workload that is new."""
    try:
        there = plan(suites, before.snapshot, config.owner_label)
    except BadSuiteError:
        return {}
    bench = Bench(there, before.engine)
    return {number: bench.passes(there.cases[number]) for number in numbers}

"""Some tests of some suites, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ringfence.explain.suggest import did_you_mean
from ringfence.model.errors import QueryError
from ringfence.testing.suite import Suite


def only(suites: Iterable[Suite], patterns: Sequence[str]) -> tuple[Suite, ...]:
    """The suites with the tests alone whose name matches one of the patterns; ``*`` is any text, ``?`` any character.

    Raises:
        QueryError: a pattern matches no test: it was meant for one.
    """
    given = tuple(suites)
    names = [case.name for suite in given for case in suite.cases]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise QueryError(f"No test is named {pattern!r}.{did_you_mean(pattern, names)}")
    kept = (
        replace(
            suite, cases=tuple(case for case in suite.cases if any(fnmatchcase(case.name, one) for one in patterns))
        )
        for suite in given
    )
    return tuple(suite for suite in kept if suite.cases)

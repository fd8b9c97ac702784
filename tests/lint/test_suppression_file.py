"""Suppressions in a file: they mean what the annotation means, and what can't be meant is refused with its place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from ringfence import load
from ringfence.lint.suppression_file import Kept, read, set_aside, write
from ringfence.lint.suppressions import Suppression
from ringfence.model.errors import InputError
from ringfence.model.origin import UNKNOWN, ObjectRef

HEAD = "apiVersion: ringfence.dev/v1\nkind: Suppressions\nsuppressions:"
TODAY = dt.date(2026, 11, 23)

# RF201: its selector selects no pod (docs/rules).
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: lonely, namespace: a}
spec:
  podSelector: {matchLabels: {app: nobody}}
  policyTypes: [Ingress]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
"""


def found(path: Path, suppressed: str, today: dt.date = TODAY) -> tuple[list[str], list[str]]:
    """The codes that are told of the policy, and those that are not."""
    (path / "m.yaml").write_text(POLICY)
    (path / "s.yaml").write_text(HEAD + suppressed)
    report = set_aside(load(str(path / "m.yaml")).lint(), read(str(path / "s.yaml")), today)
    codes = [each.code.code for each in report.findings if each.subject is not None]
    return codes, [each.finding.code.code for each in report.suppressed]


ONE = "\n- {code: RF201, object: a/NetworkPolicy/lonely, reason: comes later"


def test_what_is_suppressed_in_a_file_is_set_aside(tmp_path: Path) -> None:
    assert "RF201" in found(tmp_path, " []")[0]
    told, hidden = found(tmp_path, ONE + "}")
    assert "RF201" not in told
    assert hidden == ["RF201"]


def test_it_holds_through_its_last_day_and_comes_back_after_it(tmp_path: Path) -> None:
    for until in ('"2026-11-23"', "2026-11-23"):
        assert found(tmp_path, f"{ONE}, until: {until}}}")[1] == ["RF201"]
    told, hidden = found(tmp_path, f"{ONE}, until: 2026-11-22}}")
    assert {"RF201", "RF061"} <= set(told)
    assert hidden == []


def test_one_that_suppresses_nothing_is_told(tmp_path: Path) -> None:
    told, _ = found(tmp_path, "\n- {code: RF201, object: a/NetworkPolicy/other, reason: gone}")
    assert {"RF201", "RF062"} <= set(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n- {code: RF999, object: a/NetworkPolicy/b, reason: x}", r"s\.yaml:4:10: There is no rule RF999"),
        ("\n- {code: RF201, object: b, reason: x}", r"s\.yaml:4:25: 'b' is no object"),
        ("\n- {code: RF201, object: a/b/c/d, reason: x}", "is no object"),
        ("\n- {code: RF201, object: a/b/c}", r"s\.yaml:4:3: The suppression has no reason"),
        ("\n- {code: RF201, object: a/b/c, reason: ''}", "Reason must be a text"),
        ("\n- {code: RF201, object: a/b/c, reason: 7}", "Reason must be a text"),
        ("\n- {code: RF201, object: a/b/c, reason: x, until: soon}", "'soon' is no date"),
        ("\n- {code: RF201, object: a/b/c, reason: x, untill: 2026-12-31}", "no field 'untill'"),
        ("\n- text", "This is no suppression"),
        (" x", "need a list suppressions"),
        (" []\nmore: x", "no field 'more'"),
    ],
)
def test_what_cant_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text + "\n")
    with pytest.raises(InputError, match=said):
        read(str(path))


def test_a_file_of_something_else_is_no_file_of_suppressions(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(POLICY)
    with pytest.raises(InputError, match="There is no Suppressions"):
        read(str(path))


_LINE = (
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40).map(str.strip).filter(bool)
)
_NAME = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
_KEPT = st.builds(
    Kept,
    st.builds(
        Suppression,
        code=st.sampled_from(["RF201", "RF603"]),
        reason=_LINE,
        until=st.none() | st.dates(),
        subject=st.builds(ObjectRef, st.just("NetworkPolicy"), _NAME, st.just("") | _NAME),
        origin=st.just(UNKNOWN),
        owner=st.just("") | _LINE,
    ),
    st.just("") | _LINE,
    st.just("") | _LINE,
)


@given(st.lists(_KEPT, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, kept: list[Kept]) -> None:
    path = tmp_path_factory.mktemp("written") / "s.yaml"
    path.write_text(write(kept), encoding="utf-8")
    again = [Kept(_without_place(each.suppression), each.by, each.at) for each in read(str(path))]
    assert again == kept


def _without_place(one: Suppression) -> Suppression:
    return Suppression(one.code, one.reason, one.until, one.subject, UNKNOWN, one.owner)

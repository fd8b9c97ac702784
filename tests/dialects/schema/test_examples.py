"""Every field of every kind is looked at: a field that isn't one, or is of another type, is told at its place."""

from __future__ import annotations

import copy

import pytest

from ringfence.dialects import read_policies
from ringfence.model.finding import Finding
from ringfence.model.objects import Service, Snapshot, format_path
from tests.clusters import snapshot_with
from tests.dialects.schema.examples import EXAMPLES, Body, Steps, places, put

# What is said of a whole kind or object, and not of its form.
_NOT_ABOUT_FORM = {"RF116", "RF120", "RF121", "RF122", "RF123", "RF124", "RF051"}
_CLUSTER = Snapshot(services=(Service("n", "s", ()),))
_OF_THE_LOADER = [("metadata",), ("metadata", "name"), ("metadata", "namespace")]
"""What makes an object known; without it there is none."""

_MAPS_OF_THE_AUTHOR = {"labels", "annotations", "matchLabels", "labelsToApply", "portLevelMtls", "ports", "l7"}


def findings(body: Body) -> list[Finding]:
    """What is told of the form of an object."""
    _, found = read_policies(snapshot_with(_CLUSTER, [body]))
    return [finding for finding in found if finding.code.code not in _NOT_ABOUT_FORM]


def free(steps: Steps) -> bool:
    """True where the keys of a mapping are the author's own."""
    names = [step for step in steps if isinstance(step, str)]
    return bool(names) and ((names[-1] in _MAPS_OF_THE_AUTHOR and not isinstance(steps[-1], int)) or names[-1] == "l7")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_valid_object_gives_nothing(name: str) -> None:
    assert findings(EXAMPLES[name]) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_unknown_field_is_told_wherever_it_stands(name: str) -> None:
    missed = []
    for steps, value in places(EXAMPLES[name]):
        if isinstance(value, dict) and not free(steps):
            body = copy.deepcopy(EXAMPLES[name])
            put(body, (*steps, "zzz"), "a")
            paths = [finding.origin.path for finding in findings(body) if finding.code.code == "RF113"]
            if paths != [format_path((*steps, "zzz"))]:
                missed.append((format_path((*steps, "zzz")), paths))
    assert missed == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_value_of_another_type_is_told_wherever_it_stands(name: str) -> None:
    missed = []
    for steps, value in places(EXAMPLES[name]):
        if steps[:1] in ((), ("apiVersion",), ("kind",)) or steps in _OF_THE_LOADER:
            continue
        body = copy.deepcopy(EXAMPLES[name])
        put(body, steps, [["a"]] if not isinstance(value, list) else {"zzz": "a"})
        if not findings(body):
            missed.append(format_path(steps))
    assert missed == []

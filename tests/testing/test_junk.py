"""Whatever stands in a suite, the answer is a suite or a list of problems with their places, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef
from ringfence.testing import planning, reading
from ringfence.testing.problems import BadSuiteError
from ringfence.testing.suite import API_VERSION, KIND, Group
from tests.clusters import NoMap
from tests.testing.suites import world

WORDS = (*map(str, Group), "shop/web", "data/db", "shop/Pod/cart", "service:data/db", "10.0.0.0/8", "10.0.0.1", "webs")
VALUES = (*WORDS, "allowed", "denied", "from", "to", "ports", "http", "53/UDP", "1-9", "any", "", "app", "shop", "red")
KEYS = (
    "name", "reason", "from", "to", "ports", "expect", "exists", "except", "only", "exactly", "namespace", "team",
    "namespaceLabels", "namespaceSelector", "labels", "podSelector", "matchLabels", "addresses", "newPod", "tpyo",
)  # fmt: skip

scalars = st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.sampled_from(VALUES), st.text(max_size=3))
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=2)), inner, max_size=4),
    ),
    max_leaves=12,
)
ends = st.one_of(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=3), junk)
connections = st.fixed_dictionaries({}, optional={"from": ends, "to": ends, "ports": st.one_of(scalars, junk)})
cases = st.one_of(
    junk,
    st.builds(
        lambda start, more: {**start, **more},
        connections,
        st.fixed_dictionaries(
            {"name": st.one_of(st.text(min_size=1, max_size=3), junk)},
            optional={
                "expect": st.one_of(st.sampled_from(("allowed", "denied")), junk),
                "only": st.one_of(connections, st.lists(connections, max_size=2), junk),
                "except": st.one_of(connections, junk),
                "exactly": st.one_of(connections, junk),
                "exists": st.one_of(st.sampled_from(("from", "to", "ports")), junk),
                "tpyo": junk,
            },
        ),
    ),
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.one_of(st.just({"name": "suite"}), junk),
        "define": st.one_of(st.just({"webs": "shop/web"}), junk),
        "ownerLabel": st.one_of(st.just("team"), junk),
        "tests": st.one_of(st.lists(cases, max_size=3), junk),
        "tests2": junk,
    },
)


@given(bodies)
def test_any_document_is_a_suite_or_a_list_of_problems(body: dict[str, Any]) -> None:

    raw = RawObject(
        ObjectRef(KIND, "suite", "", API_VERSION), {"apiVersion": API_VERSION, "kind": KIND, **body}, NoMap()
    )
    try:
        planning.plan(reading.read([raw]), world())
    except BadSuiteError as error:
        assert all(finding.what.endswith(".") for finding in error.findings)  # noqa: PT017 -- either answer is right

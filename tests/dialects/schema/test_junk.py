"""Whatever stands in an object of any kind, comparing it with its table ends in findings, never in an exception."""

from __future__ import annotations

import copy

from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.model.objects import Snapshot
from tests.clusters import snapshot_with
from tests.dialects.schema.examples import EXAMPLES, places, put

junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.floats(allow_nan=True), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
_OF_THE_LOADER = [(), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")]


@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_an_object_with_a_part_replaced_by_junk_is_read(name: str, data: st.DataObject) -> None:
    body = copy.deepcopy(EXAMPLES[name])
    steps = data.draw(st.sampled_from([steps for steps, _ in places(body) if steps not in _OF_THE_LOADER]))
    put(body, steps, data.draw(junk))
    _, findings = read_policies(snapshot_with(Snapshot(), [body]))
    assert all(finding.what.endswith(".") for finding in findings)

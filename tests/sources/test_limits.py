"""Nothing that is read may exhaust memory, time or the stack."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from ringfence.model.errors import InputError
from ringfence.sources import Limits
from tests.sources.loading import load_text, of_code, pod, pods

GOOD = pod("good")


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(10))}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_a_billion_laughs_are_refused_at_once_and_other_documents_are_read() -> None:
    tracemalloc.start()
    snapshot = load_text(GOOD + laughs(12) + "---\n" + pod("other"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(pods(snapshot)) == {"default/good", "default/other"}
    (finding,) = of_code(snapshot, "RF004")
    # An alias is one value and stands for those of its anchor: a0 is 11, a1 121, a2 1,221, a3 12,221, a4 122,221. With
    # the 135,740 before it, the eighth alias on the line of a5 passes a million.
    assert str(finding.origin.position) == "<stdin>:12:45"
    assert peak < 20_000_000


def test_merges_count_as_what_they_bring() -> None:
    base = "base: &b {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\n"
    text = GOOD + base + "".join(f"m{n}:\n  <<: *b\n" for n in range(2000))
    assert of_code(load_text(text), "RF004")


def test_many_merges_into_one_mapping_take_no_time() -> None:
    begin = time.perf_counter()
    assert of_code(load_text(GOOD + "base: &b {}\nmany:\n" + "  <<: *b\n" * 100_000), "RF004")
    assert time.perf_counter() - begin < 20


def test_a_chain_of_aliases_can_not_be_deeper_than_what_is_written_may_be() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 5000))
    assert of_code(load_text(GOOD + chain), "RF004")


def test_aliases_within_the_bound_are_read() -> None:
    assert of_code(load_text(GOOD + "kind: X\napiVersion: v1\n" + laughs(4)), "RF004") == []


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 200_000, "- " * 100_000, "? " * 100_000, "[{" * 100_000])
def test_deep_nesting_of_yaml_is_refused_without_recursion(text: str) -> None:
    begin = time.perf_counter()
    snapshot = load_text(GOOD + text)
    assert len(snapshot.pods) == 1
    assert {finding.code.code for finding in snapshot.findings} & {"RF002", "RF003"}
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "[" * 5000 + "]" * 5000])
def test_deep_nesting_of_json_is_refused_without_recursion(text: str) -> None:
    with pytest.raises(InputError):
        load_text(text)


def test_a_deep_item_of_a_json_list_costs_no_other() -> None:
    deep = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"deep"},"spec":' + '{"x":' * 300 + "{}" + "}" * 301
    fine = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "fine"}, "spec": {}})
    assert "default/fine" in pods(load_text(f'{{"apiVersion":"v1","kind":"List","items":[{deep},{fine}]}}'))


def test_a_text_over_the_limit_is_refused() -> None:
    with pytest.raises(InputError, match="larger than 1 KiB"):
        load_text(GOOD * 100, Limits(yaml_bytes=1024))


def test_json_has_its_own_limit() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x" * 2000}, "spec": {}})
    assert len(load_text(text, Limits(yaml_bytes=1024)).pods) == 1
    with pytest.raises(InputError, match="larger than 1 KiB"):
        load_text(text, Limits(json_bytes=1024))


def test_a_very_long_scalar_and_a_very_long_number_are_read_in_no_time() -> None:
    begin = time.perf_counter()
    load_text(GOOD + f"kind: X\napiVersion: v1\na: {'9' * 2_000_000}\nb: {'1_' * 1_000_000}\nc: {'x' * 5_000_000}\n")
    assert time.perf_counter() - begin < 20

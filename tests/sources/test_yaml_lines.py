"""What is read line by line is what the parser's events give; where a line leaves room for doubt, nothing is read."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, strategies as st

from ringfence.sources.limits import Limits
from ringfence.sources.yaml_document import YamlError
from ringfence.sources.yaml_events import EventReader
from ringfence.sources.yaml_lines import LineReader
from ringfence.sources.yaml_reader import chunks
from tests.corpora import places

_EVENTS = EventReader(Limits())
_READER = LineReader(Limits().depth)


def agrees(text: bytes) -> bool:
    """Whether the text is read by lines; it must not be, or give what the events give."""
    block = _READER.document(text)
    if block is None:
        return False
    try:
        (document,) = islice(_EVENTS.documents(text), 2)
    except YamlError as error:
        raise AssertionError(f"{text!r} was read, though {error}") from None
    assert repr(block.value) == repr(document.value)  # so 1, 1.0 and True are told apart
    assert list(block.table.places) == list(document.table.places)
    assert block.table.ends == document.table.ends
    assert not document.repeats
    assert not document.table.keys
    return True


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "---\na: b\n",
        "--- # the first\na: b # and the last\n",
        "a:\n",
        "a:\nb:\n  c:\nd: x\n",
        "a:\n- b\n- c\nd: e\n",
        "a:\n  - b\n  - c\nd: e\n",
        "a:\n- b: 1\n  c:\n  - d\n  - e: f\n    g:\n- h: {}\n",
        "a: {}\nb: []\nc:\n- {}\n- []\n",
        "# first\n\na:\n  # inside\n  b: c\n\n# last\n",
        "a: 'x: y'\nb: \"# z\"\nc: ''\n",
        "a: x:y\nb: http://c:80/#d\ne: f#g\nh: i  j\n",
        "a: yes\nb: 0755\nc: 1e3\nd: ~\ne: 12:30:45\nf: y\ng: .5\nh: -1\ni: -x\n",
        "a: x [y] {z}, &w *v !u %t @s `r | q > p\n",
        "a:   x   \nb:\t\n".replace("\t", "  "),
    ],
)
def test_these_texts_are_read_by_lines(text: str) -> None:
    assert agrees(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a\n",
        "- a\n",
        "{a: b}\n",
        "a: b\na: c\n",  # a key twice
        "a: b\n  c\n",  # a scalar of two lines
        "a: b\n  c: d\n",
        "a:\n  b\n",
        "a:\n  b: c\n d: e\n",  # a column that nothing began in
        "a: - b\n",
        "a: b: c\n",
        "a: |\n  b\n",
        "a: >-\n  b\n",
        "a: &x b\n",
        "a: *x\n",
        "a: !!str 1\n",
        "a: [b]\n",
        "a: {b: c}\n",
        'a: "b\\n"\n',
        "a: 'b''c'\n",
        "a: 'b'c\n",
        'a: "b\n  c"\n',
        "yes: b\n",
        "null: b\n",
        "1: b\n",
        "<<: b\n",
        "? a\n: b\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: é\n",
        "a:\n- - b\n",
        "a:\n-\n  b: c\n",
        "a:\n  - b\n- c\n",
        "a:\n- b\n  - c\n",
        "a:\n- b: c\n   d: e\n",
        "%YAML 1.1\n---\na: b\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "--- a\n",
        "---a: b\n",
        "a: .inf\n",
        "a: b\0\n",
        " a: b\n",
    ],
)
def test_these_texts_are_left_to_the_events(text: str) -> None:
    assert not agrees(text.encode())


_WORDS = st.sampled_from(
    ["a", "b", "app", "x-y", "k8s.io/name", "yes", "on", "0755", "1e3", "1.5", "~", "null", "-", "y"]
)
_TEXTS = st.text(st.sampled_from("ab1.:-#'\" /{}[]&*!|>%@,~_\\\t\n"), max_size=8)
_SCALARS = _WORDS | _TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | _TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(value=st.dictionaries(_WORDS, _VALUES, min_size=1, max_size=4), indented=st.booleans(), noise=st.data())
def test_documents_that_a_writer_makes_are_read_alike(value: object, indented: bool, noise: st.DataObject) -> None:
    class Writer(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, indentless and not indented)

    lines = yaml.dump(value, Dumper=Writer, default_flow_style=False, sort_keys=False, width=10_000).split("\n")
    for _ in range(noise.draw(st.integers(0, 2))):
        more = noise.draw(st.sampled_from(["", "  ", "# a", "    # b", "a: b", "- c", "  d:", "  - e", " f", "g"]))
        lines.insert(noise.draw(st.integers(0, len(lines))), more)
    agrees("\n".join(lines).encode())


_PARTS = st.sampled_from(
    ("a", "b", ":", ": ", " ", "  ", "- ", "-", "\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "#", " # c", "'", '"',
     "1", "{}", "[]", "a:", "a: ", "b: c", "~", ",", ".", "\n---", "\n...", "&", "*", "|", "!", "%", "?", "x: {", "\t")
)  # fmt: skip


@given(parts=st.lists(_PARTS, max_size=24))
@example(parts=["a: ", "b", "\n  ", "# c", "\n  ", "a: "])
@example(parts=["a:", " # c", "\n- ", "a:", "\n- ", "b: c"])
def test_texts_put_together_at_random_are_read_alike_or_not_at_all(parts: list[str]) -> None:
    agrees(("a: b\n" + "".join(parts)).encode())
    agrees("".join(parts).encode())


def test_nesting_is_read_as_deep_as_by_events() -> None:
    for deepest in (3, 4, 5):
        text = b"a:\n  b:\n    c:\n      d: e\n"
        events = EventReader(Limits(depth=deepest))
        read = LineReader(deepest).document(text) is not None
        try:
            by_events = len(list(events.documents(text))) == 1
        except YamlError:
            by_events = False
        assert read == by_events


@pytest.mark.parametrize("top", [Path(__file__).parents[2] / "examples", places.ROOT], ids=["examples", "corpora"])
def test_manifests_that_people_wrote_are_read_alike(top: Path) -> None:
    if not top.is_dir():
        pytest.skip(f"{top} is not there")
    read = 0
    for path in sorted(top.rglob("*.yaml")):
        if path.stat().st_size < 300_000:
            for text in chunks(path.read_bytes()):
                read += agrees(text)
    assert read > 200

"""Which words are two spellings of one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.lint.near import alike

WORDS = st.text(alphabet="abcdefgh0123-_.", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("frontend", "Frontend"),
        ("front-end", "frontend"),
        ("front_end", "front-end"),
        ("frontend", "fronted"),
        ("frontend", "frontends"),
        ("frontend", "forntend"),
        ("frontend", "frontemd"),
        ("payments-api", "payment-api"),
        ("app.kubernetes.io/name", "app-kubernetes-io/name"),
    ],
)
def test_slips_of_the_keyboard_are_alike(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("frontend", "frontend"),  # the same
        ("api", "app"),  # too short to tell
        ("client-a", "client-b"),
        ("web-1", "web-2"),
        ("shard1", "shard2"),
        ("v1.2", "v1.3"),
        ("frontend", "backend"),
        ("orders", "orders-db"),
        ("production", "staging"),
    ],
)
def test_different_things_are_not(one: str, other: str) -> None:
    assert not alike(one, other)


@given(WORDS, WORDS)
def test_it_does_not_matter_which_of_two_words_is_first(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)


@given(WORDS)
def test_no_word_is_another_spelling_of_itself(word: str) -> None:
    assert not alike(word, word)


@given(st.text(alphabet="abcdefghij", min_size=5, max_size=12), st.data())
def test_a_word_with_one_letter_left_out_is_alike(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    assert alike(word, word[:place] + word[place + 1 :])

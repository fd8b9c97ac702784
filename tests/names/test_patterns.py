"""What a pattern matches in each dialect, from the dialects' own pages, and what holds for all patterns."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.model.name_patterns import NameSyntax, canonical, is_name, name_matches, pattern_problem

EXACT, CILIUM, CALICO = NameSyntax.EXACT, NameSyntax.CILIUM, NameSyntax.CALICO
ANTREA, PREFIX, ONE = NameSyntax.ANTREA, NameSyntax.PREFIX, NameSyntax.ONE_LABEL

YES = [
    # A name without a wildcard is itself, in any case, with or without the dot at its end.
    *[(syntax, "Example.com", "example.com.") for syntax in NameSyntax],
    # Every dialect with wildcards takes one label for *.
    *[(syntax, "*.example.com", "a.example.com") for syntax in NameSyntax if syntax is not EXACT],
    # Cilium, API reference, FQDNSelector: * is any characters within a label, alone it is every name.
    (CILIUM, "sub*.cilium.io", "sub.cilium.io"),
    (CILIUM, "sub*.cilium.io", "subdomain.cilium.io"),
    (CILIUM, "*", "a.b.c"),
    (CILIUM, "*", "localhost"),
    (CILIUM, "*cilium.io", "cilium.io"),
    (CILIUM, "*cilium.io", "notcilium.io"),
    (CILIUM, "api.*.com", "api.example.com"),
    # Cilium 1.19: **. in front is any depth below.
    (CILIUM, "**.cilium.io", "app.cilium.io"),
    (CILIUM, "**.cilium.io", "test.app.cilium.io"),
    # Calico Enterprise, DNS policy: one or more path components, at any place.
    (CALICO, "*.google.com", "www.google.com"),
    (CALICO, "*.google.com", "www.ipv6.google.com"),
    (CALICO, "www.*.com", "www.sun.com"),
    (CALICO, "www.*.com", "www.a.b.com"),
    (CALICO, "update.*", "update.example.org"),
    # Antrea: any characters, so also none, and any depth.
    (ANTREA, "*example.com", "example.com"),
    (ANTREA, "*example.com", "a.b.example.com"),
    (ANTREA, "*example.com", "notexample.com"),
    (ANTREA, "*.example.com", "a.b.example.com"),
    (ANTREA, "www.*", "www.example.com"),
    # NPEP-133: *. is one or more labels.
    (PREFIX, "*.example.com", "a.b.example.com"),
]

NO = [
    (EXACT, "*.example.com", "a.example.com"),
    # The apex is not below itself.
    *[(syntax, "*.example.com", "example.com") for syntax in NameSyntax],
    *[(syntax, "*.example.com", "aexample.com") for syntax in NameSyntax],
    *[(syntax, "*.example.com", "a.example.com.evil.net") for syntax in NameSyntax],
    # The dot is no wildcard.
    *[(syntax, "a.example.com", "aXexample.com") for syntax in NameSyntax],
    # One label in Cilium, OVN-Kubernetes and GKE.
    (CILIUM, "*.example.com", "a.b.example.com"),
    (ONE, "*.example.com", "a.b.example.com"),
    (CILIUM, "sub*.cilium.io", "blog-sub.cilium.io"),
    (CILIUM, "sub*.cilium.io", "blog.sub.cilium.io"),
    (CILIUM, "**.cilium.io", "cilium.io"),
    (CILIUM, "*cilium.io", "a.cilium.io"),
    # Calico: at least one label, and a whole one.
    (CALICO, "www.*.com", "www.com"),
    (CALICO, "*.*.com", "a.b.com"),
    (CALICO, "www.g*.com", "www.google.com"),
    # A wildcard elsewhere than in front is refused by those that have it as prefix only.
    (PREFIX, "www.*.com", "www.sun.com"),
    (PREFIX, "*example.com", "example.com"),
    (PREFIX, "*.*.com", "a.b.com"),
    (ONE, "a.*.example.com", "a.b.example.com"),
]


@pytest.mark.parametrize(("syntax", "pattern", "name"), YES)
def test_a_pattern_matches(syntax: NameSyntax, pattern: str, name: str) -> None:
    assert name_matches(syntax, pattern, name)


@pytest.mark.parametrize(("syntax", "pattern", "name"), NO)
def test_a_pattern_does_not_match(syntax: NameSyntax, pattern: str, name: str) -> None:
    assert not name_matches(syntax, pattern, name)


@pytest.mark.parametrize(
    ("syntax", "pattern", "problem"),
    [
        (EXACT, "*.example.com", "has a wildcard, and only whole names are allowed"),
        (CALICO, "*.*.com", "has more than one *"),
        (CALICO, "www.g*.com", "has a * that is not a whole label"),
        (PREFIX, "www.*.com", "has a * elsewhere than as the whole first label"),
        (ONE, "*", "has a * elsewhere than as the whole first label"),
        (CILIUM, "a b.com", "is no DNS name"),
        (ANTREA, "", "is no DNS name"),
    ],
)
def test_a_pattern_that_a_dialect_refuses_has_its_reason(syntax: NameSyntax, pattern: str, problem: str) -> None:
    assert pattern_problem(syntax, pattern) == problem


@pytest.mark.parametrize("text", ["a", "a.b", "A-1.b_c.", "xn--bcher-kva.example", "a" * 63 + ".b"])
def test_what_is_a_name(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a b", "*.a", "a" * 64, ".a", "bücher.example", "a/b", "a." * 126 + "ab"]
)
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


labels = st.text("ab", min_size=1, max_size=2)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
suffixes = st.lists(labels, min_size=1, max_size=2).map(".".join)
patterns = st.lists(st.one_of(labels, st.sampled_from(["*", "**", "a*", "*b"])), min_size=1, max_size=4).map(".".join)


@given(st.sampled_from(NameSyntax), names, names)
def test_without_a_wildcard_only_the_name_itself_matches(syntax: NameSyntax, pattern: str, name: str) -> None:
    assert name_matches(syntax, pattern, name) is (canonical(pattern) == canonical(name))


@given(suffixes, names)
def test_a_star_in_front_matches_by_the_number_of_labels_before_the_suffix(suffix: str, name: str) -> None:
    """Counted by hand, label by label: nothing that a regular expression does."""
    parts, end = name.split("."), suffix.split(".")
    before = len(parts) - len(end) if parts[-len(end) :] == end else 0
    for syntax, expected in (
        (CILIUM, before == 1),
        (ONE, before == 1),
        (PREFIX, before >= 1),
        (CALICO, before >= 1),
        (ANTREA, before >= 1),
        (EXACT, False),
    ):
        assert name_matches(syntax, f"*.{suffix}", name) is expected
    assert name_matches(CILIUM, f"**.{suffix}", name) is (before >= 1)


@given(st.sampled_from(NameSyntax), patterns, names)
def test_what_a_dialect_refuses_matches_nothing(syntax: NameSyntax, pattern: str, name: str) -> None:
    if pattern_problem(syntax, pattern):
        assert not name_matches(syntax, pattern, name)


@given(patterns, names)
def test_the_sets_of_dialects_lie_within_one_another(pattern: str, name: str) -> None:
    if name_matches(ONE, pattern, name):
        assert name_matches(PREFIX, pattern, name)
        assert name_matches(CILIUM, pattern, name)
    if name_matches(PREFIX, pattern, name):
        assert name_matches(CALICO, pattern, name)
    if any(name_matches(syntax, pattern, name) for syntax in NameSyntax):
        assert name_matches(ANTREA, pattern, name)

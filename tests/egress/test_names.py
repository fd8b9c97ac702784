"""What each policy API makes of a request's wildcards."""

from __future__ import annotations

import pytest

from ringfence.egress.names import difference, spelt
from ringfence.egress.plan import matches
from ringfence.egress.request import NameTarget, Wild
from ringfence.model.name_patterns import NameSyntax, name_matches

APEX = "pay.example"
ONE = NameTarget(APEX, Wild.ONE_LABEL)
DEEP = NameTarget(APEX, Wild.LABELS)
ASKED = (APEX, f"a.{APEX}", f"a.b.{APEX}", "a.other.example")
SYNTAXES = (NameSyntax.CILIUM, NameSyntax.CALICO, NameSyntax.PREFIX, NameSyntax.ONE_LABEL)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        (NameTarget(APEX), {APEX}),
        (ONE, {f"a.{APEX}"}),
        (DEEP, {f"a.{APEX}", f"a.b.{APEX}"}),
    ],
)
def test_a_request_tells_depths_apart(target: NameTarget, meant: set[str]) -> None:
    assert {name for name in ASKED if matches(target, name)} == meant


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("target", [NameTarget(APEX), ONE, DEEP], ids=str)
def test_wider_and_narrower_are_said_where_they_are_so(target: NameTarget, syntax: NameSyntax) -> None:
    """The sentence is held to the meaning of the pattern that is written, over names of every depth."""
    written = spelt(target, syntax)
    allowed = {
        name for name in ASKED if (name == written if "*" not in written else name_matches(syntax, written, name))
    }
    meant = {name for name in ASKED if matches(target, name)}
    said = difference(target, syntax)
    assert ("wider" in said) is bool(allowed - meant)
    assert ("narrower" in said) is bool(meant - allowed)

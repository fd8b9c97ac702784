"""RF411: a range allows far more addresses than it states."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint
from tests.lint.rules.exposure import WEB, egress


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("52.48.12.15/8", "states 52.48.12.15/8 and allows 16,777,216 addresses"),
        ("10.1.2.3/16", "states 10.1.2.3/16 and allows 65,536 addresses"),
        ("52.0.0.0/8", "allows all of 52.0.0.0/8, 16,777,216 public addresses"),
        ("3.16.0.0/12", "1,048,576 public addresses"),
    ],
)
def test_a_range_far_wider_than_it_says(cidr: str, words: str) -> None:
    (finding,) = lint(WEB + egress(f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}"), "RF411")
    assert words in finding.what


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/8", "52.48.0.0/14", "52.48.12.15/32", "52.48.12.15/25", "0.0.0.0/0", "0.0.0.0/1"]
)
def test_ranges_of_the_usual_size_are_left_alone(cidr: str) -> None:
    assert codes(WEB + egress(f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}"), "RF411") == []

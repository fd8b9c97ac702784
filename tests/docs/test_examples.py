"""What the pages show is what the commands print."""

from __future__ import annotations

import pytest

from tests.docs.examples import STATUS, Example, examples, matches, parse_steps
from tests.docs.paths import shell

EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_prints_what_its_page_shows(example: Example) -> None:
    status = 0
    for index, step in enumerate(example.steps):
        if step.command == STATUS:
            assert step.output == (str(status),)
            continue
        result = shell(step.command)
        status = result.returncode
        shown = index + 1 < len(example.steps) and example.steps[index + 1].command == STATUS
        assert shown or status in (0, 1), f"exit status {status}: {result.stderr}"
        assert matches(step.output, result.stdout), (
            f"$ {step.command}\n{result.stdout}--- the page shows\n" + "\n".join(step.output) + f"\n{result.stderr}"
        )


def test_the_documents_have_examples_at_all() -> None:
    assert len(EXAMPLES) >= 10


def test_every_example_runs_the_tool() -> None:
    # A block that runs something else would test nothing; commands for the reader's own cluster are "sh" blocks.
    for example in EXAMPLES:
        assert any("ringfence" in step.command for step in example.steps), example


def test_a_line_of_dots_stands_for_any_lines() -> None:
    assert matches(("a", "...", "d"), "a\nb\nc\nd\n")
    assert not matches(("a", "...", "d"), "a\nb\nc\n")


def test_dots_in_a_line_stay_in_the_line() -> None:
    assert matches(("took ... s",), "took 0.1 s\n")
    assert not matches(("took ... s",), "took\n1 s\n")


def test_output_that_the_page_does_not_show_is_a_difference() -> None:
    assert not matches(("a",), "a\nb\n")
    assert not matches(("a", "b"), "a\n")


def test_a_command_goes_on_after_a_backslash() -> None:
    (step,) = parse_steps("$ ringfence reach \\\n    examples/shop\nout\n")
    assert step.command == "ringfence reach examples/shop"
    assert step.output == ("out",)

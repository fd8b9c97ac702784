"""Lines about what logs say, on a terminal."""

from __future__ import annotations

import io

import click
import pytest

from ringfence.cli.telling import tell


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("shop/web → 10.0.0.1", "shop/web → 10.0.0.1"),
        ("one\ntwo", "one\ntwo"),
        ("\u202eweb", r"\u202eweb"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x1b[8mhidden", r"\x1b[8mhidden"),
        ("over\rwritten", r"over\rwritten"),
    ],
)
def test_what_steers_a_terminal_is_escaped(line: str, shown: str) -> None:
    out = io.StringIO()
    tell([line], out)
    assert out.getvalue() == f"{shown}\n"


def test_colours_of_answers_stay(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def command() -> None:
        click.get_current_context().color = True
        tell([click.style("denied", fg="red", bold=True)])

    command.main([], standalone_mode=False)
    assert capsys.readouterr().out == "\x1b[31m\x1b[1mdenied\x1b[0m\n"

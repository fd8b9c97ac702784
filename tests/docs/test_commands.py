"""Every command has its page, and the page names every option and argument."""

from __future__ import annotations

import re

import click
import pytest

from ringfence.cli import main
from tests.docs.paths import DOCS, ROOT


def commands() -> list[tuple[str, click.Command]]:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    found = [(name, main.get_command(context, name)) for name in main.list_commands(context)]
    return [
        (name if each is command else _page_name(name, each), each)
        for name, command in found
        if command is not None
        for each in (_subcommands(command) if isinstance(command, click.Group) else (command,))
    ]


def _subcommands(group: click.Group) -> list[click.Command]:
    context = click.Context(group)
    found = (group.get_command(context, name) for name in group.list_commands(context))
    return [command for command in found if command is not None]


def _page_name(group: str, command: click.Command) -> str:
    """A subcommand has a page of its own, or is in that of its group."""
    own = f"{group}-{command.name}"
    return own if (DOCS / "commands" / f"{own}.md").exists() else group


COMMANDS = commands()
OPTIONS = [
    pytest.param(name, command, option, id=f"{name} {command.name} {option.opts[-1]}")
    for name, command in COMMANDS
    for option in command.params
    if isinstance(option, click.Option)
]


def page(name: str) -> str:
    return (DOCS / "commands" / f"{name}.md").read_text(encoding="utf-8")


def options(name: str, command: click.Command) -> str:
    """The table of options of a command: the page's, or that of the command's section in the page of its group."""
    text = page(name)
    section = text.partition(f"\n## {command.name}\n")[2].partition("\n## ")[0]
    return section.partition("### Options")[2] if section else text.partition("## Options")[2]


def row(name: str, command: click.Command, spelling: str) -> str:
    """The line of the table of options that has this spelling in its first cell."""
    found = re.search(rf"^\|[^|]*`{re.escape(spelling)}[` ].*$", options(name, command), re.MULTILINE)
    assert found is not None, spelling
    return found[0]


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_every_command_has_a_page_and_is_in_the_readme(name: str) -> None:
    assert page(name).partition("\n")[0] in (f"# ringfence {name}", f"# ringfence {name.replace('-', ' ', 1)}")
    assert f"docs/commands/{name}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "command", "option"), OPTIONS)
def test_every_spelling_of_an_option_is_in_the_table_of_its_page(
    name: str, command: click.Command, option: click.Option
) -> None:
    for spelling in (*option.opts, *option.secondary_opts):
        assert row(name, command, spelling)


@pytest.mark.parametrize(("name", "command", "option"), OPTIONS)
def test_every_choice_of_an_option_is_described(name: str, command: click.Command, option: click.Option) -> None:
    if isinstance(option.type, click.Choice):
        for choice in option.type.choices:
            assert f"`{choice}`" in row(name, command, option.opts[-1]), choice


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_page_names_no_option_that_the_command_lacks(name: str, command: click.Command) -> None:
    known = {spelling for option in command.params for spelling in (*option.opts, *option.secondary_opts)}
    table = options(name, command).partition("\n## ")[0]
    for spelling in re.findall(r"^\| `(-[^` ]+)", table, re.MULTILINE):
        assert spelling in {*known, "-h", "--help"}, spelling

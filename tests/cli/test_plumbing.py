"""What all commands share: findings, exit statuses, pipes, start-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringfence.cli import main
from tests.cli.running import BROKEN, run, write

COMMAND = str(Path(sys.executable).with_name("ringfence"))


def spawn(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_version_is_told() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout.startswith("ringfence, version ")) == (0, True)


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("reach", "-h"), ("why", "--help"), ("verdict", "-h")])
def test_help_shows_an_example(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert "cluster.json" in result.stdout


def test_a_mistyped_command_is_met_with_the_nearest() -> None:
    result = run("raech", "x")
    assert result.exit_code == 2
    assert "There is no command 'raech'. Did you mean reach?" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("why", "a/b", "c/d"), ("reach",), ("verdict", "x"), ("reach", "x", "-o", "xml")]
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_input_that_is_not_there_is_status_2(tmp_path: Path) -> None:
    result = run("reach", str(tmp_path / "none"))
    assert result.exit_code == 2
    assert "none" in result.stderr
    assert result.stdout == ""


def test_a_broken_object_is_told_and_the_rest_is_answered(tmp_path: Path) -> None:
    shop = write(tmp_path, broken=BROKEN)
    result = run("why", shop, "shop/api", "data/db-0:5432")
    assert result.exit_code == 0
    assert "error:" in result.stderr
    assert "broken" in result.stderr
    assert "1 object with errors was left out or read in the safest way: shop/NetworkPolicy/broken." in result.stdout


def test_strict_answers_and_then_fails(tmp_path: Path) -> None:
    shop = write(tmp_path, broken=BROKEN)
    result = run("why", shop, "shop/api", "data/db-0:5432", "--strict")
    assert result.exit_code == 1
    assert "can reach" in result.stdout
    assert "--strict" in result.stderr
    assert run("why", write(tmp_path, broken=""), "shop/api", "data/db-0:5432", "--strict").exit_code == 0


def test_in_json_the_findings_are_in_the_document_and_not_on_stderr(tmp_path: Path) -> None:
    shop = write(tmp_path, broken=BROKEN)
    for arguments in (("why", shop, "shop/api", "data/db-0:5432"), ("reach", shop)):
        result = run(*arguments, "-o", "json")
        assert result.stderr == ""
        first = json.loads(result.stdout)["findings"][0]
        assert (first["severity"], first["object"]) == ("error", "shop/NetworkPolicy/broken")


def test_many_findings_are_counted(tmp_path: Path) -> None:
    many = {f"broken{n}": BROKEN.replace("broken", f"broken{n}") for n in range(20)}
    shop = write(tmp_path, **many)
    few = run("reach", shop, "--summary").stderr
    assert len([line for line in few.splitlines() if "error:" in line]) == 8
    assert "-v shows all" in few
    every = run("reach", shop, "--summary", "-v").stderr
    assert all(f"shop/NetworkPolicy/broken{n}:" in every for n in range(20))


def test_an_internal_error_is_status_3_and_asks_for_a_report(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("ringfence.cluster.load", fail)
    result = run("reach", shop)
    assert result.exit_code == 3
    assert "Internal error: RuntimeError: boom" in result.stderr
    assert "RINGFENCE_DEBUG=1" in result.stderr
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("RINGFENCE_DEBUG", "1")
    assert "Traceback" in run("reach", shop).stderr


def test_an_interrupt_is_status_130(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ringfence.cluster.load", interrupt)
    result = run("reach", shop)
    assert (result.exit_code, result.stderr) == (130, "")


def test_a_reader_that_goes_away_is_no_error(shop: str) -> None:
    command = f"{COMMAND} reach {shop} -q -o csv --by pod | head -n 1; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.splitlines()[0] == "src,dst,protocol,ports"


def test_a_pipe_that_is_closed_early_is_status_141(shop: str) -> None:
    read, write_end = os.pipe()
    os.close(read)
    with os.fdopen(write_end, "w") as closed:
        result = subprocess.run(
            [COMMAND, "reach", shop, "-q"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (141, "")


def test_help_imports_neither_numpy_nor_yaml() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from ringfence.cli import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'yaml', 'msgspec', 'ringfence.engine', 'ringfence.sources'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_colours_can_be_turned_off(shop: str) -> None:
    arguments = ["why", shop, "shop/api", "data/db-0:5432"]
    assert "\x1b[" in CliRunner().invoke(main, arguments, color=True).stdout
    assert "\x1b[" not in CliRunner(env={"NO_COLOR": "1"}).invoke(main, arguments, color=True).stdout


def test_the_installed_command_runs() -> None:
    assert spawn("--version").stdout.startswith("ringfence, version ")
    result = spawn("why", "/nonexistent", "a/b", "c/d")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr

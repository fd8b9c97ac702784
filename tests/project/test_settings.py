"""The project's settings say what the documents say."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

import ringfence
from tests.docs.paths import ROOT

TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return tomllib.loads(TEXT)


def test_every_dependency_has_its_reason_beside_it(settings: dict[str, Any]) -> None:
    project = settings["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    for requirement in wanted:
        assert re.search(rf'^ *"{re.escape(requirement)}", +# \S', TEXT, re.MULTILINE), requirement


def test_the_version_is_said_once_and_the_same(settings: dict[str, Any]) -> None:
    assert settings["project"]["version"] == ringfence.__version__


def test_both_commands_start_the_same_program(settings: dict[str, Any]) -> None:
    scripts = settings["project"]["scripts"]
    assert scripts["ringfence"] == scripts["kubectl-ringfence"]


def test_the_layers_of_the_contract_are_those_of_the_architecture(settings: dict[str, Any]) -> None:
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    layers = [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", packages)) for _, packages in rows] == layers
    assert [int(number) for number, _ in rows] == list(range(len(layers) - 1, -1, -1))


def test_every_package_has_a_layer(settings: dict[str, Any]) -> None:
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    layers = {name for layer in contract["layers"] for name in re.findall(r"\w+", layer)}
    source = ROOT / "src/ringfence"
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    modules = {path.stem for path in source.glob("*.py")} - {"__init__", "__main__"}
    assert packages | modules <= layers


def test_warnings_are_errors_in_tests(settings: dict[str, Any]) -> None:
    assert settings["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def test_the_licence_is_apache_2(settings: dict[str, Any]) -> None:
    assert settings["project"]["license"] == "Apache-2.0"
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence

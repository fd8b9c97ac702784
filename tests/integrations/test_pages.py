"""What the pages of the integrations tell people to copy is valid, and names what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.actions import ACTION
from tests.integrations.repositories import ROOT

PAGES = ROOT / "docs" / "integrations"


def blocks(page: str) -> list[str]:
    """The YAML that a page shows."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def accepted(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "block"),
    [
        *(("vendor.github-workflows", block) for block in blocks("github")),
        *(("vendor.gitlab-ci", block) for block in blocks("gitlab")),
    ],
)
def test_what_a_page_shows_follows_its_schema(tmp_path: Path, schema: str, block: str) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block, encoding="utf-8")
    accepted("check_jsonschema", "--builtin-schema", schema, str(file))


@pytest.mark.parametrize("block", blocks("pre-commit"))
def test_the_configurations_of_pre_commit_are_valid(tmp_path: Path, block: str) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block if block.startswith("repos:") else f"repos:\n{block}", encoding="utf-8")
    accepted("pre_commit", "validate-config", str(file))


def test_the_hooks_that_a_page_uses_exist() -> None:
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    first: dict[str, Any] = yaml.safe_load(blocks("pre-commit")[0])
    assert {hook["id"] for hook in first["repos"][0]["hooks"]} == known


def test_the_workflow_uses_outputs_that_the_action_has_and_the_permissions_that_it_needs() -> None:
    (text,) = blocks("github")
    assert set(re.findall(r"steps\.ringfence\.outputs\.(\w+)", text)) <= set(ACTION["outputs"])
    workflow: dict[str, Any] = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write", "security-events": "write"}


def test_the_template_that_a_page_includes_is_there() -> None:
    included: dict[str, Any] = yaml.safe_load(blocks("gitlab")[0])
    assert (ROOT / included["include"][0]["file"]).is_file()

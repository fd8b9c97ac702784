"""The GitLab CI template: its schema, and its scripts in a plain shell on a real clone."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.repositories import OPEN, ROOT, SAME, PullRequest, environment, pull_request

TEMPLATE = "ci/ringfence.gitlab-ci.yml"
CONTENT: dict[str, Any] = yaml.safe_load((ROOT / TEMPLATE).read_text(encoding="utf-8"))
JOB: dict[str, Any] = CONTENT["ringfence"]
WRITTEN = ("ringfence.codequality.json", "ringfence.sarif", "ringfence.md", "ringfence.json", "ringfence.junit.xml")


def run(request: PullRequest, tmp_path: Path, *parts: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The scripts of the job, joined and run as GitLab's runner does in an image without bash."""
    script = "\n".join(line for part in parts for line in JOB[part])
    given = {name: value for name, value in CONTENT["variables"].items() if name != "RINGFENCE_IMAGE"}
    env = environment(CI_BUILDS_DIR=str(tmp_path), CI_MERGE_REQUEST_DIFF_BASE_SHA=request.base, **given) | variables
    return subprocess.run(
        ["sh", "-eu", "-c", script], cwd=request.directory, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """What the job's ``before_script`` leaves: Ringfence in a directory of its own."""
    program = tmp_path / "ringfence" / "bin" / "ringfence"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(sys.executable).parent / "ringfence")
    return tmp_path


def test_the_template_follows_the_schema_of_gitlab_ci() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", TEMPLATE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_merge_request_that_opens_a_database_to_the_world_fails(installed: Path) -> None:
    request = pull_request(installed, OPEN, depth=0)
    done = run(request, installed, "script")
    assert done.returncode == 1
    assert "data/Pod/db" in done.stdout


@pytest.mark.parametrize(("changed", "status"), [(OPEN, 1), (SAME, 0)])
def test_the_cluster_may_be_an_archive_in_the_repository(installed: Path, changed: str, status: int) -> None:
    request = pull_request(installed, changed, depth=0, archive=True)
    assert run(request, installed, "script").returncode == status


def test_a_refactoring_passes_and_leaves_every_artefact(installed: Path) -> None:
    request = pull_request(installed, SAME, depth=0)
    assert run(request, installed, "script").returncode == 0
    artefacts = JOB["artifacts"]
    assert sorted([*artefacts["paths"], *artefacts["reports"].values()]) == sorted(WRITTEN)
    for name in WRITTEN:
        assert (request.directory / name).stat().st_size
    assert ET.parse(request.directory / artefacts["reports"]["junit"]).getroot().tag == "testsuites"
    assert json.loads((request.directory / "ringfence.json").read_text())["base"]["commit"] == request.base


def test_artefacts_are_kept_when_the_job_fails() -> None:
    assert JOB["artifacts"]["when"] == "always"


def test_the_whole_history_is_fetched() -> None:
    assert JOB["variables"]["GIT_DEPTH"] == "0"


def test_variables_are_no_text_of_a_script(installed: Path) -> None:
    request = pull_request(installed, SAME, depth=0)
    done = run(request, installed, "script", RINGFENCE_CONFIG="a; touch pwned $(touch pwned)")
    assert done.returncode == 2
    assert not list(installed.rglob("pwned"))


def test_without_a_package_nothing_is_installed_and_the_reason_is_told(tmp_path: Path) -> None:
    request = pull_request(tmp_path, SAME)
    done = run(request, tmp_path, "before_script")
    assert done.returncode == 2
    assert "RINGFENCE_PACKAGE" in done.stderr
    assert not (tmp_path / "ringfence").exists()


def test_what_the_job_writes_is_on_its_page() -> None:
    page = (ROOT / "docs" / "integrations" / "gitlab.md").read_text(encoding="utf-8")
    for name in (*WRITTEN, *CONTENT["variables"]):
        assert f"`{name}`" in page

"""The composite Action, step by step, on real clones; ``gh`` alone is played by a script."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import pytest

from ringfence.render.check_markdown import MARKER
from tests.integrations.actions import ACTION, STEPS, Runner
from tests.integrations.repositories import CONFIG, OPEN, POLICY, ROOT, SAME, git, pull_request

EVENT = {"github.event.pull_request.number": "7", "github.token": "t"}

GH = """\
#!/usr/bin/env bash
# Plays `gh api`: keeps comments as files, one a comment, named by their number; the first line tells who wrote it.
set -euo pipefail
printf '%s\\n' "$*" >> "$GH_STATE/calls"
[[ $GH_TOKEN == t ]] || { echo 'HTTP 401' >&2; exit 1; }
method=GET body= jq= url=
while (($#)); do
  case $1 in
    --method) method=$2; shift ;;
    --field) body=${2#body=@}; [[ $method != GET ]] || method=POST; shift ;;
    --jq) jq=$2; shift ;;
    repos/*) url=$1 ;;
  esac
  shift
done
[[ $method == GET || ! -e $GH_STATE/readonly ]] || { echo 'HTTP 403' >&2; exit 1; }
case $method in
  GET) for file in "$GH_STATE"/comment-*; do
         [[ -e $file ]] || continue
         jq -n --arg type "$(head -n 1 "$file")" --rawfile body <(tail -n +2 "$file") --argjson id "${file##*-}" \\
           '{id: $id, user: {type: $type}, body: $body}'
       done | jq -s . | jq -r "$jq" ;;
  POST) [[ $url == repos/example/shop/issues/7/comments ]]
        { echo Bot; cat "$body"; } > "$GH_STATE/comment-$(($(ls "$GH_STATE" | wc -l) + 100))" ;;
  PATCH) { echo Bot; cat "$body"; } > "$GH_STATE/comment-${url##*/}" ;;
esac
"""


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the player of ``gh`` keeps its state."""
    state = tmp_path / "gh"
    state.mkdir()
    program = state / "gh"
    program.write_text(GH.replace("$GH_STATE", str(state)), encoding="utf-8")
    program.chmod(0o755)
    return state


def runner(
    tmp_path: Path, changed: str, gh: Path, inputs: Mapping[str, str] | None = None, *, depth: int = 1
) -> Runner:
    request = pull_request(tmp_path, changed, depth=depth)
    event = {**EVENT, "github.event.pull_request.base.sha": request.base}
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Runner(request.directory, temporary, event, inputs or {}, path=str(gh))


def after_install(run: Runner) -> int:
    return run.run("Check", "Comment", "Result")


def comments(gh: Path) -> list[str]:
    return [path.read_text(encoding="utf-8").partition("\n")[2] for path in sorted(gh.glob("comment-*"))]


def test_the_action_follows_the_schema_of_actions() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_expression_stands_in_a_script() -> None:
    """What a pull request names as it likes must not become text of a script: it comes by the environment."""
    for step in STEPS:
        assert "${{" not in step["run"], step["name"]
        for name, value in step.get("env", {}).items():
            assert re.fullmatch(r"\$\{\{ [\w.-]+ \}\}", value), name


def test_every_input_and_output_is_described_and_on_its_page() -> None:
    page = (ROOT / "docs" / "integrations" / "github.md").read_text(encoding="utf-8")
    for name, told in (*ACTION["inputs"].items(), *ACTION["outputs"].items()):
        assert told["description"].endswith(".")
        assert f"| `{name}` |" in page


def test_every_input_is_used() -> None:
    used = re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(used) == set(ACTION["inputs"])


def test_a_change_that_opens_a_database_to_the_world_fails_with_a_comment(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, OPEN, gh)
    assert after_install(run) == 1
    assert "::error" in run.log
    assert run.outputs["passed"] == "false"
    (comment,) = comments(gh)
    assert comment.startswith(MARKER)
    assert "data/Pod/db" in comment
    assert "policies/db.yaml" in comment
    assert run.file("GITHUB_STEP_SUMMARY") == comment


def test_a_refactoring_passes_and_says_so(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, SAME, gh)
    assert after_install(run) == 0, run.log
    assert run.outputs["passed"] == "true"
    assert len(comments(gh)) == 1


def test_what_others_did_on_the_base_since_is_no_part_of_the_change(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, SAME, gh)
    after_install(run)
    report = json.loads(Path(run.outputs["json"]).read_text(encoding="utf-8"))
    assert report["base"]["commit"] == run.event["github.event.pull_request.base.sha"]


def test_the_reports_are_where_the_outputs_say(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, OPEN, gh)
    after_install(run)
    assert json.loads(Path(run.outputs["sarif"]).read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert ET.parse(run.outputs["junit"]).getroot().tag == "testsuites"
    assert Path(run.outputs["markdown"]).read_text(encoding="utf-8").startswith(MARKER)


def test_the_next_run_writes_its_comment_anew_and_leaves_those_of_others(tmp_path: Path, gh: Path) -> None:
    (gh / "comment-1").write_text(f"User\n{MARKER}\nI am no bot.\n", encoding="utf-8")
    (gh / "comment-2").write_text("Bot\nSomething else.\n", encoding="utf-8")
    run = runner(tmp_path, OPEN, gh)
    after_install(run)
    after_install(run)
    assert {f"{MARKER}\nI am no bot.\n", "Something else.\n"} < set(comments(gh))
    assert len(comments(gh)) == 3


@pytest.mark.parametrize(("inputs", "written"), [({"comment": "false"}, 0), ({}, 1)])
def test_a_comment_is_written_where_asked_for(tmp_path: Path, gh: Path, inputs: dict[str, str], written: int) -> None:
    after_install(runner(tmp_path, OPEN, gh, inputs))
    assert len(comments(gh)) == written


def test_a_push_has_no_comment_and_compares_with_what_the_configuration_says(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, OPEN, gh, depth=0)
    git(run.workspace, "fetch", "--quiet", "origin", "main:refs/remotes/origin/main")
    run.event = {"github.token": "t"}
    assert after_install(run) == 1
    assert not comments(gh)


def test_a_token_that_may_only_read_costs_the_comment_and_nothing_else(tmp_path: Path, gh: Path) -> None:
    (gh / "readonly").touch()
    run = runner(tmp_path, SAME, gh)
    assert after_install(run) == 0
    assert "::warning" in run.log


def test_a_job_can_report_without_failing(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, OPEN, gh, {"fail": "false"})
    assert after_install(run) == 0
    assert run.outputs["passed"] == "false"


def test_a_broken_configuration_fails_the_step_whatever_fail_says(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, SAME, gh, {"fail": "false"})
    (run.workspace / "ringfence.yaml").write_text(CONFIG.replace("policies: policies", "policys: policies"))
    assert after_install(run) == 2
    assert "ringfence.yaml:3" in run.log
    assert not comments(gh)


def test_a_configuration_elsewhere_is_named_from_the_working_directory(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, SAME, gh, {"config": "other.yaml", "working-directory": "deep"})
    (run.workspace / "deep").mkdir()
    shutil.move(run.workspace / "ringfence.yaml", run.workspace / "deep" / "other.yaml")
    text = CONFIG.replace("policies: policies", "policies: ../policies").replace("cluster.yaml", "../cluster.yaml")
    (run.workspace / "deep" / "other.yaml").write_text(text)
    assert after_install(run) in (0, 2), run.log


@pytest.mark.parametrize("name", ["config", "base", "working-directory"])
@pytest.mark.parametrize(
    "value", ["$(touch pwned)", "`touch pwned`", "x; touch pwned", '"; touch pwned; "', "--help", "x\ntouch pwned"]
)
def test_no_input_becomes_a_command_or_an_option(tmp_path: Path, gh: Path, name: str, value: str) -> None:
    run = runner(tmp_path, SAME, gh, {name: value})
    assert run.run("Check") not in (0, 1)
    assert not list(tmp_path.rglob("pwned"))
    assert "Usage: ringfence check [OPTIONS]\n\n" not in run.log


@pytest.mark.timeout(300)
def test_the_action_installs_itself_and_runs(tmp_path: Path, gh: Path) -> None:
    run = runner(tmp_path, OPEN, gh)
    assert run.run("Install Ringfence") == 0, run.log
    program = tmp_path / "temporary" / "ringfence" / "bin" / "ringfence"
    assert program.is_file()
    assert run.file("GITHUB_PATH") == f"{program.parent}\n"
    assert after_install(run) == 1
    assert len(comments(gh)) == 1
    assert POLICY != OPEN

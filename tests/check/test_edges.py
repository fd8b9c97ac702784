"""What can't be checked is an error with its place, and never a check that passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.answers import check, parts, refused, report
from tests.check.repo import Repo, git

SUITE_TYPO = "tests:\n- name: x\n  form: any-pod\n  to: dns\n  expect: allowed\n"


def test_an_unknown_revision(repo: Repo) -> None:
    assert refused("--base", "origin/main") == (
        "ringfence: There is no revision origin/main in this repository. Is it fetched? `git fetch origin main`.\n"
    )


def test_a_shallow_clone(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("more.txt", "x").commit()
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", f"file://{repo.path}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert "`fetch-depth: 0` of actions/checkout" in refused("--base", "origin/main")


def test_no_repository_at_all(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git")
    assert "can't be compared with a revision: not a git repository" in refused()
    assert check("--no-base").exit_code == 0


def test_a_suite_with_a_typo(repo: Repo) -> None:
    head = "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: more}\n"
    repo.write("tests/more.yaml", head + SUITE_TYPO)
    text = refused("--allow-dirty")
    assert "tests/more.yaml:6:3" in text
    assert "Did you mean from?" in text


def test_a_suite_of_another_kind_is_no_suite(repo: Repo) -> None:
    repo.write("tests/promises.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    assert refused("--allow-dirty").startswith("ringfence: ringfence.yaml:5:8: There is no PolicyTest in tests.")


def test_a_test_that_names_a_workload_that_does_not_exist(repo: Repo) -> None:
    repo.edit("tests/promises.yaml", "from: shop/Deployment/web", "from: shop/Deployment/webb")
    text = refused("--allow-dirty")
    assert f"tests/promises.yaml:{repo.line('tests/promises.yaml', 'webb')}:" in text
    assert "shop/Deployment/web" in text


def test_a_path_that_names_nothing(repo: Repo) -> None:
    repo.edit("ringfence.yaml", "policies: policies", "policies: polices")
    assert refused() == "ringfence: ringfence.yaml:3:11: There is no polices.\n"


def test_a_key_that_is_not_known(repo: Repo) -> None:
    repo.edit("ringfence.yaml", "cluster:", "clusters:")
    assert refused() == "ringfence: ringfence.yaml:4:1: There is no key 'clusters'. Did you mean cluster?\n"


def test_a_tool_that_is_missing(repo: Repo, tmp_path: Path) -> None:
    """Through a process of its own, with a PATH that has git and nothing else."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(git_program())
    repo.write("ringfence.yaml", repo.read("ringfence.yaml") + "render: [{helm: charts/web}]\n")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ringfence"), "check"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "helm charts/web can't be rendered: helm is not installed." in done.stderr


def git_program() -> str:
    found = shutil.which("git")
    assert found is not None
    return found


def test_no_pod_is_known(repo: Repo) -> None:
    repo.edit("ringfence.yaml", "cluster: cluster.yaml\n", "").edit("ringfence.yaml", "tests: tests\n", "")
    assert "No pod or workload is known, so no connection can differ." in refused()
    assert parts(report("--no-base", status=0))["lint"] == "passed"


def test_a_policy_that_can_not_be_read_fails_even_where_lint_may_pass(repo: Repo) -> None:
    repo.edit("ringfence.yaml", "lint: warning", "lint: never").write("policies/broken.yaml", "a: [\n").commit()
    found = report(status=1)
    assert parts(found)["schema"] == "failed"
    errors = [each["finding"] for each in found["lint"]["findings"] if each["finding"]["severity"] == "error"]
    assert [finding["code"] for finding in errors] == ["RF002"]


def test_what_fails_is_shown_whatever_severity_is_asked_for(repo: Repo) -> None:
    config = repo.read("ringfence.yaml").replace("lint: warning", "lint: note")
    repo.write("ringfence.yaml", f"{config}lint: {{severity: error}}\n").commit()
    assert report(status=1)["failures"][0]["kind"] == "note"
    assert "RF012 note: 4 pods of 4 have no address in the input." in check().stdout


def test_a_misspelt_field_fails_and_names_the_nearest(repo: Repo) -> None:
    repo.edit("policies/data.yaml", "  ingress:\n", "  ingres:\n").commit()
    found = report(status=1)
    assert parts(found)["schema"] == "failed"
    (finding,) = [each["finding"] for each in found["lint"]["findings"] if each["finding"]["code"] == "RF113"]
    assert finding["origin"]["line"] == repo.line("policies/data.yaml", "ingres:")
    assert "ingress" in finding["what"] + finding.get("hint", "")


# ---- what is said beside the answer --------------------------------------------------------------------------------


def test_a_dirty_work_tree_is_refused(repo: Repo) -> None:
    repo.edit("policies/shop.yaml", "7070", "7071")
    assert refused() == (
        "ringfence: policies/shop.yaml is not committed, so no revision has what would be checked. Commit it, or check"
        " the work tree as it stands with --allow-dirty.\n"
    )


def test_without_a_base_there_is_no_revision_to_differ_from(repo: Repo) -> None:
    repo.edit("policies/shop.yaml", "7070", "7071")
    assert report("--no-base", status=1)["notes"] == []


def test_a_dirty_work_tree_is_checked_where_that_is_asked_for(repo: Repo) -> None:
    repo.edit("policies/shop.yaml", "7070", "7071")
    found = report("--allow-dirty", status=1)
    assert found["notes"] == ["policies/shop.yaml is not committed, and checked as it stands in the work tree."]
    assert found["diff"]["changes"]


def test_parts_that_are_not_configured_are_said_to_be_left_out(repo: Repo) -> None:
    repo.write("ringfence.yaml", "apiVersion: ringfence.dev/v1\nkind: Config\npolicies: policies\n")
    found = report(status=0)
    assert parts(found) == {"diff": "left-out", "tests": "left-out", "schema": "passed", "lint": "passed"}
    assert [part["text"] for part in found["parts"]][:2] == [
        "no base is configured (base, or --base)",
        "no suite is configured (tests)",
    ]
    assert "need pods, and none are known (cluster)" in found["parts"][3]["text"]
    assert check().stdout.endswith("The check passes. 2 parts left out.\n")


def test_policies_of_the_snapshot_are_left_out_or_kept(repo: Repo) -> None:
    deny = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: other, namespace: kube-system}\n"
    )
    repo.write("cluster.yaml", repo.read("cluster.yaml") + deny + "spec: {podSelector: {}, policyTypes: [Ingress]}\n")
    repo.commit()
    (note,) = report(status=0)["notes"]
    assert note.startswith(
        "1 policy of the cluster snapshot that the repository doesn't hold is left out, "
        "such as kube-system/NetworkPolicy/other."
    )
    repo.edit("ringfence.yaml", "tests: tests", "tests: tests\nclusterPolicies: keep").commit()
    found = report(status=1)  # now nobody gets through to the DNS pods
    assert {test["name"] for test in found["tests"] if not test["passed"]} == {"every pod reaches DNS"}
    assert found["diff"]["changes"] == []  # and that is no part of this change


def test_policies_that_move_to_another_directory_are_the_same(repo: Repo) -> None:
    """The base's own configuration says where its policies are."""
    git(repo.path, "mv", "policies", "rules")
    repo.edit("ringfence.yaml", "policies: policies", "policies: rules").commit()
    found = report(status=0)
    assert (found["diff"]["changes"], found["notes"]) == ([], [])


def test_a_base_without_policies_is_said(repo: Repo) -> None:
    git(repo.path, "checkout", "-q", "main")
    git(repo.path, "rm", "-q", "-r", "policies", "ringfence.yaml")
    repo.commit("nothing yet")
    git(repo.path, "checkout", "-q", "-b", "first")
    git(repo.path, "checkout", "change", "--", "policies", "ringfence.yaml")
    repo.commit()
    found = report(status=0)
    assert found["notes"] == ["git:main has no policy in these places: every policy counts as new."]
    assert found["diff"]["summary"]["closes"]


def test_a_base_whose_configuration_is_broken_is_read_as_today(repo: Repo) -> None:
    git(repo.path, "checkout", "-q", "main")
    repo.edit("ringfence.yaml", "tests: tests", "test: tests").commit("a typo")
    git(repo.path, "checkout", "-q", "-b", "mend")
    repo.edit("ringfence.yaml", "test: tests", "tests: tests").commit()
    found = report(status=0)
    (note,) = found["notes"]
    assert "The policies of git:main are looked for where they are today: git:main/ringfence.yaml:5:1: There is" in note


def test_the_configuration_may_lie_in_a_directory_of_the_repository(repo: Repo) -> None:
    (repo.path / "ci").mkdir()
    for name in ("ringfence.yaml", "cluster.yaml", "policies", "tests"):
        git(repo.path, "mv", name, f"ci/{name}")
    repo.commit()
    git(repo.path, "branch", "-f", "main")
    repo.edit("ci/policies/shop.yaml", "7070", "7071").commit()
    result = check("-c", "ci/ringfence.yaml", "-o", "github")
    assert result.exit_code == 1
    line = repo.line("ci/policies/shop.yaml", "port: 7071")
    places = re.findall(r"^::error file=ci/policies/shop.yaml,line=(\d+)", result.stdout, re.MULTILINE)
    assert any(line - 3 <= int(place) <= line for place in places)
    assert "The test: ci/tests/promises.yaml:" in result.stdout

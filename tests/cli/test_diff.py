"""``ringfence diff``: two inputs, a git revision, other policies; every format, and what it fails on."""

from __future__ import annotations

import csv
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.running import BROKEN, MANIFESTS, POLICY, run, write
from tests.cli.test_schemas import check

OPEN = POLICY + "  - from:\n    - ipBlock: {cidr: 192.0.2.0/24}\n    ports: [{port: 5432}]\n"
WIDER = POLICY.replace("port: pg", "port: 5000\n      endPort: 6000")
REFACTORED = POLICY.replace("matchLabels: {tier: api}", "matchExpressions: [{key: tier, operator: In, values: [api]}]")
NONE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: data}\n"

WEB_TO_DB = ("shop/StatefulSet/web", "data/Pod/db-0")
API_TO_DB = ("shop/Pod/api", "data/Pod/db-0")


def pair(directory: Path, after: str) -> tuple[str, str]:
    """The small cluster, and the same with another policy."""
    for name in ("a", "b"):
        (directory / name).mkdir()
    write(directory / "a")
    write(directory / "b")
    (directory / "b" / "policy.yaml").write_text(after, encoding="utf-8")
    return str(directory / "a"), str(directory / "b")


def rows(*arguments: str) -> list[tuple[str, ...]]:
    result = run("diff", *arguments, "-o", "csv")
    assert result.exit_code == 0, result.stderr
    header, *found = csv.reader(io.StringIO(result.stdout))
    assert header == ["change", "src", "dst", "protocol", "before", "after"]
    return [tuple(row) for row in found]


def test_one_row_for_each_connection_and_protocol_that_differs(tmp_path: Path) -> None:
    assert rows(*pair(tmp_path, WIDER)) == [
        ("changed", *API_TO_DB, "TCP", "5432-5432", "5000-6000"),
        ("changed", *WEB_TO_DB, "TCP", "5432-5432", "5000-6000"),
    ]


def test_the_mirror_image_has_the_columns_exchanged(tmp_path: Path) -> None:
    a, b = pair(tmp_path, WIDER)
    assert rows(b, a) == [
        ("changed", *API_TO_DB, "TCP", "5000-6000", "5432-5432"),
        ("changed", *WEB_TO_DB, "TCP", "5000-6000", "5432-5432"),
    ]


def test_by_pod_only_the_replica_that_may_is_listed(tmp_path: Path) -> None:
    found = rows(*pair(tmp_path, WIDER), "--by", "pod")
    assert {row[1] for row in found} == {"shop/api", "shop/web-1"}


def test_addresses_outside_are_ranges_and_can_be_left_out(tmp_path: Path) -> None:
    a, b = pair(tmp_path, OPEN)
    assert rows(a, b) == [("added", "192.0.2.0-192.0.2.255", "data/Pod/db-0", "TCP", "", "5432-5432")]
    assert rows(a, b, "--no-external") == []


def test_a_policy_that_is_gone_opens_what_it_cut(tmp_path: Path) -> None:
    found = rows(*pair(tmp_path, NONE), "--no-external")
    cart = ("shop/Deployment/cart", "data/Pod/db-0")
    assert [row for row in found if row[1:3] == cart] == [
        ("added", *cart, protocol, "", "1-65535") for protocol in ("TCP", "UDP", "SCTP")
    ]
    assert ("changed", *API_TO_DB, "TCP", "5432-5432", "1-65535") in found


def test_a_refactoring_differs_in_nothing(tmp_path: Path) -> None:
    a, b = pair(tmp_path, REFACTORED)
    assert rows(a, b) == []
    result = run("diff", a, b, "--fail-on", "any")
    assert (result.exit_code, result.stdout) == (0, "No connection differs.\n")


def test_text_names_the_policy_and_line_that_is_responsible(tmp_path: Path) -> None:
    a, b = pair(tmp_path, OPEN)
    text = run("diff", a, b).stdout
    assert text.startswith("1 connection added.\n")
    assert f"NetworkPolicy data/db, ingress rule 2 is new  {b}/policy.yaml:14\n" in text
    assert "  + 192.0.2.0/24 → data/Pod/db-0  TCP 5432\n" in text
    assert "  from the Internet: The Internet may reach data/Pod/db-0 on TCP 5432.\n" in text
    assert "  data  1 added\n" in text


def test_what_only_one_replica_may_is_said(tmp_path: Path) -> None:
    a, b = pair(tmp_path, WIDER)
    text = run("diff", a, b).stdout
    assert "web → data/Pod/db-0  TCP 5432 (some replicas) → TCP 5000-6000 (some replicas)\n" in text
    assert "~ shop/Pod/api → data/Pod/db-0          TCP 5432 → TCP 5000-6000\n" in text


def test_replicas_that_alone_differ_have_no_row_and_are_told(tmp_path: Path) -> None:
    a, b = pair(tmp_path, POLICY)
    (tmp_path / "b" / "cluster.yaml").write_text(
        MANIFESTS.replace("labels: {app: web}\n  owner", "labels: {app: web, tier: api}\n  owner", 1), encoding="utf-8"
    )
    assert rows(a, b) == []
    text = run("diff", a, b).stdout
    assert "No workload's connections differ, but those of some replicas do: 1." in text
    assert "shop/StatefulSet/web has other labels" in text
    assert "every replica: no ports → TCP 5432" in text
    assert run("diff", a, b, "--fail-on", "any").exit_code == 1
    assert run("diff", a, b, "--fail-on", "added").exit_code == 0


def test_a_workload_that_is_new_is_the_cause(tmp_path: Path) -> None:
    a, b = pair(tmp_path, POLICY)
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: job, namespace: shop}\nspec: {containers: [{name: c, image: i}]}\n"
    )
    (tmp_path / "b" / "job.yaml").write_text(pod, encoding="utf-8")
    text = run("diff", a, b, "--no-external").stdout
    assert f"shop/Pod/job is new  {b}/job.yaml:1\n" in text
    report = check(run("diff", a, b, "-o", "json").stdout)
    assert report["appeared"] == ["shop/Pod/job"]
    assert all(cause["text"] == "shop/Pod/job is new" for change in report["changes"] for cause in change["causes"])


# ---- what it fails on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "statuses"),
    [
        (OPEN, {"added": 1, "removed": 0, "risk": 1, "any": 1}),
        (WIDER, {"added": 1, "removed": 0, "risk": 0, "any": 1}),
        (POLICY.replace("port: pg", "port: 80"), {"added": 1, "removed": 1, "risk": 0, "any": 1}),
        (POLICY.replace("tier: api", "tier: none"), {"added": 0, "removed": 1, "risk": 0, "any": 1}),
        (REFACTORED, {"added": 0, "removed": 0, "risk": 0, "any": 0}),
    ],
)
def test_the_status_is_1_for_what_is_asked_to_fail_on(tmp_path: Path, after: str, statuses: dict[str, int]) -> None:
    a, b = pair(tmp_path, after)
    assert {kind: run("diff", a, b, "--fail-on", kind).exit_code for kind in statuses} == statuses
    assert run("diff", a, b).exit_code == 0


def test_several_things_can_be_failed_on(tmp_path: Path) -> None:
    result = run("diff", *pair(tmp_path, OPEN), "--fail-on", "removed", "--fail-on", "risk")
    assert result.exit_code == 1
    assert "ringfence: --fail-on risk.\n" in result.stderr


def test_a_proposal_that_cant_be_read_is_no_answer(tmp_path: Path) -> None:
    a, b = pair(tmp_path, POLICY)
    (tmp_path / "b" / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    result = run("diff", a, b)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"ringfence: {b}/broken.yaml:4: spec.podSelector must be a mapping, not the number 7." in result.stderr
    changed = run("diff", a, "--apply", f"{b}/broken.yaml", "-o", "json")
    assert (changed.exit_code, changed.stdout) == (2, "")
    lenient = run("diff", a, b, "--lenient")
    assert (lenient.exit_code, lenient.stdout.splitlines()[0]) == (0, "No connection differs.")
    assert "shop/NetworkPolicy/broken" in lenient.stdout
    assert run("diff", a, b, "--lenient", "--strict").exit_code == 1


def test_what_could_not_be_read_before_either_ends_no_comparison(tmp_path: Path) -> None:
    a, b = pair(tmp_path, POLICY)
    (tmp_path / "a" / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    assert run("diff", a, b).exit_code == 0
    (tmp_path / "b" / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    assert run("diff", a, b).exit_code == 0


def test_strict_fails_on_errors_of_either_input(tmp_path: Path) -> None:
    a, b = pair(tmp_path, POLICY)
    (tmp_path / "a" / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    assert run("diff", a, b, "--strict").exit_code == 1


# ---- inputs ---------------------------------------------------------------------------------------------------------


def test_policies_are_put_in_the_place_of_the_clusters_own(tmp_path: Path) -> None:
    a, _ = pair(tmp_path, POLICY)
    (tmp_path / "new.yaml").write_text(WIDER, encoding="utf-8")
    found = rows(a, "--policies", str(tmp_path / "new.yaml"))
    assert [row[0] for row in found] == ["changed", "changed"]
    assert "kubernetes.io/metadata.name" not in run("diff", a, "--policies", str(tmp_path / "new.yaml")).stderr


def test_both_sides_may_be_policies_over_one_cluster(tmp_path: Path) -> None:
    for name, text in (("cluster", MANIFESTS), ("old", POLICY), ("new", WIDER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    arguments = (str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"), "--cluster", str(tmp_path / "cluster.yaml"))
    assert {row[0] for row in rows(*arguments)} == {"changed"}
    result = run("diff", *arguments)
    assert "namespace-not-given" not in result.stderr
    assert "RF010" not in result.stderr


def test_inputs_without_any_pod_are_wrong_usage_and_no_empty_difference(tmp_path: Path) -> None:
    for name, text in (("old", POLICY), ("new", WIDER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    old, new = str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")
    result = run("diff", old, new)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "Neither A nor B has a pod or workload, so no connection can differ. Name one with --cluster." in result.stderr
    )
    assert run("diff", old, "--policies", new).exit_code == 2


def test_an_input_without_pods_on_one_side_is_told(tmp_path: Path) -> None:
    a, _ = pair(tmp_path, POLICY)
    result = run("diff", a, f"{a}/policy.yaml")
    assert result.exit_code == 0
    assert "B has no pod or workload, so every connection differs. For other policies over A's pods: --policies." in (
        result.stderr
    )
    result = run("diff", a, "--policies", f"{a}/cluster.yaml")
    assert "An input that is only read for its policies has none." in result.stderr


def test_an_archive_and_stdin_are_inputs_too(tmp_path: Path) -> None:
    a, b = pair(tmp_path, WIDER)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(a, "a")
    result = run("diff", str(tmp_path / "a.tar.gz"), "-", "-o", "csv", stdin=f"{MANIFESTS}---\n{WIDER}")
    assert len(result.stdout.splitlines()) == 3
    assert run("diff", str(tmp_path / "a.tar.gz"), b, "-o", "csv").stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a",), "Name what to compare A with: either B, or --policies"),
        (("a", "a", "--policies", "a"), "Name what to compare A with: either B, or --policies"),
        (("a", "--policies", "a", "--cluster", "a"), "--policies takes the cluster from A"),
        (("-", "-"), "Only one input can be stdin."),
        (("a", "a", "--summary", "-o", "csv"), "--summary has no format csv"),
        (("a", "nowhere"), "nowhere can't be read"),
        (("a", "a", "--fail-on", "nothing"), "'nothing' is not one of"),
    ],
)
def test_wrong_usage_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    pair(tmp_path, POLICY)
    monkeypatch.chdir(tmp_path)
    result = run("diff", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


# ---- git ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the small cluster: tag ``v1`` has its policy, the branch a wider one, the work tree a third."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k8s").mkdir()
    write(tmp_path / "k8s")
    git("init", "-q", "-b", "main")
    commit("v1")
    (tmp_path / "k8s" / "policy.yaml").write_text(WIDER, encoding="utf-8")
    commit("v2")
    (tmp_path / "k8s" / "policy.yaml").write_text(OPEN, encoding="utf-8")
    return tmp_path


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def commit(tag: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", tag)
    git("tag", tag)


@pytest.mark.parametrize("old", ["git:v1", "git:v1:k8s", "git:HEAD~1:k8s/", "git:v1:./k8s"])
def test_a_revision_is_read_without_its_work_tree(repository: Path, old: str) -> None:
    changed = [("changed", *API_TO_DB, "TCP", "5432-5432", "5000-6000")]
    assert rows(old, "git:main:k8s")[:1] == changed
    assert rows(old, "git:main") == rows("git:v1", "git:v2")
    assert (repository / "k8s" / "policy.yaml").read_text(encoding="utf-8") == OPEN


def test_the_work_tree_is_compared_with_a_revision(repository: Path) -> None:
    text = run("diff", "git:v1:k8s", "k8s").stdout
    assert "NetworkPolicy data/db, ingress rule 2 is new  k8s/policy.yaml:14\n" in text
    back = run("diff", "k8s", "git:v1:k8s").stdout
    assert "NetworkPolicy data/db, ingress rule 2 is removed  git:v1:k8s/policy.yaml:1 (was k8s/policy.yaml:14)" in back


def test_a_single_file_of_a_revision_is_an_input(repository: Path) -> None:
    arguments = ("git:v1:k8s/policy.yaml", "git:v2:k8s/policy.yaml", "--cluster", "k8s/cluster.yaml")
    assert rows(*arguments) == rows("git:v1", "git:v2")


def test_paths_are_from_the_root_wherever_one_stands(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows("git:v1", "git:v2")
    monkeypatch.chdir(repository / "k8s")
    assert rows("git:v1:k8s", "git:v2:k8s") == expected
    assert rows("git:v1:./", "git:v2:.") == expected
    assert rows("git:v1", "git:v2") == expected


def test_export_attributes_and_links_change_nothing(repository: Path) -> None:
    (repository / ".gitattributes").write_text("k8s/policy.yaml export-ignore\n", encoding="utf-8")
    (repository / "k8s" / "link.yaml").symlink_to("policy.yaml")
    (repository / "k8s" / "notes.txt").write_text("not a manifest", encoding="utf-8")
    commit("v3")
    result = run("diff", "git:v3", "k8s", "-o", "csv")
    assert len(result.stdout.splitlines()) == 1
    assert "git:v3/k8s/link.yaml is a link" in result.stderr


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("git:nowhere", "There is no revision nowhere in this repository."),
        ("git:v1:nowhere", "There is no nowhere in revision v1"),
        ("git:", "git: names no revision: write git:REV or git:REV:path"),
        ("git:--help", "git:--help names no revision"),
        ("git:v1:empty", "No manifest was found in git:v1:empty"),
    ],
)
def test_a_revision_that_cant_be_read_is_told(repository: Path, revision: str, message: str) -> None:
    (repository / "empty").mkdir()
    (repository / "empty" / "README").touch()
    git("add", "-A")
    git("commit", "-q", "-m", "v1 again")
    git("tag", "-f", "v1")
    result = run("diff", revision, "k8s")
    assert result.exit_code == 2
    assert message in result.stderr


def test_what_is_not_committed_is_told_where_two_revisions_are_compared(repository: Path) -> None:
    told = "is read as it was committed: k8s/policy.yaml of the work tree differs from it. For these, name a path."
    assert f"ringfence: git:HEAD {told}\n" in run("diff", "git:v1", "git:HEAD").stderr
    assert f"ringfence: git:main:./k8s {told}\n" in run("diff", "git:main:./k8s", "git:v1:k8s").stderr
    (repository / "k8s" / "new.yaml").write_text("", encoding="utf-8")
    assert "k8s/policy.yaml and 1 more of the work tree differ from it." in run("diff", "git:v1", "git:v2").stderr


@pytest.mark.parametrize("sides", [("git:v1", "git:v1"), ("git:HEAD", "k8s"), ("-q", "git:v1", "git:HEAD")])
def test_what_is_not_committed_is_not_told_where_nobody_expects_it(repository: Path, sides: tuple[str, ...]) -> None:
    assert "committed" not in run("diff", *sides).stderr


def test_a_clean_work_tree_is_not_told(repository: Path) -> None:
    git("checkout", "-q", ".")
    assert "committed" not in run("diff", "git:v1", "git:HEAD").stderr


def test_a_directory_outside_any_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = run("diff", "git:main", ".")
    assert result.exit_code == 2
    assert "git:main can't be read: not a git repository" in result.stderr


def test_a_missing_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("diff", "git:main", str(tmp_path))
    assert result.exit_code == 2
    assert "git can't be run" in result.stderr


# ---- formats --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [OPEN, WIDER, NONE, REFACTORED])
@pytest.mark.parametrize("arguments", [(), ("--by", "pod"), ("--summary",), ("--no-external",)])
def test_json_follows_its_schema(tmp_path: Path, after: str, arguments: tuple[str, ...]) -> None:
    a, b = pair(tmp_path, after)
    (tmp_path / "b" / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    report = check(run("diff", a, b, "--lenient", "-o", "json", *arguments).stdout)
    assert ("changes" in report) == ("--summary" not in arguments)
    assert any(finding["object"] == "shop/NetworkPolicy/broken" for finding in report["findings"])


def test_json_tells_what_decided_before_and_after(tmp_path: Path) -> None:
    report = check(run("diff", *pair(tmp_path, OPEN), "-o", "json").stdout)
    (change,) = report["changes"]
    (decided,) = change["decided"]
    assert (decided["direction"], decided["protocol"], decided["port"]) == ("ingress", "TCP", 5432)
    assert decided["before"]["reason"] == "no-rule"
    assert decided["before"]["policies"][0]["policy"] == "data/NetworkPolicy/db"
    assert decided["after"]["rules"][0]["rule"] == 1
    assert report["summary"]["opens"]
    assert not report["summary"]["closes"]


def every_format(*arguments: str) -> dict[str, Result]:
    return {output: run("diff", *arguments, "-o", output) for output in ("text", "json", "csv", "md", "html")}


def test_every_format_can_be_written_to_a_file(tmp_path: Path) -> None:
    a, b = pair(tmp_path, OPEN)
    for output, result in every_format(a, b).items():
        file = tmp_path / "answer"
        assert run("diff", a, b, "-o", output, "-f", str(file)).stdout == ""
        assert file.read_text(encoding="utf-8") == result.stdout


def test_the_summary_has_counts_and_risks_only(tmp_path: Path) -> None:
    text = run("diff", *pair(tmp_path, OPEN), "--summary").stdout
    assert "1 connection added." in text
    assert "from the Internet" in text
    assert "→" not in text

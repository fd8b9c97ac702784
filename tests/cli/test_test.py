"""``ringfence test`` from the command line: exit status, formats, where tests are found, and what is bad input."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.cli.running import BROKEN, run, write
from tests.cli.test_schemas import check, schema

HEAD = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: promises}
tests:
"""
KEPT = "- {name: the api may ask, from: shop/api, to: 'service:data/db', expect: allowed}\n"
BROKEN_PROMISE = "- {name: all may ask, reason: they must, from: {namespace: shop}, to: data/db-0, expect: allowed}\n"
TOO_OPEN = "- {name: only web asks, to: {namespace: data}, only: {from: shop/StatefulSet/web}}\n"


def suite(directory: Path, *tests: str, name: str = "suite.yaml") -> str:
    path = directory / name
    path.write_text(HEAD + "".join(tests), encoding="utf-8")
    return str(path)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """The cluster, in a directory beside which there is room for suites."""
    (tmp_path / "shop").mkdir()
    return write(tmp_path / "shop")


def test_status_0_where_every_promise_is_kept(shop: str, tmp_path: Path) -> None:
    result = run("test", "-q", shop, "--suite", suite(tmp_path, KEPT))
    assert result.exit_code == 0
    assert result.stdout == "1 test: all passed.\n"


def test_ends_that_keep_a_promise_are_not_counted_beside_addresses_that_break_it(tmp_path: Path) -> None:
    """Only the range gets in: the two pods that are asked about, too, are no share of what breaks it."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}, namespace: a, labels: {{app: {0}}}}}\nspec: {{}}\n---\n"
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: a}\n"
    rule = "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]}\n"
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text("".join(map(pod.format, ("db", "web", "api"))) + policy + rule, encoding="utf-8")
    promise = "- {name: closed, from: [a/web, a/api, 198.51.100.0/24], to: a/db, ports: [80], expect: denied}\n"
    result = run("test", "-q", str(cluster), "--suite", suite(tmp_path, promise))
    assert result.exit_code == 1
    assert "0 of" not in result.stdout
    assert "198.51.100" in result.stdout


def test_status_1_where_one_is_broken_and_the_counter_example_is_shown(shop: str, tmp_path: Path) -> None:
    path = suite(tmp_path, KEPT, BROKEN_PROMISE)
    result = run("test", "-q", shop, "--suite", path)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:5] == [
        "promises",
        f"  ✗ all may ask  {path}:6",
        "    From pods in namespace shop to data/db-0: allowed.",
        "    Reason: they must",
        "    shop/web-0 can't reach data/db-0 on TCP 5432.",
    ]
    assert lines[5] == "    It concerns 2 of 4 sources. Also: shop/Deployment/cart → data/db-0."
    assert "ingress rule 1, asks for label `tier=api`" in result.stdout
    assert lines[-1] == "2 tests: 1 passed, 1 failed."


def test_tests_that_passed_are_listed_on_demand(shop: str, tmp_path: Path) -> None:
    result = run("test", "-v", shop, "--suite", suite(tmp_path, KEPT))
    assert "  ✓ the api may ask" in result.stdout


def test_tests_among_the_manifests_are_found(shop: str) -> None:
    suite(Path(shop), KEPT, BROKEN_PROMISE)
    assert run("test", shop).exit_code == 1


def test_with_a_suite_those_among_the_manifests_are_left_alone(shop: str, tmp_path: Path) -> None:
    suite(Path(shop), BROKEN_PROMISE)
    assert run("test", shop, "--suite", suite(tmp_path, KEPT)).exit_code == 0


def test_a_directory_of_suites_may_hold_other_things(shop: str, tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    write(tests)
    suite(tests, KEPT)
    assert run("test", shop, "-s", str(tests)).stdout == "1 test: all passed.\n"


def test_several_suites_are_one_run(shop: str, tmp_path: Path) -> None:
    other = tmp_path / "b.yaml"
    other.write_text((HEAD + TOO_OPEN).replace("promises", "others"), encoding="utf-8")
    result = run("test", shop, "-s", suite(tmp_path, KEPT, name="a.yaml"), "-s", str(other))
    assert result.stdout.splitlines()[-1] == "2 tests in 2 suites: 1 passed, 1 failed."


def test_the_suite_or_the_cluster_may_come_on_stdin(shop: str, tmp_path: Path) -> None:
    assert run("test", shop, "-s", "-", stdin=HEAD + KEPT).exit_code == 0
    manifests = "".join((Path(shop) / f"{name}.yaml").read_text() + "\n---\n" for name in ("cluster", "policy"))
    assert run("test", "-", stdin=manifests + HEAD + BROKEN_PROMISE).exit_code == 1
    result = run("test", "-", "-s", "-", stdin="")
    assert (result.exit_code, "Only one input can be stdin." in result.stderr) == (2, True)


# ---- bad input -------------------------------------------------------------------------------------------------------


def test_status_2_and_no_test_where_a_suite_is_wrong(shop: str, tmp_path: Path) -> None:
    path = suite(tmp_path, KEPT, "- {name: a, from: shop/nobody, to: data/db-0, expect: denied}\n")
    result = run("test", shop, "-s", path)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{path}:6:19: There is no pod shop/nobody in the input." in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "- {name: a, from: [shop/api, to: data/db-0}\n", "suite.yaml:5"),
        (HEAD + KEPT + "tests: []\n", "suite.yaml:6:1: The key `tests` is given twice"),
        (HEAD + KEPT.replace("expect: allowed", "expect: allowed, expect: denied"), "The key `expect` is given twice"),
        ("{}", "suite.yaml"),
        ("kind: PolicyTest\n", "has no `apiVersion`"),
        ("", "There is no PolicyTest in"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "There is no PolicyTest in"),
        (HEAD.replace("PolicyTest", "PolicyTests") + KEPT, "Did you mean PolicyTest?"),
    ],
)
def test_a_file_that_is_no_suite_is_bad_input(shop: str, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    result = run("test", shop, "-s", str(tmp_path / "suite.yaml"))
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_broken_document_beside_a_good_one_is_bad_input(shop: str, tmp_path: Path) -> None:
    """It may be a suite: that it is left out must not look as if it passed."""
    path = tmp_path / "suite.yaml"
    path.write_text(f"{HEAD}{KEPT}---\n{HEAD}- [\n", encoding="utf-8")
    assert run("test", shop, "-s", str(path)).exit_code == 2
    (Path(shop) / "suite.yaml").write_text(path.read_text(), encoding="utf-8")
    assert run("test", shop).exit_code == 2


def test_a_suite_that_is_not_there_is_bad_input(shop: str, tmp_path: Path) -> None:
    result = run("test", shop, "-s", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "none.yaml" in result.stderr


def test_an_input_without_tests_is_wrong_usage(shop: str) -> None:
    result = run("test", shop)
    assert result.exit_code == 2
    assert "There is no PolicyTest in" in result.stderr
    assert "Name the tests with --suite." in result.stderr


def test_an_input_with_errors_fails_under_strict(tmp_path: Path) -> None:
    directory = write(tmp_path, broken=BROKEN)
    arguments = ("test", directory, "-s", suite(tmp_path, KEPT, name="t.yml"))
    assert run(*arguments).exit_code == 0
    assert run(*arguments, "--strict").exit_code == 1


# ---- formats ---------------------------------------------------------------------------------------------------------


def test_json_follows_its_schema(shop: str, tmp_path: Path) -> None:
    report = check(run("test", shop, "-s", suite(tmp_path, KEPT, BROKEN_PROMISE, TOO_OPEN), "-o", "json").stdout)
    assert report["summary"] == {"tests": 3, "passed": 1, "failed": 2, "uncertain": 0}
    assert [test["status"] for test in report["tests"]] == ["passed", "failed", "failed"]
    failure = report["tests"][1]["failure"]
    assert failure["kind"] == "not-allowed"
    assert failure["examples"][0]["source"]["name"] == "shop/web-0"
    assert failure["why"]["causes"][0]["kind"] == "pod-label"
    assert report["tests"][2]["failure"]["kind"] == "not-denied"


def test_junit_beside_text(shop: str, tmp_path: Path) -> None:
    target = tmp_path / "out.xml"
    result = run("test", "-q", shop, "-s", suite(tmp_path, KEPT, BROKEN_PROMISE), "--junit", str(target))
    assert result.exit_code == 1
    assert "✗ all may ask" in result.stdout
    root = ET.parse(target).getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "shop/web-0 can't reach data/db-0 on TCP 5432."
    assert "Closest rule" in (failure.text or "")


def test_tap(shop: str, tmp_path: Path) -> None:
    lines = run("test", shop, "-s", suite(tmp_path, KEPT, BROKEN_PROMISE), "-o", "tap").stdout.splitlines()
    assert lines[:4] == [
        "TAP version 14",
        "1..2",
        "ok 1 - promises: the api may ask",
        "not ok 2 - promises: all may ask",
    ]


def test_an_annotation_stands_at_the_policy_that_is_responsible(shop: str, tmp_path: Path) -> None:
    path = suite(tmp_path, KEPT, BROKEN_PROMISE, TOO_OPEN)
    annotations = run("test", shop, "-s", path, "-o", "github").stdout.splitlines()
    assert [line.partition(",endLine")[0] for line in annotations] == [
        f"::error file={shop}/policy.yaml,line=10",
        f"::error file={shop}/policy.yaml,line=9",
    ]
    assert f"%0AThe test: {path}:6" in annotations[0]


def test_a_connection_that_no_policy_touches_is_annotated_at_the_test(shop: str, tmp_path: Path) -> None:
    path = suite(tmp_path, "- {name: quiet, from: {namespace: data}, to: internet, expect: denied}\n")
    (line,) = run("test", shop, "-s", path, "-o", "github").stdout.splitlines()
    assert line.startswith(f"::error file={path},line=5,")


def test_the_answer_can_go_to_a_file(shop: str, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    result = run("test", shop, "-s", suite(tmp_path, KEPT), "-o", "json", "-f", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["kind"] == "TestReport"


def test_the_owner_label_can_be_named_on_the_command_line(shop: str, tmp_path: Path) -> None:
    path = suite(tmp_path, "- {name: t, from: other-teams, to: {namespace: data}, ports: 1, expect: denied}\n")
    label = "kubernetes.io/metadata.name"
    assert run("test", shop, "-s", path).exit_code == 2
    assert run("test", shop, "-s", path, "--owner-label", label).exit_code == 0


# ---- the schema of suites --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", [KEPT, BROKEN_PROMISE, TOO_OPEN])
def test_what_runs_is_valid_by_the_schema(test: str) -> None:
    schema("PolicyTest").validate(yaml.safe_load(HEAD + test))


@pytest.mark.parametrize(
    "test",
    [
        "- {from: shop/api, expect: denied}",
        "- {name: a, expect: denied}",
        "- {name: a, from: shop/api}",
        "- {name: a, from: shop/api, expect: maybe}",
        "- {name: a, from: shop/api, expect: denied, only: [{to: dns}]}",
        "- {name: a, from: shop/api, only: []}",
        "- {name: a, from: shop/api, only: [{}]}",
        "- {name: a, from: shop/api, only: {to: dns}, exists: to}",
        "- {name: a, from: {}, expect: denied}",
        "- {name: a, from: {namespce: shop}, expect: denied}",
        "- {name: a, from: {labels: {pci: true}}, expect: denied}",
        "- {name: a, from: {newPod: {}}, expect: denied}",
        "- {name: a, from: shop/api, ports: 0, expect: denied}",
        "- {name: a, from: shop/api, ports: 53/ICMP, expect: denied}",
        "- {name: a, form: shop/api, to: dns, expect: denied}",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses_too(shop: str, tmp_path: Path, test: str) -> None:
    validator: Draft202012Validator = schema("PolicyTest")
    assert not validator.is_valid(yaml.safe_load(HEAD + test))
    assert run("test", shop, "-s", suite(tmp_path, f"{test}\n")).exit_code == 2


def test_only_some_tests_are_run_by_name(shop: str, tmp_path: Path) -> None:
    both = suite(tmp_path, KEPT, BROKEN_PROMISE)
    result = run("test", "-q", shop, "--suite", both, "--only", "the *")
    assert (result.exit_code, result.stdout) == (0, "1 test: all passed.\n")
    wrong = run("test", "-q", shop, "--suite", both, "--only", "the api may")
    assert wrong.exit_code == 2
    assert "No test is named 'the api may'. Did you mean the api may ask?" in wrong.stderr

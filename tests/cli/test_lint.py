"""``ringfence lint``: choosing rules, what is printed, exit statuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ringfence.lint.registry import RULES
from tests.cli.running import MANIFESTS, run

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "LintReport.json"

ERROR = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: out
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 503.0.0.0/8}}]
"""

WARNING = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart
  namespace: shop
spec:
  podSelector: {matchLabels: {app: Cart}}
"""

NOTE = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart
  namespace: shop
spec:
  podSelector: {matchLabels: {app: cart}}
"""

SUPPRESSED = WARNING.replace(
    "  namespace: shop\n", '  namespace: shop\n  annotations: {ringfence.dev/ignore: "RF203: renamed next week"}\n'
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "cluster.yaml").write_text(MANIFESTS, encoding="utf-8")
    return tmp_path


def write(directory: Path, text: str) -> str:
    (directory / "policy.yaml").write_text(text, encoding="utf-8")
    return str(directory)


def test_a_finding_is_file_line_column_code_and_severity(shop: Path) -> None:
    result = run("lint", write(shop, WARNING), "--select", "RF203")
    place = re.escape(str(shop / "policy.yaml"))
    assert re.match(rf"{place}:7:3: RF203 warning: |{place}:7:16: RF203 warning: ", result.stdout), result.stdout


def test_it_says_why_with_evidence_and_what_to_write(shop: Path) -> None:
    lines = run("lint", write(shop, WARNING), "--select", "RF203").stdout.splitlines()
    assert "`app=Cart`" in lines[0]
    assert lines[1].startswith("  Everything else")
    assert lines[2] == "  - shop/Deployment/cart"
    assert lines[3].startswith("  → Write `app=cart`")
    assert lines[4] == "1 warning (1 rule)"


def test_the_worst_comes_first_and_they_are_counted(shop: Path) -> None:
    lines = run("lint", write(shop, f"{WARNING}---\n{ERROR}"), "--select", "RF1,RF203").stdout.splitlines()
    found = [match[1] for line in lines if (match := re.search(r" RF\d+ (\w+)", line))]
    assert found == ["error", "warning"]
    assert lines[-1].startswith("1 error, 1 warning (")


@pytest.mark.parametrize(
    ("text", "fail_on", "status"),
    [
        (ERROR, "error", 1),
        (ERROR, "warning", 1),
        (ERROR, "never", 0),
        (WARNING, "error", 0),
        (WARNING, "warning", 1),
        (WARNING, "note", 1),
    ],
)
def test_the_exit_status_follows_fail_on(shop: Path, text: str, fail_on: str, status: int) -> None:
    result = run("lint", write(shop, text), "--select", "RF103,RF203", "--fail-on", fail_on)
    assert result.exit_code == status


def test_notes_do_not_fail_unless_asked(shop: Path) -> None:
    path = write(shop, NOTE)
    arguments = ("lint", path, "--select", "RF601", "--require-annotation", "example.com/owner")
    assert run(*arguments).exit_code == 0
    assert run(*arguments, "--fail-on", "note").exit_code == 1


def test_nothing_found_is_said(shop: Path) -> None:
    result = run("lint", write(shop, NOTE), "--select", "RF203")
    assert (result.exit_code, result.stdout) == (0, "nothing found (1 rule)\n")


def test_severity_hides_what_is_less_and_counts_it(shop: Path) -> None:
    result = run("lint", write(shop, f"{WARNING}---\n{ERROR}"), "--select", "RF103,RF203", "--severity", "error")
    assert "RF203" not in result.stdout
    assert "1 of less severity not shown" in result.stdout
    assert result.exit_code == 1


def test_ignore_leaves_rules_out(shop: Path) -> None:
    assert run("lint", write(shop, WARNING), "--select", "RF2", "--ignore", "RF203,RF201").exit_code == 0


def test_a_suppressed_finding_is_counted_and_does_not_fail(shop: Path) -> None:
    result = run("lint", write(shop, SUPPRESSED), "--select", "RF203,RF06")
    assert result.exit_code == 0
    assert result.stdout.startswith("nothing found; 1 suppressed (")


def test_more_findings_of_a_rule_than_ten_are_counted_unless_all_are_asked_for(shop: Path) -> None:
    path = write(shop, "---\n".join(WARNING.replace("name: cart", f"name: cart-{number}") for number in range(13)))
    result = run("lint", path, "--select", "RF203")
    assert result.stdout.count("RF203 warning") == 10
    assert "and 3 more RF203; -v shows all" in result.stdout
    assert run("lint", path, "--select", "RF203", "-v").stdout.count("RF203 warning") == 13


def test_json_follows_its_schema(shop: Path) -> None:
    result = run("lint", write(shop, f"{SUPPRESSED}---\n{ERROR}"), "-o", "json")
    document = json.loads(result.stdout)
    body = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(body)
    Draft202012Validator(body).validate(document)
    assert document["summary"]["error"] >= 1
    assert document["suppressed"][0]["reason"] == "renamed next week"
    assert document["rules"] == [rule.code.code for rule in RULES]
    assert any(finding["code"] == "RF103" for finding in document["findings"])


def test_list_prints_every_rule_with_its_severity(shop: Path) -> None:
    lines = run("lint", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code.code for rule in RULES]
    assert run("lint", "--list", "--select", "RF203").stdout.startswith("RF203  warning  near-miss-labels  ")


def test_explain_prints_the_page_of_a_rule() -> None:
    text = run("lint", "--explain", "RF203").stdout
    assert text.startswith("# RF203 near-miss-labels\n")
    assert "## Fix safety" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", "RF999"), "RF999"),
        (("--ignore", "nothing"), "nothing"),
        (("--explain", "RF999"), "RF999"),
    ],
)
def test_a_rule_that_does_not_exist_is_wrong_usage(shop: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("lint", str(shop), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_a_path_it_is_wrong_usage() -> None:
    assert run("lint").exit_code == 2


def test_rules_that_had_no_pods_to_look_at_are_counted() -> None:
    result = run("lint", "-", "--select", "RF103,RF201,RF203", stdin=WARNING)
    assert result.stdout == "nothing found (1 rule; 2 more need pods, and the input has none)\n"
    document = json.loads(run("lint", "-", "--select", "RF103,RF201", "-o", "json", stdin=WARNING).stdout)
    assert (document["rules"], document["idle"]) == (["RF103"], ["RF201"])


def test_it_reads_standard_input(shop: Path) -> None:
    result = run("lint", "-", "--select", "RF103", stdin=ERROR)
    assert result.exit_code == 1
    assert ":10:" in result.stdout


MASKED = """\
# who may go out
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  policyTypes: [Egress] # only egress
  egress:
  - to: [{ipBlock: {cidr: 192.0.2.7/24}}]
"""


def test_fix_shows_the_difference_and_writes_it(shop: Path) -> None:
    path = write(shop, MASKED)
    result = run("lint", path, "--select", "RF104,RF107", "--fix", "--yes")
    text = (shop / "policy.yaml").read_text(encoding="utf-8")
    assert "-  - to: [{ipBlock: {cidr: 192.0.2.7/24}}]" in result.stdout
    assert "No connection changes." in result.stdout
    assert "cidr: 192.0.2.0/24" in text
    assert "podSelector: {}" in text
    assert text.startswith("# who may go out\n")
    assert "# only egress" in text
    assert result.exit_code == 0
    assert run("lint", path, "--select", "RF104,RF107").stdout == "nothing found (2 rules)\n"


def test_fix_asks_before_it_writes(shop: Path) -> None:
    path = write(shop, MASKED)
    result = run("lint", path, "--select", "RF104", "--fix", stdin="n\n")
    assert result.exit_code == 1
    assert (shop / "policy.yaml").read_text(encoding="utf-8") == MASKED


def test_fix_says_where_nothing_can_be_fixed(shop: Path) -> None:
    result = run("lint", write(shop, WARNING), "--select", "RF203", "--fix")
    assert "Nothing of this can be fixed" in result.stdout
    assert result.exit_code == 1


def test_fix_goes_with_text_only(shop: Path) -> None:
    assert run("lint", str(shop), "--fix", "-o", "json").exit_code == 2


TYPO = """\
# who may come in
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress: []
  egres:   # nobody
  - ports: [{port: 53}]
"""


def test_a_fix_that_changes_what_a_policy_says_is_told_and_not_written(shop: Path) -> None:
    result = run("lint", write(shop, TYPO), "--select", "RF113", "--fix", "--yes")
    assert "1 finding has a fix that changes what policies say: --unsafe-fixes." in result.stdout
    assert (shop / "policy.yaml").read_text(encoding="utf-8") == TYPO
    assert result.exit_code == 1


def test_unsafe_fixes_say_what_they_change_and_keep_comments(shop: Path) -> None:
    result = run("lint", write(shop, TYPO), "--select", "RF113", "--fix", "--unsafe-fixes", "--yes")
    assert "Connections change:" in result.stdout
    assert re.search(r"closes shop/Deployment/cart to ", result.stdout)
    assert (shop / "policy.yaml").read_text(encoding="utf-8") == TYPO.replace("egres:", "egress:")
    assert result.exit_code == 0


def test_unsafe_fixes_go_with_fix_only(shop: Path) -> None:
    result = run("lint", str(shop), "--unsafe-fixes")
    assert (result.exit_code, "goes with --fix" in result.stderr) == (2, True)


def test_json_carries_each_fix_with_its_text(shop: Path) -> None:
    result = run("lint", write(shop, TYPO), "--select", "RF113", "-o", "json")
    answer = json.loads(result.stdout)
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(answer)
    (fix,) = answer["findings"][0]["fixes"]
    assert (fix["safety"], fix["opens"], bool(fix["closes"])) == ("unsafe", [], True)
    (edit,) = fix["textEdits"]
    assert (edit["startLine"], edit["startColumn"], edit["text"]) == (8, 8, "s")


def test_what_stands_in_json_has_a_patch_and_no_text(tmp_path: Path) -> None:
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"policyTypes": ["Ingress"]},
    }
    (tmp_path / "policy.json").write_text(json.dumps(body), encoding="utf-8")
    result = run("lint", str(tmp_path), "--select", "RF107", "-o", "json")
    (fix,) = json.loads(result.stdout)["findings"][0]["fixes"]
    assert (fix["safety"], fix["textEdits"]) == ("safe", [])
    assert fix["patch"]["edits"] == [{"op": "add", "path": "/spec/podSelector", "value": {}}]

"""The order of findings, and what runs on which input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ringfence.cluster import load
from ringfence.lint.registry import RULES, Needs
from tests.lint.linting import codes, context, lint, pod, policy

WEB = pod("shop/web-0", "app: web")
BAD = policy("shop/bad", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 503.0.0.0/8}}]}]")
VOLATILE = policy("shop/p", "podSelector: {matchLabels: {pod-template-hash: 7d4b9c6f5}}")


def test_the_worst_comes_first_then_by_code_and_place() -> None:
    found = lint(VOLATILE + BAD + VOLATILE.replace("name: p", "name: q"))
    assert [finding.severity for finding in found] == sorted((f.severity for f in found), reverse=True)
    lines = [finding.origin.position.line for finding in found if finding.code.code == "RF210"]
    assert lines == sorted(lines)
    assert len(lines) == 2


def test_rules_that_need_pods_say_nothing_without_pods() -> None:
    manifests = policy("shop/p", "podSelector: {matchLabels: {app: nobody}}")
    silent = {rule.code.code for rule in RULES if rule.needs in (Needs.ENGINE, Needs.SURVEY)}
    assert silent.isdisjoint(codes(manifests))


def test_findings_of_reading_are_findings_of_the_linter() -> None:
    assert codes(BAD, "RF103") == ["RF103"]


def test_a_rule_changes_nothing_that_another_sees() -> None:
    both = codes(WEB + VOLATILE + BAD)
    alone = [code for rule in RULES for code in codes(WEB + VOLATILE + BAD, rule.code.code)]
    assert sorted(both) == sorted(alone)


def test_the_engine_is_not_built_for_rules_about_documents() -> None:
    linted = context(WEB + VOLATILE)
    for rule in RULES:
        if rule.needs is Needs.DOCUMENT:
            list(rule.check(linted))
    assert "engine" not in vars(linted)


def test_rules_about_documents_start_without_numpy() -> None:
    program = (
        "import sys; sys.argv = ['ringfence', 'lint', '-', '--select', 'RF1,RF210'];"
        "from ringfence.cli import main;\n"
        "try: main()\n"
        "except SystemExit as end: sys.exit(end.code or 'numpy' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, input=WEB, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_cluster_lints_itself_with_its_own_engine(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(WEB + VOLATILE + BAD, encoding="utf-8")
    cluster = load(str(tmp_path))
    assert [finding.code.code for finding in cluster.lint(["RF210"]).findings] == ["RF210"]
    assert "engine" not in vars(cluster)
    cluster.lint(["RF2"])
    assert "engine" in vars(cluster)

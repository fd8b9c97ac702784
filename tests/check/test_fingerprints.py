"""Fingerprints stay when a file is reordered or moved, and change when what they are about does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.check.fingerprints import fingerprints
from ringfence.cluster import load
from ringfence.model.finding import Finding

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
"""
RULES = (
    "  - from: [{ipBlock: {cidr: 10.0.0.1/8}}]\n",  # host bits set
    "  - from: [{podSelector: {matchLabels: {app: nobody}}}]\n",  # matches no pod
    "  - from: [{podSelector: {matchLabels: {app: no-one}}}]\n",
    "  - from: [{ipBlock: {cidr: 0.0.0.0/0}}]\n    ports: [{port: 80}]\n",
)
HEAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
"""


def policy(name: str, rules: tuple[str, ...]) -> str:
    return HEAD.replace("NAME", name) + "".join(rules)


def named(directory: Path, *texts: str) -> dict[str, Finding]:
    """The findings of the policies in these texts, by fingerprint."""
    for number, text in enumerate((CLUSTER, *texts)):
        (directory / f"{number}.yaml").write_text(text, encoding="utf-8")
    cluster = load(str(directory))
    found = cluster.lint(ignore=("RF5",)).findings  # which of two rules is the redundant one follows their order
    names = fingerprints(found, cluster.snapshot)
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


def codes(found: dict[str, Finding]) -> dict[str, str]:
    return {name: f"{finding.code.code} {finding.subject}" for name, finding in found.items()}


@settings(max_examples=25)
@given(seed=st.integers(), lines=st.integers(0, 5))
def test_reordered_rules_documents_and_lines_have_the_same_names(
    tmp_path_factory: pytest.TempPathFactory, seed: int, lines: int
) -> None:
    shuffled = random.Random(seed)
    before = named(tmp_path_factory.mktemp("a"), policy("a", RULES) + "---\n" + policy("b", RULES[:2]))
    rules = list(RULES)
    shuffled.shuffle(rules)
    documents = [policy("a", tuple(rules)), policy("b", RULES[1::-1])]
    shuffled.shuffle(documents)
    after = named(tmp_path_factory.mktemp("b"), "# moved\n" * lines + "---\n".join(documents))
    assert codes(before) == codes(after)


def test_other_files_and_more_pods_change_no_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = named(tmp_path / "a", policy("a", RULES) + "---\n" + policy("b", RULES[:1]))
    more = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-2, namespace: shop, labels: {app: web}}\n"
    after = named(tmp_path / "b", policy("b", RULES[:1]), policy("a", RULES), f"{more}spec: {{containers: []}}\n")
    lost = {name: str(before[name]) for name in before.keys() - after.keys()}
    assert lost == {}


def test_a_rule_that_is_edited_is_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = named(tmp_path / "a", policy("a", RULES))
    after = named(tmp_path / "b", policy("a", (RULES[0].replace("10.0.0.1/8", "10.0.0.2/8"), *RULES[1:])))
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    changed = [sorted(found[name].code.code for name in names) for found, names in ((before, gone), (after, new))]
    assert changed == [["RF104", "RF411"], ["RF104", "RF411"]]  # host bits, and a range wider than it says


def test_the_same_fault_in_another_policy_has_another_name(tmp_path: Path) -> None:
    found = named(tmp_path, policy("a", RULES[:1]) + "---\n" + policy("b", RULES[:1]))
    masks = [name for name, finding in found.items() if finding.code.code == "RF104"]
    assert len(masks) == 2

"""Fixes put into files: which file, what stays as it is, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ringfence.cluster import Cluster, load
from ringfence.fix.search import Fix
from ringfence.fix.writing import FileChange, WriteError, changes

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}  # the shop's front
    spec: {containers: [{name: c, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, image: db, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.1.1}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""

POLICY = """\
# Who may call the database?
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: data
spec:
  podSelector:
    matchLabels: {app: db}
  ingress:
  - from:          # the shop
    - namespaceSelector:
        matchLabels:
          team: shop   # the namespace has no such label
      podSelector: {matchLabels: {app: web}}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "pods.yaml").write_text(PODS, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def fix_of(cluster: Cluster, kind: str) -> Fix:
    answer = cluster.fix("shop/Deployment/web", "data/db-0", 5432)
    return next(fix for fix in answer.fixes if [str(step.kind) for step in fix.steps] == [kind])


def write(directory: Path, kind: str) -> tuple[FileChange, ...]:
    cluster = load(str(directory))
    files = changes(fix_of(cluster, kind).patches, cluster.snapshot)
    for change in files:
        change.write()
    assert load(str(directory)).verdict("shop/Deployment/web", "data/db-0", 5432).allowed
    return files


def test_a_requirement_goes_with_its_line(directory: Path) -> None:
    write(directory, "relax-selector")
    text = (directory / "policy.yaml").read_text(encoding="utf-8")
    assert text == POLICY.replace(
        "    - namespaceSelector:\n        matchLabels:\n          team: shop   # the namespace has no such label\n",
        "    - namespaceSelector: {}   # the namespace has no such label\n",
    )


def test_a_namespace_gets_its_label_in_its_own_document(directory: Path) -> None:
    (change,) = write(directory, "label-namespace")
    assert change.path.endswith("pods.yaml")
    assert change.after == PODS.replace("{name: shop}", "{name: shop, labels: {team: shop}}")


def test_a_rule_is_added_below_the_others(directory: Path) -> None:
    (change,) = write(directory, "add-rule")
    assert change.after.startswith(POLICY)
    assert change.after[len(POLICY) :].startswith("  - from:\n")


def test_line_ends_and_the_mode_of_a_file_stay(directory: Path) -> None:
    path = directory / "policy.yaml"
    path.write_bytes(POLICY.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    write(directory, "new-policy")
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert data.startswith(POLICY.replace("\n", "\r\n").encode())
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "policy.yaml"
    (directory / "policy.yaml").rename(target)
    (directory / "policy.yaml").symlink_to(target)
    write(directory, "add-rule")
    assert (directory / "policy.yaml").is_symlink()
    assert target.read_text(encoding="utf-8").startswith(POLICY)


def test_a_file_that_changed_meanwhile_is_left_alone(directory: Path) -> None:
    cluster = load(str(directory))
    (change,) = changes(fix_of(cluster, "add-rule").patches, cluster.snapshot)
    (directory / "policy.yaml").write_text(POLICY + "# more\n", encoding="utf-8")
    with pytest.raises(WriteError, match="has changed since it was read"):
        change.write()
    assert (directory / "policy.yaml").read_text(encoding="utf-8").endswith("# more\n")


def test_the_difference_is_a_unified_one(directory: Path) -> None:
    cluster = load(str(directory))
    (change,) = changes(fix_of(cluster, "label-namespace").patches, cluster.snapshot)
    lines = change.difference().splitlines()
    assert lines[0] == f"--- {directory}/pods.yaml"
    assert [line for line in lines if line.startswith("+")][1:] == ["+metadata: {name: shop, labels: {team: shop}}"]


def test_an_anchor_that_others_share_is_refused(directory: Path) -> None:
    lines = "        matchLabels:\n          team: shop   # the namespace has no such label\n"
    again = "    - namespaceSelector: {matchLabels: *labels}\n      podSelector: {matchLabels: {app: batch}}\n"
    shared = POLICY.replace(lines, "        matchLabels: &labels {team: shop}\n") + again
    (directory / "policy.yaml").write_text(shared, encoding="utf-8")
    cluster = load(str(directory))
    with pytest.raises(WriteError, match=r"anchor .*Use -o kubectl or -o manifest"):
        changes(fix_of(cluster, "relax-selector").patches, cluster.snapshot)


def test_a_json_dump_is_refused(directory: Path) -> None:
    items = [*yaml.safe_load_all(PODS), yaml.safe_load(POLICY)]
    for name in ("pods.yaml", "policy.yaml"):
        (directory / name).unlink()
    dump = directory / "cluster.json"
    dump.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
    cluster = load(str(dump))
    with pytest.raises(WriteError, match="is JSON, most likely a dump"):
        changes(fix_of(cluster, "add-rule").patches, cluster.snapshot)
    with pytest.raises(WriteError, match="There is no YAML file to put"):
        changes(fix_of(cluster, "new-policy").patches, cluster.snapshot)

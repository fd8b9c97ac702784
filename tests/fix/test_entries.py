"""One entry or two: the dash that makes *and* into *or*, corrected in both directions."""

from __future__ import annotations

from pathlib import Path

from ringfence.cluster import load
from ringfence.fix.writing import changes
from tests.clusters import pod
from tests.fix.test_candidates import CART, DB, SHOP, WEB, Case, guard, kinds, of_kind, opens
from tests.fix.test_meant import edits

ADMIN = pod("data/admin-0", "role=admin", ip="10.0.0.5")
WORKER = pod("shop/worker-0", "role=admin", ip="10.0.0.6")
EITHER = f"[{{from: [{{{SHOP}}}, {{podSelector: {{matchLabels: {{role: admin}}}}}}], ports: [{{port: 5432}}]}}]"
BOTH = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{role: admin}}}}}}], ports: [{{port: 5432}}]}}]"


def test_two_entries_are_made_one_and_only_what_meets_both_stays() -> None:
    answer = Case(guard(EITHER), WEB, CART, WORKER, ADMIN, DB).ask("shop/web-0", "data/db-0:5432", deny=True)
    merged = of_kind(answer, "merge-entries")
    assert edits(merged) == [
        ("add", "/spec/ingress/0/from/0/podSelector", {"matchLabels": {"role": "admin"}}),
        ("remove", "/spec/ingress/0/from/1", None),
    ]
    # shop's worker meets both; the cart is of shop without the role, the admin has the role in another namespace.
    assert sorted(effect.source for effect in merged.effects.closes) == ["data/Pod/admin-0", "shop/Pod/cart-0"]
    assert merged.title == (
        "Make one entry of namespaceSelector `kubernetes.io/metadata.name=shop` and podSelector `role=admin` in "
        "NetworkPolicy data/db, ingress rule 1"
    )


def test_the_other_entry_may_be_the_one_that_allows() -> None:
    answer = Case(guard(EITHER), WEB, WORKER, ADMIN, DB).ask("data/admin-0", "data/db-0:5432", deny=True)
    assert ["merge-entries"] in kinds(answer)


def test_entries_of_one_kind_are_not_merged() -> None:
    rules = f"[{{from: [{{{SHOP}}}, {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: lab}}}}}}]}}]"
    answer = Case(guard(rules), WEB, DB).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert ["merge-entries"] not in kinds(answer)


def test_one_entry_is_made_two_where_either_was_meant() -> None:
    answer = Case(guard(BOTH), WEB, CART, WORKER, ADMIN, DB).ask("data/admin-0", "data/db-0:5432")
    split = of_kind(answer, "split-entry")
    assert edits(split) == [
        ("remove", "/spec/ingress/0/from/0/podSelector", None),
        ("add", "/spec/ingress/0/from/1", {"podSelector": {"matchLabels": {"role": "admin"}}}),
    ]
    # The namespace is let in as a whole.
    assert [source for source, _, _ in opens(split)] == ["shop/Pod/cart-0", "shop/Pod/web-0"]


def test_a_pod_that_meets_neither_gets_no_split() -> None:
    other = pod("lab/x-0", "app=x")
    answer = Case(guard(BOTH), WEB, other, DB).ask("lab/x-0", "data/db-0:5432")
    assert ["split-entry"] not in kinds(answer)


PODS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, image: db}]}
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {}
  ingress:
    - from:
        # Only the admins
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop   # of the shop
        - podSelector:
            matchLabels:
              role: admin
      ports:
        - port: 5432   # postgres
"""


def test_the_merged_entry_is_written_with_its_comments(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(PODS, encoding="utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    cluster = load(str(tmp_path))
    answer = cluster.fix("shop/web", "data/db", 5432, deny=True)
    for change in changes(of_kind(answer, "merge-entries").patches, cluster.snapshot):
        change.write()
    assert path.read_text(encoding="utf-8") == POLICY.replace("        - podSelector:", "          podSelector:")
    assert not load(str(tmp_path)).verdict("shop/web", "data/db", 5432).allowed

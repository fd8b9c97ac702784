"""Calico's default deny cuts DNS and a dependency: what is said of it, and what restores it.

Source: Calico documentation, "Enable a default deny policy": a GlobalNetworkPolicy with types and no rules.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run

SHOP = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {selector: {matchLabels: {k8s-app: kube-dns}},
  template: {metadata: {labels: {k8s-app: kube-dns}},
    spec: {containers: [{name: c, image: i, ports: [{name: dns, containerPort: 53, protocol: UDP},
    {name: dns-tcp, containerPort: 53}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns},
  ports: [{name: dns, port: 53, protocol: UDP},{name: dns-tcp, port: 53}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}},
    spec: {containers: [{name: c, image: i, env: [{name: DB, value: "http://db:5432"}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {selector: {matchLabels: {app: db}},
  template: {metadata: {labels: {app: db}},
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: default-deny}
spec:
  selector: projectcalico.org/namespace not in {'kube-system'}
  types: [Ingress, Egress]
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return str(path)


def test_one_root_is_found_for_all_that_the_default_deny_cuts(shop: str) -> None:
    report = json.loads(run("diagnose", shop, "-o", "json").stdout)
    texts = json.dumps(report)
    assert "GlobalNetworkPolicy default-deny isolates every pod of namespaces" in texts
    assert "DNS" in texts


def test_the_dependencies_are_restored_by_network_policies_and_nothing_else_opens(shop: str, tmp_path: Path) -> None:
    answer = run("fix", "--dependencies", shop, "-o", "manifest")
    (tmp_path / "fix.yaml").write_text(answer.stdout, encoding="utf-8")
    both = str(tmp_path)
    for end in ("service:shop/db:5432", "service:kube-system/kube-dns:53/UDP", "service:kube-system/kube-dns:53"):
        assert run("why", shop, "shop/Deployment/web", end).exit_code == 1
        assert run("why", both, "shop/Deployment/web", end).exit_code == 0
    assert run("why", both, "shop/Deployment/db", "shop/Deployment/web:80").exit_code == 1


def test_the_linter_names_the_policy_that_cuts_dns(shop: str) -> None:
    findings = json.loads(run("lint", shop, "-o", "json").stdout)["findings"]
    assert {"RF301", "RF306"} <= {finding["code"] for finding in findings}


def test_a_snapshot_keeps_tiers_sets_and_staged_policies(shop: str, tmp_path: Path) -> None:
    more = """---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 10}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkSet
metadata: {name: partners, annotations: {projectcalico.org/metadata: '{"labels": {"role": "partner"}}'}}
spec: {nets: [192.0.2.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: partners}
spec:
  tier: security
  selector: app == 'web'
  types: [Egress]
  egress:
  - {action: Allow, destination: {selector: role == 'partner'}}
---
apiVersion: projectcalico.org/v3
kind: StagedGlobalNetworkPolicy
metadata: {name: shut}
spec: {tier: security, order: 1, selector: app == 'web', types: [Egress]}
---
apiVersion: projectcalico.org/v3
kind: StagedGlobalNetworkPolicy
metadata: {name: partners}
spec: {tier: security, stagedAction: Delete}
"""
    (tmp_path / "more.yaml").write_text(more, encoding="utf-8")
    archive = tmp_path.parent / "out.tar.gz"
    assert run("snapshot", str(tmp_path), "--force", "--out", str(archive)).exit_code == 0
    question = ("shop/Deployment/web", "192.0.2.9:443")
    for paths in ((shop, str(tmp_path / "more.yaml")), (str(archive),)):
        assert run("why", *paths, *question).exit_code == 0
        assert run("why", "--staged", *paths, *question).exit_code == 1

"""Which texts and objects name a Service: what a survey of dependencies can rest on."""

from __future__ import annotations

import json

import pytest

from ringfence.model.objects import Snapshot
from tests.sources.loading import codes, load_text

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  DB_HOST: db
  OTHER: nothing here
  app.ini: |
    [db]
    url = postgres://db.shop:5432/x
---
"""


NGINX = """\
spec:
  ingressClassName: nginx
  rules: [{http: {paths: [{backend: {service: {name: web, port: {name: http}}}}]}}]
"""


def deployment(container: str, spec: str = "") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        {container}
      {spec}
---
"""


def texts(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(reference.key, reference.text) for reference in snapshot.references]


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("env: [{name: DB, value: 'db:5432'}]", [("DB", "db:5432")]),
        ("env: [{name: LEVEL, value: info}, {name: PORT, value: 5432}]", []),
        ("args: [--db-host=db, --verbose]", [("db-host", "db")]),
        ("args: [--db-host, db, serve]", [("db-host", "db")]),
        ("command: [sh, -c, 'wait-for db:5432']", [("c", "wait-for db:5432")]),
        ("livenessProbe: {exec: {command: [pg_isready, -h, db]}}", [("h", "db")]),
        ("envFrom: [{configMapRef: {name: settings}}]", [("DB_HOST", "db"), ("app.ini", "[db]\nurl = postgres://db.shop:5432/x\n")]),
        ("env: [{name: H, valueFrom: {configMapKeyRef: {name: settings, key: DB_HOST}}}]", [("H", "db")]),
        ("env: [{name: H, valueFrom: {secretKeyRef: {name: settings, key: DB_HOST}}}]", []),
    ],
)  # fmt: skip
def test_a_text_of_a_container_that_names_a_service_is_kept(container: str, expected: list[tuple[str, str]]) -> None:
    snapshot = load_text(SERVICE + CONFIG + deployment(container))
    assert texts(snapshot) == expected
    assert codes(snapshot) == []


@pytest.mark.parametrize(
    "volume",
    ["configMap: {name: settings}", "projected: {sources: [{configMap: {name: settings}}]}"],
)
def test_a_config_map_that_is_mounted_is_used(volume: str) -> None:
    snapshot = load_text(SERVICE + CONFIG + deployment("image: x", f"volumes: [{{name: v, {volume}}}]"))
    assert [key for key, _ in texts(snapshot)] == ["DB_HOST", "app.ini"]
    assert snapshot.skipped == {}


def test_a_config_map_that_nobody_uses_is_skipped_and_counted() -> None:
    snapshot = load_text(SERVICE + CONFIG + deployment("image: x"))
    assert texts(snapshot) == []
    assert snapshot.skipped == {"ConfigMap": 1}


def test_a_config_map_of_another_namespace_is_not_meant() -> None:
    other = CONFIG.replace("namespace: shop", "namespace: other")
    assert texts(load_text(SERVICE + other + deployment("envFrom: [{configMapRef: {name: settings}}]"))) == []


def test_a_reference_tells_its_place_and_its_object() -> None:
    snapshot = load_text(SERVICE + CONFIG + deployment("envFrom: [{configMapRef: {name: settings}}]"))
    first = snapshot.references[0]
    assert str(first.object) == "shop/ConfigMap/settings"
    assert (first.origin.position.line, first.origin.path) == (10, "data.DB_HOST")
    assert str(first.workload) == "shop/Deployment/web"


def test_json_tells_the_line_of_a_text_too() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}, "spec": {"ports": [{"port": 1}]}}
    spec = {"containers": [{"name": "c", "env": [{"name": "DB_HOST", "value": "db"}]}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, pod]}, indent=1)
    (reference,) = load_text(text).references
    assert text.splitlines()[reference.origin.position.line - 1].strip() == '"value": "db"'


def test_pods_of_a_workload_that_is_given_are_read_from_its_template_once() -> None:
    pods = "".join(
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{i}\n  namespace: shop\n  ownerReferences: "
        "[{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]\n"
        "spec: {containers: [{name: c, env: [{name: OLD, value: 'db:1'}]}]}\n---\n"
        for i in range(3)
    )
    snapshot = load_text(SERVICE + pods + deployment("env: [{name: NEW, value: 'db:5432'}]"))
    assert texts(snapshot) == [("NEW", "db:5432")]


def test_pods_without_their_workload_are_read_once_for_each_template() -> None:
    pods = "".join(
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{i}\n  namespace: shop\n"
        f"  labels: {{pod-template-hash: v{i // 2}}}\n"
        "  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, controller: true}]\n"
        f"spec: {{containers: [{{name: c, env: [{{name: DB, value: 'db:{i // 2 + 1}'}}]}}]}}\n---\n"
        for i in range(4)
    )
    assert texts(load_text(SERVICE + pods)) == [("DB", "db:1"), ("DB", "db:2")]


def test_what_cannot_be_read_as_text_costs_no_pod_and_is_no_finding() -> None:
    snapshot = load_text(SERVICE + deployment("env: {DB: db}"))
    assert [str(pod) for pod in snapshot.pods] == ["shop/Deployment/web"]
    assert (texts(snapshot), codes(snapshot)) == ([], [])


@pytest.mark.parametrize(
    ("head", "spec", "expected"),
    [
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress",
            NGINX,
            ("shop", "web", "http", "nginx"),
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress",
            "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}",
            ("shop", "web", 80, ""),
        ),
        (
            "apiVersion: extensions/v1beta1\nkind: Ingress",
            "spec: {backend: {serviceName: web, servicePort: '80'}}",
            ("shop", "web", 80, ""),
        ),
        (
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration",
            "webhooks: [{name: a.b.c, clientConfig: {service: {namespace: ops, name: hook}}}]",
            ("ops", "hook", 443, ""),
        ),
        (
            "apiVersion: apiregistration.k8s.io/v1\nkind: APIService",
            "spec: {service: {namespace: kube-system, name: metrics-server, port: 8443}}",
            ("kube-system", "metrics-server", 8443, ""),
        ),
    ],
)  # fmt: skip
def test_an_object_that_sends_to_a_service_is_a_use_of_it(
    head: str, spec: str, expected: tuple[str, str, object, str]
) -> None:
    snapshot = load_text(f"{head}\nmetadata: {{name: x, namespace: shop}}\n{spec}\n")
    (use,) = snapshot.uses
    assert (use.namespace, use.service, use.port, use.sender) == expected
    assert use.origin.position.line >= 4
    assert snapshot.skipped == {}

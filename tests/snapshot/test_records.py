"""The records that stand for texts: what they say, and that no archive can make them say more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.snapshot.archives import archive_of, loaded, texts
from tests.sources.loading import load_text

SERVICES = """\
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis-0, namespace: data}
spec: {clusterIP: None, selector: {app: redis}, ports: [{port: 6379}]}
"""


def workload(env: str) -> str:
    return f"""\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: c
        env: [{env}]
"""


@pytest.mark.parametrize(
    ("name", "value", "record"),
    [
        ("DB_HOST", "db", "db.shop.svc"),  # the whole value of a key that is for hosts; all ports may be meant
        ("DB", "db:5432", "db.shop.svc:5432"),
        ("DB", "postgres://u:p@db/x", "db.shop.svc:5432"),  # the scheme tells the port
        ("DB", "http://db.shop.svc.cluster.local:1/x?token=t", "db.shop.svc:1"),
        ("REDIS", "redis-0.data:6379", "redis-0.data.svc:6379"),  # no replica of a StatefulSet: a Service itself
    ],
)
def test_a_record_names_service_namespace_and_port_as_the_text_means_them(name: str, value: str, record: str) -> None:
    archive = archive_of(SERVICES + workload(f'{{name: {name}, value: "{value}"}}'))
    assert texts(archive) == [record]
    assert texts(archive_of(archive.data)) == [record]


@pytest.mark.parametrize(
    ("name", "value"),
    [("DB", "db"), ("MODE", "the db is here"), ("DB", "weird://db"), ("DB", "other:5432"), ("DB", "db.elsewhere:5432")],
)
def test_a_text_that_shows_no_need_leaves_no_record(name: str, value: str) -> None:
    assert texts(archive_of(SERVICES + workload(f'{{name: {name}, value: "{value}"}}'))) == []


def test_what_a_config_map_tells_is_recorded_with_its_key_and_the_config_map_is_not_kept() -> None:
    text = f"""{SERVICES}{workload("{name: URL, valueFrom: {configMapKeyRef: {name: settings, key: url}}}")}---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: shop}}
data: {{url: "http://db:5432/secret"}}
"""
    archive = archive_of(text)
    (record,) = archive.about["references"]
    assert (record["key"], record["text"]) == ("URL", "db.shop.svc:5432")
    assert record["object"]["kind"] == "ConfigMap"
    assert archive.about["leftOut"]["objects"] == {"ConfigMap": 1}


def test_the_address_of_node_local_dns_is_recorded_and_nothing_around_it() -> None:
    text = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec: {hostNetwork: true, containers: [{name: c, args: ["-localip", "169.254.25.10,10.96.0.10", "-token", "x"]}]}
"""
    assert texts(archive_of(text)) == ["169.254.25.10"]


def about(references: Any) -> str:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    given = {"apiVersion": "ringfence.dev/v1", "kind": "Snapshot", "references": references}
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [given, namespace]})


RECORD: dict[str, Any] = {
    "workload": {"namespace": "shop", "kind": "Deployment", "name": "web"},
    "text": "db.shop.svc:5432",
    "object": {"kind": "Deployment", "name": "web"},
}


def test_a_record_is_read_as_the_text_of_its_workload() -> None:
    (reference,) = load_text(about([RECORD])).references
    assert (str(reference.workload), reference.text) == ("shop/Deployment/web", "db.shop.svc:5432")


@pytest.mark.parametrize("references", [7, ["x"], [{}], [{**RECORD, "text": 7}], [{**RECORD, "workload": None}]])
def test_records_that_make_no_sense_are_skipped_and_counted(references: Any) -> None:
    snapshot = load_text(about(references))
    assert snapshot.references == ()
    assert snapshot.skipped == {"Snapshot": 1}


def test_an_archive_that_is_read_says_nothing_of_its_own_record() -> None:
    assert loaded(archive_of(SERVICES)).skipped == {}

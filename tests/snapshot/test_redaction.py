"""What an archive must not hold: Secrets, variables, commands, annotations, and anything that nobody reads."""

from __future__ import annotations

import gzip
import json

import pytest

from ringfence.snapshot.shape import Shape, shape_of
from ringfence.sources.kinds import ApiObject, struct_of
from tests.snapshot.archives import SECRET, archive_of, files, objects, texts

POD = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  uid: {SECRET}
  labels: {{app: web}}
  annotations: {{note: {SECRET}, kubectl.kubernetes.io/last-applied-configuration: '{{"env": "{SECRET}"}}'}}
  managedFields: [{{manager: {SECRET}}}]
  finalizers: [{SECRET}]
spec:
  nodeName: n1
  serviceAccountName: robot
  imagePullSecrets: [{{name: {SECRET}}}]
  hostAliases: [{{ip: 192.0.2.1, hostnames: [{SECRET}]}}]
  volumes: [{{name: v, secret: {{secretName: {SECRET}}}}}, {{name: c, configMap: {{name: {SECRET}}}}}]
  containers:
  - name: {SECRET}
    image: registry.example.com/{SECRET}
    command: [sh, -c, 'login {SECRET}']
    args: [--password={SECRET}, '-p{SECRET}', 'db:5432']
    env:
    - {{name: PASSWORD, value: {SECRET}}}
    - {{name: DB_URL, value: 'postgres://user:{SECRET}@db:5432/{SECRET}'}}
    envFrom: [{{secretRef: {{name: {SECRET}}}}}]
    ports: [{{containerPort: 8080, name: http}}]
    livenessProbe: {{exec: {{command: [curl, -u, '{SECRET}', 'http://db:5432']}}}}
status: {{phase: Running, podIP: 10.0.0.1, message: {SECRET}, conditions: [{{type: Ready, message: {SECRET}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: db, namespace: shop, annotations: {{key: {SECRET}}}}}
spec: {{selector: {{app: db}}, ports: [{{port: 5432, appProtocol: {SECRET}}}], loadBalancerIP: {SECRET}}}
"""


def everything(text: str) -> str:
    """All bytes of the archive, as text."""
    return gzip.decompress(archive_of(text).data).decode()


def test_nothing_of_a_pod_is_kept_but_what_policies_depend_on() -> None:
    assert SECRET not in everything(POD)
    pod, service = objects(archive_of(POD))
    assert pod == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "containers": [{"ports": [{"containerPort": 8080, "name": "http"}]}],
            "nodeName": "n1",
            "serviceAccountName": "robot",
        },
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }
    assert service["spec"] == {"selector": {"app": "db"}, "ports": [{"port": 5432}]}


def test_of_a_text_only_the_service_and_port_are_kept_that_it_means() -> None:
    archive = archive_of(POD)
    assert set(texts(archive)) == {"db.shop.svc:5432"}
    assert [record["key"] for record in archive.about["references"]] == ["DB_URL", ""]


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap", "SealedSecret", "PersistentVolume", "Event"])
def test_an_object_of_another_kind_is_left_out_and_counted(kind: str) -> None:
    text = (
        f"{POD}---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: s}}\ndata: {{k: {SECRET}}}\nstringData: {SECRET}\n"
    )
    assert SECRET not in everything(text)
    assert archive_of(text).about["leftOut"]["objects"] == {kind: 1}


def test_a_secret_in_a_list_is_left_out_as_one_in_a_document() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": SECRET}}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    for body in (
        {"apiVersion": "v1", "kind": "List", "items": [secret, namespace]},
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [{"kind": "List", "apiVersion": "v1", "items": [secret]}, namespace],
        },
    ):
        assert SECRET not in everything(json.dumps(body))


def test_a_field_of_the_wrong_type_loses_what_it_holds() -> None:
    """What belongs into a field is kept; a mapping where a text belongs may hold anything."""
    text = POD.replace("nodeName: n1", f"nodeName: {{password: {SECRET}}}\n  dnsConfig: {SECRET}")
    text += f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: a, labels: [{SECRET}]}}\n"
    assert SECRET not in everything(text)


def test_ingresses_and_webhooks_keep_the_service_and_nothing_of_hosts_and_certificates() -> None:
    text = f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop}}
spec:
  ingressClassName: nginx
  tls: [{{hosts: [{SECRET}], secretName: {SECRET}}}]
  rules:
  - host: {SECRET}.example.com
    http: {{paths: [{{path: /{SECRET}, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: guard}}
webhooks:
- name: {SECRET}
  clientConfig: {{caBundle: {SECRET}, service: {{namespace: shop, name: web, path: /{SECRET}}}}}
"""
    assert SECRET not in everything(text)
    ingress, webhook = objects(archive_of(text))
    assert ingress["spec"] == {
        "ingressClassName": "nginx",
        "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}],
    }
    assert webhook["webhooks"] == [{"clientConfig": {"service": {"namespace": "shop", "name": "web"}}}]


def test_what_is_kept_of_each_kind_is_pinned() -> None:
    """A reader that looks at a new field puts it into archives: whoever adds one must see it here, and think."""

    def paths(kind: str, version: str = "v1") -> set[str]:
        shape = shape_of(version, kind)
        assert shape is not None
        return set(_paths(shape, ""))

    meta = {f"metadata.{name}" for name in ("name", "namespace", "generateName", "labels{}")}
    meta |= {f"metadata.ownerReferences[].{name}" for name in ("kind", "name", "controller")}
    meta |= {"metadata.annotations.ringfence.dev/ignore"}
    spec = {"hostNetwork", "nodeName", "serviceAccountName", "serviceAccount", "dnsPolicy", "dnsConfig.nameservers[]"}
    for containers in ("containers[]", "initContainers[]"):
        spec |= {f"{containers}.ports[].{name}" for name in ("containerPort", "name", "protocol")}
        spec |= {f"{containers}.restartPolicy"}
    pod = {f"spec.{each}" for each in spec}
    assert paths("Pod") == meta | pod | {
        f"status.{each}" for each in ("phase", "podIP", "podIPs[].ip", "hostIP", "hostIPs[].ip")
    }
    assert paths("Deployment", "apps/v1") == meta | {"spec.replicas"} | {
        f"status.conditions[].{each}" for each in ("type", "status")
    } | {f"spec.template.{each}" for each in meta | pod}
    assert paths("Namespace") == meta
    assert paths("Node") == meta | {"status.addresses[].type", "status.addresses[].address"}
    assert paths("Service") == meta | {"spec.selector{}"} | {
        f"spec.{each}"
        for each in ("type", "clusterIP", "clusterIPs[]", "externalName", "externalIPs[]", "externalTrafficPolicy")
    } | {f"spec.ports[].{each}" for each in ("port", "name", "protocol", "targetPort", "nodePort")} | {
        "status.loadBalancer.ingress[].ip"
    }
    assert struct_of("v1", "Secret") is None
    assert issubclass(struct_of("v1", "Namespace") or object, ApiObject)


def _paths(shape: Shape, at: str) -> list[str]:
    found = [path for name, each in shape.fields.items() for path in _paths(each, f"{at}.{name}".lstrip("."))]
    found += _paths(shape.items, f"{at}[]") if shape.items is not None else []
    found += _paths(shape.values, f"{at}{{}}") if shape.values is not None else []
    return found or [at]


def test_the_files_of_an_archive_say_nothing_of_the_machine_that_made_it() -> None:
    assert list(files(archive_of(POD))) == ["snapshot.json", "objects.json"]

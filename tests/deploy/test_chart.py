"""The Helm chart, rendered by Helm's own library."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ringfence.cli.serve import command as serve
from tests.deploy.chart import CHART, ROOT, Object, RenderError, lint, objects, one, texts

POSTGRESQL: Object = {
    "history": {"enabled": True, "postgresql": {"secret": {"name": "history"}}},
    "networkPolicy": {"egress": {"postgresql": {"peers": [{"ipBlock": {"cidr": "10.9.8.7/32"}}]}}},
}
VARIANTS: dict[str, Object] = {
    "default": {},
    "one namespace": {"rbac": {"namespaces": ["shop", "data"]}},
    "history in SQLite": {"history": {"enabled": True}, "persistence": {"enabled": True}},
    "history in PostgreSQL": POSTGRESQL,
    "cilium": {"networkPolicy": {"flavour": "cilium"}},
    "calico": {"networkPolicy": {"flavour": "calico"}},
    "flows": {"persistence": {"existingClaim": "flows", "enabled": True}, "flows": {"store": "/data/flows.duckdb"}},
    "OpenID Connect": {
        "server": {"publicUrl": "https://ringfence.example.com"},
        "auth": {
            "tokenSecret": {"name": ""},
            "oidc": {
                "issuer": "https://login.example.com",
                "clientId": "ringfence",
                "clientSecret": {"name": "oidc"},
                "scopes": ["groups"],
            },
            "editorGroups": ["platform", "network on-call"],
        },
        "networkPolicy": {"egress": {"extra": [{"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}]}]}},
    },
    "viewers": {"auth": {"viewerTokenSecret": {"name": "viewers"}}},
    "watched by Prometheus": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "behind a proxy": {
        "auth": {"tokenSecret": {"name": ""}, "proxyHeader": "x-forwarded-user"},
        "service": {"targetPort": 4180},
        "extraContainers": [{"name": "proxy", "image": "proxy", "ports": [{"containerPort": 4180}]}],
    },
}


def schema() -> Object:
    found: Object = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    return found


def described() -> list[str]:
    """The values that the schema describes, as ``service.port``; what Helm adds of its own accord is left out."""

    def inner(of: Object, prefix: str) -> list[str]:
        return [
            key
            for name, each in of["properties"].items()
            for key in (inner(each, f"{prefix}{name}.") if "properties" in each else [f"{prefix}{name}"])
        ]

    return [key for key in inner(schema(), "") if key != "global"]


def pod(values: Object | None = None) -> Object:
    found: Object = one("Deployment", values)["spec"]["template"]["spec"]
    return found


def arguments(values: Object | None = None, container: int = 0) -> list[str]:
    found: list[str] = pod(values)["containers"][container]["args"]
    return found


class TestStructure:
    """Helm finds nothing wrong with it."""

    @pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
    def test_helm_lint_finds_nothing(self, values: Object) -> None:
        # An icon is information (severity 1), and there is none.
        assert [each for each in lint(values) if each["severity"] > 1] == []

    @pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
    def test_the_values_keep_their_schema(self, values: Object) -> None:
        jsonschema.Draft7Validator.check_schema(schema())
        jsonschema.validate(values, schema())

    def test_the_schema_describes_every_value_and_no_other(self) -> None:
        def has(values: Any, path: list[str]) -> bool:
            return not path or (isinstance(values, dict) and path[0] in values and has(values[path[0]], path[1:]))

        values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
        assert [key for key in described() if not has(values, key.split("."))] == []
        jsonschema.validate(values, schema())

    def test_every_value_is_used_by_a_template(self) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in CHART.glob("templates/*"))
        names = {key.rpartition(".")[2] for key in described()}
        assert [name for name in names if not re.search(rf"\.{name}\b", text)] == []

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"server": {"prot": 80}}, "additional properties 'prot' not allowed"),
            ({"networkPolicy": {"flavour": "weave"}}, "value must be one of 'kubernetes', 'cilium', 'calico'"),
            ({"auth": {"tokenSecret": {"name": ""}}}, "Ringfence must know who asks"),
            ({"history": {"enabled": True}}, "The history would be lost with the pod"),
            ({"history": POSTGRESQL["history"]}, "PostgreSQL would be cut off"),
            ({"auth": {"oidc": {"issuer": "https://login.example.com"}}}, "The issuer would be cut off"),
            (
                {"auth": {"oidc": {"issuer": "https://login.example.com"}}, "networkPolicy": {"enabled": False}},
                "auth.oidc.issuer needs auth.oidc.clientId",
            ),
            ({"service": {"targetPort": "proxy"}}, "service.targetPort is http, or the number of a port"),
        ],
    )
    def test_values_that_cannot_work_are_refused_with_a_sentence(self, values: Object, said: str) -> None:
        with pytest.raises(RenderError, match=re.escape(said)):
            texts(values)

    def test_the_helm_program_agrees(self, tmp_path: Path) -> None:
        helm = shutil.which("helm")
        if helm is None:
            pytest.skip("helm is not installed; its library, which the other tests use, is")
        done = subprocess.run([helm, "lint", "--strict", str(CHART)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        command = [helm, "template", "ringfence", str(CHART), "--namespace", "ringfence"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rendered = [each for each in yaml.safe_load_all(done.stdout) if each]
        key = str
        assert sorted(rendered, key=key) == sorted(objects(), key=key)


class TestPod:
    """What the pod may do, and what it is told."""

    @pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
    def test_it_keeps_the_restricted_profile(self, values: Object) -> None:
        """Pod Security Standards, "Restricted"; and beyond them, nothing but its volumes can be written."""
        spec = pod(values)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for volume in spec["volumes"]:
            assert {*volume} - {"name"} <= {"emptyDir", "secret", "persistentVolumeClaim"}
        for container in spec["containers"]:
            if container["name"] != "proxy":
                security = container["securityContext"]
                assert security["allowPrivilegeEscalation"] is False
                assert security["readOnlyRootFilesystem"] is True
                assert security["capabilities"] == {"drop": ["ALL"]}

    def test_its_user_is_the_image_s(self) -> None:
        text = (ROOT / "Containerfile").read_text(encoding="utf-8")
        security = pod()["securityContext"]
        assert f"USER {security['runAsUser']}:{security['runAsGroup']}\n" in text

    @pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
    def test_every_volume_is_mounted_and_every_mount_has_its_volume(self, values: Object) -> None:
        spec = pod(values)
        mounted = {mount["name"] for each in spec["containers"] for mount in each.get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in spec["volumes"]}

    def test_the_token_is_read_by_the_group_and_nobody_else(self) -> None:
        (volume,) = (each for each in pod()["volumes"] if each["name"] == "token")
        assert volume["secret"] == {"secretName": "ringfence-token", "defaultMode": 0o440}

    def test_it_answers_to_the_names_of_its_service(self) -> None:
        names = {each.partition("=")[2] for each in arguments() if each.startswith("--host-name")}
        assert names == {
            "ringfence",
            "ringfence.ringfence",
            "ringfence.ringfence.svc",
            "ringfence.ringfence.svc.cluster.local",
        }

    def test_where_it_may_read_some_namespaces_only_it_asks_for_no_others(self) -> None:
        assert "--live-namespaces=shop,data" in arguments(VARIANTS["one namespace"])

    def test_a_database_s_url_is_in_no_argument(self) -> None:
        assert "--history=$(HISTORY_URL)" in arguments(POSTGRESQL)
        (variable,) = pod(POSTGRESQL)["containers"][0]["env"]
        assert variable["valueFrom"] == {"secretKeyRef": {"name": "history", "key": "url"}}

    def test_one_volume_is_never_written_by_two_pods(self) -> None:
        assert one("Deployment", VARIANTS["history in SQLite"])["spec"]["strategy"] == {"type": "Recreate"}

    def test_copies_of_a_store_have_room(self) -> None:
        sizes = [
            next(each["emptyDir"]["sizeLimit"] for each in pod(values)["volumes"] if each["name"] == "tmp")
            for values in (POSTGRESQL, VARIANTS["flows"])
        ]
        assert sizes == ["64Mi", "1Gi"]

    def test_the_service_leads_to_the_proxy_where_there_is_one(self) -> None:
        values = VARIANTS["behind a proxy"]
        assert one("Service", values)["spec"]["ports"][0]["targetPort"] == 4180
        assert one("NetworkPolicy", values)["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 4180}]
        assert "--trust-proxy-header=x-forwarded-user" in arguments(values)
        assert not [each for each in arguments(values) if each.startswith("--token-file")]

    @pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
    def test_every_option_is_one_that_serve_has(self, values: Object) -> None:
        """The real command reads them, up to the first file that isn't there."""
        command, *given = arguments(values)
        assert command == "serve"
        known = {name for option in serve.params for name in (*option.opts, *option.secondary_opts)}
        assert {each.partition("=")[0] for each in given} <= known
        serve.make_context("serve", given)

    def test_secrets_are_mounted_where_the_options_look(self) -> None:
        for values in VARIANTS.values():
            mounts = {each["mountPath"] for each in pod(values)["containers"][0]["volumeMounts"]}
            files = [each.partition("=")[2] for each in arguments(values) if "-file=" in each]
            assert {file.rpartition("/")[0] for file in files} <= mounts


class TestNames:
    """Two releases in a cluster don't meet."""

    def test_all_that_has_a_name_has_the_release_s(self) -> None:
        names = {each["metadata"]["name"] for each in objects(name="blue", namespace="tools")}
        assert names == {"blue-ringfence", "blue-ringfence-reader"}

    def test_all_that_has_a_namespace_has_the_release_s(self) -> None:
        found = {each["metadata"].get("namespace") for each in objects(name="blue", namespace="tools")}
        assert found == {"tools", None}

    def test_an_image_s_digest_counts_before_its_tag(self) -> None:
        digest = f"sha256:{'0' * 64}"
        values = {"image": {"repository": "registry.example.com/ringfence", "tag": "1", "digest": digest}}
        assert pod(values)["containers"][0]["image"] == f"registry.example.com/ringfence@{digest}"

"""Manifests that programs print, in the work tree and in the base: real kustomizations, and standard input."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.check.answers import check, report, sarif
from tests.check.repo import Repo, git
from tests.check.test_rendering import needs_kubectl, program

KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [data.yaml, shop.yaml]
patches:
- target: {kind: NetworkPolicy, name: postgres}
  patch: |-
    - op: replace
      path: /spec/ingress/0/ports/0/port
      value: 5432
"""


@pytest.fixture
def rendered(repo: Repo) -> Repo:
    """The example with its policies behind a kustomization, on ``main`` too."""
    repo.write("policies/kustomization.yaml", KUSTOMIZATION)
    repo.edit("ringfence.yaml", "policies: policies\n", "render: [{kustomize: policies}]\n").commit()
    git(repo.path, "branch", "-f", "main")
    return repo


@needs_kubectl
def test_both_sides_are_rendered(rendered: Repo) -> None:
    assert report(status=0)["diff"]["changes"] == []
    rendered.edit("policies/kustomization.yaml", "value: 5432", "value: 5433").commit()
    found = report(status=1)
    (change,) = found["diff"]["changes"]
    assert (change["src"], change["before"], change["after"]) == ("shop/Deployment/cart", {"TCP": [[5432, 5432]]}, {})
    cause = change["causes"][0]
    assert cause["origin"]["file"] == "rendered/kustomize policies.yaml"
    assert cause["other"]["file"] == "git:main/kustomize policies.yaml"


@needs_kubectl
def test_a_forge_is_pointed_to_the_entry_that_renders(rendered: Repo) -> None:
    rendered.edit("policies/kustomization.yaml", "value: 5432", "value: 5433").commit()
    for result in sarif(status=1)["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] in ("ringfence.yaml", "tests/promises.yaml")
        assert "fixes" not in result
    assert "file=ringfence.yaml,line=3,endLine=3" in check("-o", "github").stdout


@needs_kubectl
def test_an_overlay_that_is_new_is_said_and_adds_its_policies(repo: Repo) -> None:
    """The base has no configuration yet, so that today's says where its policies are."""
    git(repo.path, "checkout", "-q", "main")
    git(repo.path, "rm", "-q", "ringfence.yaml")
    repo.commit("before the check")
    git(repo.path, "checkout", "-q", "-b", "overlay")
    git(repo.path, "checkout", "change", "--", "ringfence.yaml")
    repo.edit("ringfence.yaml", "policies: policies", "policies: policies\nrender: [{kustomize: overlay}]")
    resource = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: dns, namespace: kube-system}\n"
    repo.write("overlay/dns.yaml", f"{resource}spec: {{podSelector: {{}}, policyTypes: [Ingress]}}\n")
    repo.write("overlay/kustomization.yaml", "resources: [dns.yaml]\n").commit()
    found = report(status=1)
    assert found["notes"] == ["git:main has no kustomize overlay."]
    assert {risk["kind"] for risk in found["diff"]["risks"]} == {"cuts-dns"}


@needs_kubectl
def test_a_kustomization_of_the_base_that_fails_is_told_with_its_revision(rendered: Repo) -> None:
    rendered.edit("policies/kustomization.yaml", "shop.yaml", "shops.yaml").commit()
    git(rendered.path, "branch", "-f", "main")
    rendered.edit("policies/kustomization.yaml", "shops.yaml", "shop.yaml").commit()
    result = check()
    assert result.exit_code == 2
    assert "kustomize policies of git:main: " in result.stderr
    assert "shops.yaml" in result.stderr


CHART = "apiVersion: v2\nname: deny\nversion: 0.1.0\n"
TEMPLATE = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Release.Name }}-deny
  namespace: {{ .Release.Namespace }}
spec:
  podSelector: {}
  policyTypes:
  {{- range .Values.directions }}
  - {{ . }}
  {{- end }}
"""


def chart(repo: Repo, entry: str) -> Repo:
    """The repository with a chart that has one policy, and an entry of render for it."""
    repo.write("charts/deny/Chart.yaml", CHART).write("charts/deny/templates/deny.yaml", TEMPLATE)
    repo.write("charts/deny/values.yaml", "directions: [Ingress]\n").write(
        "both.yaml", "directions: [Ingress, Egress]\n"
    )
    return repo.edit(
        "ringfence.yaml", "policies: policies\n", f"policies: policies\nrender: [{{helm: {entry}}}]\n"
    ).commit()


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed, and in no registry to install it from")
def test_a_chart_is_rendered_with_its_values(repo: Repo) -> None:
    chart(repo, "{chart: charts/deny, values: both.yaml, release: all, namespace: kube-system}")
    found = report(status=1)
    assert {risk["kind"] for risk in found["diff"]["risks"]} == {"cuts-dns"}
    causes = {cause["text"] for risk in found["diff"]["risks"] for cause in risk["causes"]}
    assert causes == {"NetworkPolicy kube-system/all-deny is new"}


def test_what_helm_prints_is_checked(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for helm prints the chart's templates as they are; see ``test_rendering``."""
    git_program = shutil.which("git")
    assert git_program is not None
    program(tmp_path / "tools", "helm", 'for f in "$3"/templates/*; do echo ---; cat "$f"; done\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:{Path(git_program).parent}:/bin")
    for name in ("data", "shop"):
        repo.write(f"charts/all/templates/{name}.yaml", repo.read(f"policies/{name}.yaml"))
        (repo.path / "policies" / f"{name}.yaml").unlink()
    repo.edit("ringfence.yaml", "policies: policies\n", "render:\n- helm: {chart: charts/all}\n").commit()
    assert report(status=0)["diff"]["changes"] == []  # before it was a directory of manifests


@needs_kubectl
def test_output_on_standard_input_is_checked_and_not_compared(rendered: Repo) -> None:
    printed = subprocess.run(["kubectl", "kustomize", "policies"], check=True, capture_output=True, text=True).stdout
    found = report("--policies", "-", stdin=printed, status=0)
    (diff,) = [part for part in found["parts"] if part["part"] == "diff"]
    assert (diff["outcome"], diff["text"]) == ("left-out", "--policies is given, and --base-policies isn't")
    cut = printed.replace("kubernetes.io/metadata.name: kube-system", "kubernetes.io/metadata.name: kube-dns")
    found = report("--policies", "-", "--base-policies", "policies/data.yaml", stdin=cut, status=1)
    assert found["base"] == {"name": "policies/data.yaml"}

"""What if: policy tests before and after, several files, and the report to take along."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from ringfence.model.errors import InputError
from ringfence.server.settings import Settings
from ringfence.server.trying import served
from tests.server.serving import ROOT, serving, shop
from tests.server.test_api import CHECKOUT, PAYMENTS, POLICY, valid

SUITE = str(ROOT / "examples" / "policy-tests" / "shop.yaml")
YAML = {"content-type": "application/yaml"}

PROMISE = f"""\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {{name: beside}}
tests:
- name: checkout pays
  from: {CHECKOUT}
  to: {PAYMENTS}
  expect: allowed
- name: the catalog stays out
  reason: it never pays
  from: shop/Deployment/catalog
  to: {PAYMENTS}
  expect: denied
"""

OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: payments}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: free, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{}]
"""
"""Whatever was denied between the two namespaces is allowed: the first test is repaired, the second is broken."""


@pytest.fixture(scope="module")
def tested() -> Iterator[httpx.Client]:
    with (
        serving(shop(), Settings(tests=(SUITE,))) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as found,
    ):
        yield found


def test_tests_beside_the_manifests_are_judged_before_and_after(client: httpx.Client) -> None:
    text = client.post("/what-if", data={"manifests": OPEN, "tests": PROMISE}).text
    assert "2 policy tests: 1 passed, 1 failed; 1 broken, 1 repaired by the change." in text
    text = text.partition("<h2>Policy tests</h2>")[2].partition("<h2>Connections that differ</h2>")[0]
    broken, repaired = text.index("broken by the change</span>"), text.index("repaired</span>")
    assert broken < text.index("the catalog stays out") < repaired < text.index("checkout pays")
    assert "it never pays" in text
    assert "shop/Deployment/catalog can reach payments/Deployment/payments on all ports." in text


def test_tests_may_stand_among_the_manifests(client: httpx.Client) -> None:
    text = client.post("/what-if", data={"manifests": f"{OPEN}---\n{PROMISE}"}).text
    assert "1 broken, 1 repaired by the change." in text


def test_a_test_of_what_the_change_brings_has_no_before(client: httpx.Client) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: brand-new, namespace: payments}\nspec: {containers: []}\n"
    promise = PROMISE.replace("shop/Deployment/catalog", "payments/brand-new").replace("denied", "allowed")
    text = client.post("/what-if", data={"manifests": f"{OPEN}---\n{pod}", "tests": promise}).text
    assert "repaired by the change" in text
    assert "by the change</span>" not in text.replace("repaired", "")


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (PROMISE.replace(CHECKOUT, "shop/Deployment/nope"), "proposed:"),
        (PROMISE.replace("expect: denied", "expect: perhaps"), "perhaps"),
        ("a: [", "proposed:1"),
    ],
)
def test_a_wrong_test_is_told_beside_what_was_sent(client: httpx.Client, tests: str, said: str) -> None:
    answer = client.post("/what-if", data={"manifests": OPEN, "tests": tests})
    assert answer.status_code == 400
    assert said in answer.text
    assert "kind: NetworkPolicy" in answer.text


def test_the_tests_of_the_server_are_judged_with_every_change(tested: httpx.Client) -> None:
    # `ringfence test` says of the example: 8 tests: 5 passed, 3 failed (docs/commands/test.md).
    assert "The 8 policy tests of this server" in tested.get("/what-if").text
    text = tested.post("/what-if", data={"manifests": OPEN}).text
    assert "8 policy tests:" in text
    assert "checkout can take a payment" in text


def test_several_files_are_one_change(client: httpx.Client) -> None:
    first, second = OPEN.split("---\n")
    import yaml

    as_json = json.dumps(yaml.safe_load(second), indent="\t").encode()
    files = [("file", ("a.yaml", first.encode())), ("file", ("b\u202e.json", as_json))]
    answer = client.post("/what-if", data={"manifests": POLICY}, files=files)
    assert answer.status_code == 200, answer.text
    for name in ("payments/payments-open", "payments/open", "shop/free"):
        assert f"NetworkPolicy {name} is new" in answer.text
    one = client.post("/what-if", files=[("file", ("b.json", as_json))])
    assert "NetworkPolicy shop/free is new" in one.text


def test_too_many_bytes_in_all_are_refused(client: httpx.Client) -> None:
    half = (OPEN + "#" * (600 << 10)).encode()
    files = [("file", ("a.yaml", half)), ("file", ("b.yaml", half))]
    assert client.post("/what-if", files=files).status_code == 413


def test_the_report_is_downloaded_as_diff_renders_it(client: httpx.Client) -> None:
    for form, media in (("html", "text/html"), ("md", "text/markdown"), ("json", "application/json")):
        answer = client.post("/what-if/report", data={"form": form, "manifests": OPEN, "tests": PROMISE})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["content-disposition"] == f'attachment; filename="what-if.{form}"'
        if form == "json":
            valid(answer, "DiffReport")
        else:
            assert "1 broken, 1 repaired by the change" in answer.text
            assert "payments/open" in answer.text
    assert client.post("/what-if/report", data={"form": "exe", "manifests": OPEN}).status_code == 400
    assert client.post("/what-if/report", data={"manifests": "a: ["}).status_code == 400


def test_the_api_judges_the_tests_in_the_body_with_its_manifests(client: httpx.Client) -> None:
    alone = valid(client.post("/api/v1/test", content=PROMISE.encode(), headers=YAML), "TestReport")
    assert [each["status"] for each in alone["tests"]] == ["failed", "passed"]
    both = valid(client.post("/api/v1/test", content=f"{OPEN}---\n{PROMISE}".encode(), headers=YAML), "TestReport")
    assert [each["status"] for each in both["tests"]] == ["passed", "failed"]
    (latest,) = valid(client.get("/api/v1/audit", params={"limit": 1}), "AuditTrail")["entries"]
    assert (latest["action"], latest["bytes"]) == ("test", len(f"{OPEN}---\n{PROMISE}".encode()))


def test_the_api_judges_the_tests_of_the_server(tested: httpx.Client, client: httpx.Client) -> None:
    found = valid(tested.post("/api/v1/test", content=POLICY.encode(), headers=YAML), "TestReport")
    assert found["summary"]["tests"] == 8
    refused = client.post("/api/v1/test", content=POLICY.encode(), headers=YAML)
    assert (refused.status_code, "--tests" in refused.json()["detail"]) == (400, True)


def test_a_path_without_tests_is_told_at_the_start() -> None:
    with pytest.raises(InputError, match="There is no PolicyTest"):
        served((str(ROOT / "examples" / "shop" / "namespaces.yaml"),))

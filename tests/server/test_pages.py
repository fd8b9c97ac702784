"""The pages as text: what they say of the shop, and that names are text whatever they hold."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pytest

from ringfence.server.source import Loaded, opened
from tests.live.conftest import Live, live
from tests.server.serving import serving
from tests.server.test_api import CHECKOUT, PAYMENTS, POLICY

__all__ = ["live"]

HTML = {"accept": "text/html"}
SCRIPT = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202eevil\u202c"


def test_the_overview_leads_with_what_is_cut_and_links_to_why(client: httpx.Client) -> None:
    text = client.get("/").text
    assert "DNS is cut for 2 workloads of namespace payments" in text
    assert "/why?source=shop%2FDeployment%2Fcheckout&amp;destination=service%3Apayments%2Fpayments%3A443" in text


def test_why_has_the_cause_the_line_and_the_fix(client: httpx.Client) -> None:
    text = client.get("/why", params={"source": CHECKOUT, "destination": PAYMENTS}).text
    assert "can NOT reach" in text
    assert "tier=api" in text
    assert "payments/policies.yaml:61" in text
    assert "kubectl patch networkpolicy" in text
    assert '\n<span class="del">-              tier: api</span>\n' in text


def test_why_without_a_question_says_how_to_ask(client: httpx.Client) -> None:
    assert "namespace/Kind/name" in client.get("/why").text


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"source": CHECKOUT}, "Name a source and a destination."),
        ({"source": SCRIPT, "destination": PAYMENTS}, "&lt;script&gt;"),
        ({"source": "x" * 2000, "destination": PAYMENTS}, "at most 1024 characters"),
    ],
)
def test_a_wrong_question_is_told_beside_the_form(client: httpx.Client, params: dict[str, str], said: str) -> None:
    answer = client.get("/why", params=params, headers=HTML)
    assert answer.status_code == 400
    assert said in answer.text
    assert SCRIPT not in answer.text


def test_findings_are_filtered(client: httpx.Client) -> None:
    assert "17 findings." in client.get("/findings").text
    assert "6 findings." in client.get("/findings", params={"severity": "error"}).text
    assert "0 findings." in client.get("/findings", params={"namespace": "nope"}).text


def test_proposed_manifests_show_what_they_open(client: httpx.Client) -> None:
    for sent in ({"data": {"manifests": POLICY}}, {"files": {"file": ("p.yaml", POLICY.encode())}}):
        text = client.post("/what-if", **sent).text
        assert "1 connection added." in text
        assert "NetworkPolicy payments/payments-open is new" in text
        assert "crosses teams" in text


def test_manifests_that_cant_be_read_stay_in_the_form(client: httpx.Client) -> None:
    answer = client.post("/what-if", data={"manifests": "a: [ </textarea>"})
    assert answer.status_code == 400
    assert "proposed:1:" in answer.text
    assert "a: [ &lt;/textarea&gt;" in answer.text


def test_the_matrix_counts_pairs_and_leads_to_workloads_and_ports(client: httpx.Client) -> None:
    assert 'href="/matrix?src=shop&amp;dst=data"' in client.get("/matrix").text
    text = client.get("/matrix", params={"src": "shop", "dst": "data"}).text
    assert "shop/Deployment/cart → data/StatefulSet/redis: TCP 6379" in text
    assert "shop/Deployment/cart → data/StatefulSet/postgres" not in text


def test_what_isnt_there_is_a_page_for_a_reader(client: httpx.Client) -> None:
    for path, status in (("/matrix?src=nope", 400), ("/nothing", 404)):
        answer = client.get(path, headers=HTML)
        assert answer.status_code == status
        assert "<h1>" in answer.text


def loaded(*objects: dict[str, Any]) -> Loaded:
    return Loaded(["-"], stdin=io.BytesIO(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode()))


def pod(namespace: str, name: str) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": name, "labels": {"app": SCRIPT}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}}


def test_hostile_names_are_text_on_every_page() -> None:
    long = "x" * 3000
    source = loaded(pod(SCRIPT, SCRIPT), pod(RIGHT_TO_LEFT, RIGHT_TO_LEFT), pod("long", long))
    with serving(source) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        asked = f"/why?source={SCRIPT}&destination={SCRIPT}"
        for path in ("/", "/findings", "/matrix", asked, f"/matrix?src={SCRIPT}&dst=long", "/what-if"):
            answer = client.get(path, headers=HTML)
            assert answer.status_code in (200, 400)
            assert "<script>alert" not in answer.text, path
        shown = client.get("/matrix").text
        assert "\u202e" not in shown
        assert "\\u202eevil\\u202c" in shown


@pytest.mark.parametrize("count", [60, 61])
def test_a_matrix_that_is_cut_says_so(count: int) -> None:
    with serving(loaded(*(pod(f"n{number:02}", "p") for number in range(count)))) as address:
        text = httpx.get(f"{address}/matrix", timeout=30, trust_env=False).text
    assert text.count('<th scope="row"') == 60
    assert ("1 more rows" in text) == (count == 61)


def test_a_cluster_without_pods_or_policies_says_what_to_do() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "empty"}}
    for source, said in ((loaded(space), "There is no pod"), (loaded(pod("a", "b")), "There is no policy")):
        with serving(source) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            assert said in client.get("/").text
            for path in ("/findings", "/matrix", "/why", "/metrics", "/api/v1/reach", "/api/v1/diagnose"):
                assert client.get(path).status_code == 200, path
    with serving(loaded(space)) as address:
        answer = httpx.post(f"{address}/api/v1/diff", json=space, timeout=30, trust_env=False)
        assert (answer.status_code, "has a pod" in answer.json()["detail"]) == (400, True)


def test_a_fix_of_a_running_cluster_is_commands_and_no_files(live: Live) -> None:
    with (
        opened((live.path,)) as source,
        serving(source) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        text = client.get("/why", params={"source": "shop/job", "destination": "shop/api:8080"}).text
        assert "can NOT reach" in text
        assert "Fix:" in text
        assert "In the files" not in text

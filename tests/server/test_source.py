"""Where the cluster comes from: read once, or followed."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from ringfence.model.errors import InputError, QueryError
from ringfence.server.source import Loaded, opened, overlaid
from tests.live.conftest import Live, live, policy
from tests.server.serving import SHOP, serving, shop

__all__ = ["live"]

ASKED = {"source": "shop/job", "destination": "shop/api", "port": "8080"}


def eventually(seen: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_an_input_is_read_once_and_grows_older() -> None:
    source = shop()
    assert source.cluster() is source.cluster()
    assert source.ready
    first = source.age
    assert source.age >= first >= 0


def test_a_proposal_is_laid_on_top_of_what_was_read_and_changes_nothing() -> None:
    source = shop()
    before = source.cluster().snapshot
    after = source.proposed((SHOP / "payments" / "policies.yaml").read_bytes().replace(b"tier: api", b"app: checkout"))
    assert len(after.snapshot.policies) == len(before.policies)
    assert {pod.name for pod in after.snapshot.pods} == {pod.name for pod in before.pods}
    asked = "shop/Deployment/checkout", "service:payments/payments", 443
    assert after.verdict(*asked).allowed
    assert not source.cluster().verdict(*asked).allowed


def test_a_proposal_without_an_object_read_before_keeps_it_out() -> None:
    source = Loaded([str(SHOP), "delete:payments/NetworkPolicy/payments"])
    after = source.proposed(b"apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n")
    names = {str(raw.ref) for raw in after.snapshot.policies}
    assert names == {str(raw.ref) for raw in source.cluster().snapshot.policies}
    assert "new" in after.snapshot.namespaces


def test_a_proposal_over_the_limit_is_refused() -> None:
    with pytest.raises(InputError, match="longer than 1 MiB"):
        overlaid((), (), b"#" * ((1 << 20) + 1), "auto")


def test_nothing_to_serve_is_wrong_usage() -> None:
    with pytest.raises(QueryError, match="name a path"):
        opened(())


def test_the_api_follows_a_policy_change_of_a_running_cluster(live: Live) -> None:
    with (
        opened((live.path,)) as source,
        serving(source) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):

        def verdict() -> str:
            return str(client.get("/api/v1/verdict", params=ASKED).json()["rows"][0]["verdict"])

        assert source.name == "test"
        assert (source.ready, source.age) == (True, 0)
        assert verdict() == "blocked"
        proposed = policy("shop", "jobs", {}, {})
        answer = client.post("/api/v1/diff", json=proposed).json()
        assert "shop/job" in str(answer["changes"])
        live.store.add(proposed)
        began = time.monotonic()
        assert eventually(lambda: verdict() == "allowed")
        assert time.monotonic() - began < 5  # it is about 0.1 s; a busy machine is given more
        assert client.get("/readyz").status_code == 200


def test_a_running_cluster_with_proposals_on_top_is_read_once(live: Live) -> None:
    with opened((live.path, f"apply:{SHOP / 'namespaces.yaml'}")) as source:
        assert "payments" in source.cluster().snapshot.namespaces
        assert source.cluster() is source.cluster()

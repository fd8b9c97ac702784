"""The broken connections of examples/shop: the right cause first, and a fix that opens nothing else.

Causes and places are those of ``examples/shop/README.md``, worked out by hand.
"""

from __future__ import annotations

import pytest

from ringfence.cluster import Cluster, load
from ringfence.explain.query import split_destination, with_ports
from ringfence.fix.propose import FixAnswer, propose
from tests.docs.paths import ROOT

DNS = "service:kube-system/kube-dns"

TABLE = [
    ("shop/Deployment/checkout", "service:payments/payments:443", "pod-label", "payments/policies.yaml:61"),
    (
        "payments/Deployment/payments",
        "service:kube-system/kube-dns:53/UDP",
        "service-port",
        "payments/policies.yaml:27",
    ),
    ("payments/Deployment/fraud", f"{DNS}:53/TCP", "service-port", "payments/policies.yaml:28"),
    ("shop/Deployment/frontend", "service:shop/search:80", "service-port", "shop/policies.yaml:255"),
    ("monitoring/StatefulSet/prometheus", "data/StatefulSet/postgres:9187", "namespace-label", "data/policies.yaml:40"),
    ("monitoring/StatefulSet/prometheus", "data/StatefulSet/redis:9121", "namespace-label", "data/policies.yaml:40"),
]


@pytest.fixture(scope="module")
def shop() -> Cluster:
    return load(str(ROOT / "examples" / "shop"))


def ask(shop: Cluster, source: str, destination: str) -> FixAnswer:
    text, asked = split_destination(destination)
    port = with_ports(asked)
    assert port is not None
    ends = shop.endpoints.source(source), shop.endpoints.destination(text)
    return propose(shop.world, shop.endpoints, *ends, port)


@pytest.mark.parametrize(("source", "destination", "kind", "place"), TABLE, ids=[f"{s}-{d}" for s, d, _, _ in TABLE])
def test_what_is_broken_has_its_cause_and_a_fix_that_opens_nothing_else(
    shop: Cluster, source: str, destination: str, kind: str, place: str
) -> None:
    answer = ask(shop, source, destination)
    assert str(answer.causes[0].kind) == kind
    assert str(answer.causes[0].origin).endswith(place)
    effects = answer.fixes[0].effects
    if DNS in destination:  # the rule for DNS is corrected, for all that it is for
        assert {effect.destination for effect in (*effects.opens, *effects.closes)} == {
            "kube-system/Deployment/coredns"
        }
        assert {str(effect.ports) for effect in effects.closes} == {"TCP 53 UDP 53"}
        assert answer.fixes[0].steps[0].first
    else:
        assert effects.opens == effects.closes == ()


def test_the_slip_itself_is_among_the_fixes(shop: Cluster) -> None:
    search = ask(shop, "shop/Deployment/frontend", "service:shop/search:80")
    assert str(search.fixes[0].steps[0].kind) == "correct-port"
    checkout = ask(shop, "shop/Deployment/checkout", "service:payments/payments:443")
    assert [str(fix.steps[0].kind) for fix in checkout.fixes[:2]] == ["relax-selector", "label-pods"]
    scrape = ask(shop, "monitoring/StatefulSet/prometheus", "data/StatefulSet/postgres:9187")
    labelled = next(fix for fix in scrape.fixes if str(fix.steps[0].kind) == "label-namespace")
    # The label lets all of monitoring scrape, and every database be scraped.
    assert {effect.source for effect in labelled.effects.opens} == {
        "monitoring/StatefulSet/prometheus",
        "monitoring/Deployment/grafana",
        "monitoring/Deployment/kube-state-metrics",
    }


def test_the_nightly_reports_are_kept_from_redis_and_nothing_else_changes(shop: Cluster) -> None:
    answer = shop.fix("shop/CronJob/reports", "data/StatefulSet/redis", 6379, deny=True)
    assert answer.fixes[0].effects.opens == answer.fixes[0].effects.closes == ()

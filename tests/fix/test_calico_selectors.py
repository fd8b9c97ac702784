"""Selectors of Calico's policies that miss the pods by a slip, on small clusters by hand; each fix is verified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.explain.causes import first_causes
from ringfence.fix.calico_selectors import clauses
from ringfence.fix.propose import FixAnswer
from tests.clusters import pod
from tests.fix.test_candidates import Case, kinds, of_kind, opens
from tests.fix.test_cilium import edits

WEB = pod("shop/web-0", "app=web", ip="10.0.0.1")
CART = pod("shop/cart-0", "app=cart", ip="10.0.0.2")
DB = pod("shop/db-0", "app=db tier=data", ip="10.0.0.3")
FRONT = pod("front/web-0", "app=web", ip="10.0.0.4")


def policy(selector: str, ingress: str, *, name: str = "db") -> str:
    return f"""\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {{selector: "{selector}", types: [Ingress]{ingress}}}
"""


def allowing(source: str) -> str:
    return f", ingress: [{{action: Allow, protocol: TCP, source: {{{source}}}, destination: {{ports: [5432]}}}}]"


CLOSED = policy("all()", "", name="closed") + "---\n"


def ask(policies: str, source: str = "shop/web-0", **spaces: str) -> FixAnswer:
    return Case(policies, WEB, CART, DB, FRONT, spaces=spaces or None).ask(source, "shop/db-0:5432")


def test_a_label_that_the_pods_lack_is_no_longer_asked_for() -> None:
    answer = ask(policy("app == 'db'", allowing("selector: app == 'web' && tier == 'front'")))
    relaxed = of_kind(answer, "relax-selector")
    assert edits(relaxed) == [("/spec/ingress/0/source/selector", "app == 'web'")]
    assert relaxed.effects.opens == relaxed.effects.closes == ()
    assert ["label-pods"] in kinds(answer)


def test_a_misspelt_label_is_corrected_and_the_rest_stays_as_written() -> None:
    answer = ask(policy("app == 'db'", allowing("selector: has(app) && app=='webb'")))
    assert edits(of_kind(answer, "correct-selector")) == [
        ("/spec/ingress/0/source/selector", "has(app) && app == 'web'")
    ]
    # Without the clause every pod with the label app gets in.
    assert opens(of_kind(answer, "relax-selector")) == [("shop/Pod/cart-0", "shop/Pod/db-0", "TCP 5432")]


def test_the_pods_of_another_namespace_are_looked_for_there_too() -> None:
    answer = ask(policy("app == 'db'", allowing("selector: app == 'web'")), "front/web-0")
    wider = of_kind(answer, "relax-selector")
    assert edits(wider) == [("/spec/ingress/0/source/namespaceSelector", "projectcalico.org/name in {'front', 'shop'}")]
    assert wider.effects.opens == ()


def test_a_policy_that_misses_the_pods_is_the_cause_and_its_selector_is_corrected() -> None:
    missing = policy("app == 'db' && tier == 'date'", allowing("selector: app == 'web'"))
    answer = ask(CLOSED + missing)
    cause = first_causes(answer.causes)[0]
    assert str(cause.kind) == "subject-label"
    assert "ingress rule 1, would allow it, but its selector asks for label `tier=date`" in cause.text
    best = answer.fixes[0]
    assert edits(best) == [("/spec/selector", "app == 'db' && tier == 'data'")]


def test_a_policy_whose_earlier_rule_denies_is_no_cause() -> None:
    rules = (
        ", ingress: [{action: Deny, source: {selector: app == 'web'}}, {action: Allow, source: {selector: has(app)}}]"
    )
    answer = ask(CLOSED + policy("app == 'db' && tier == 'date'", rules))
    assert "subject-label" not in {str(cause.kind) for cause in answer.causes}


def test_what_a_rule_for_somebody_else_asks_is_left_alone() -> None:
    answer = ask(policy("app == 'db'", allowing("selector: app == 'cart'")))
    assert not {"relax-selector", "correct-selector"} & {kind for each in kinds(answer) for kind in each}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("app == 'web' && tier in {'a', 'b'}", ["app == 'web'", "tier in {'a', 'b'}"]),
        ("note == 'a && b'&&has(x)", ["note == 'a && b'", "has(x)"]),
        ("all()", ["all()"]),
        ("a == '1' || b == '2' && c == '3'", None),
        ("!(a == '1' && b == '2')", None),
        ("note == 'a || b'", ["note == 'a || b'"]),
    ],
)
def test_an_expression_is_taken_apart_only_where_all_clauses_must_hold(text: str, parts: list[str] | None) -> None:
    found = clauses(text, str)
    assert ([part for part, _ in found] if found is not None else None) == parts


def test_several_replicas_are_served_by_one_correction() -> None:
    case = Case(
        policy("app == 'db'", allowing("selector: app == 'webb'")),
        replace(WEB, name="web-1", addresses=(1,)),
        WEB,
        DB,
    )
    assert ["correct-selector"] in kinds(case.ask("shop/web-0", "shop/db-0:5432"))


def test_a_connection_that_depends_on_a_request_has_no_definite_cause() -> None:
    by_request = allowing("selector: app == 'web'").replace("}]", ", http: {methods: [GET]}}]")
    answer = ask(policy("app == 'db'", by_request))
    assert not answer.before.allowed
    assert answer.causes == ()

"""Differences name the rule of the input that they come of, with its line."""

from __future__ import annotations

from tests.convert.converting import converted, lines

MESH = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: admin}}}]
  - from: [{namespaceSelector: {matchLabels: {team: red}}}]
    ports: [{port: 5432}]
"""


BY_ACCOUNT = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  selector: app == 'db'
  types: [Ingress]
  ingress:
  - action: Allow
    source: {selector: app == 'admin'}
  - action: Allow
    source: {namespaceSelector: team == 'red', serviceAccounts: {names: [web]}}
"""


def test_what_is_closed_names_the_rule_that_allowed_it() -> None:
    """NetworkPolicy knows no service accounts, so that web loses what the second rule allows."""
    answer = converted(BY_ACCOUNT, "networkpolicy")
    (cut,) = [each for each in answer.proof.differences if each.closed and not each.future]
    assert (cut.sources, cut.destinations) == (("shop/Pod/web",), ("data/Pod/db",))
    (rule,) = cut.rules
    assert rule.text == "NetworkPolicy data/db, ingress rule 2"
    assert rule.origin.position.line == lines(BY_ACCOUNT, "- action: Allow\n    source: {namespaceSelector")


def test_what_opens_names_the_policy_that_isolated() -> None:
    """Nothing in the mesh guards a pod without a sidecar: what the policy denied by isolating is open."""
    answer = converted(MESH, "istio")
    opened = [each for each in answer.proof.differences if each.opened and not each.future]
    texts = {rule.text for each in opened for rule in each.rules}
    assert opened
    assert texts == {"NetworkPolicy data/db"}
    assert {rule.origin.position.line for each in opened for rule in each.rules} == {
        lines(MESH, "apiVersion: networking")
    }

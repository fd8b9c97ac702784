"""Fixes that are written at once: numbers of entries stay true, and of two that clash one waits."""

from __future__ import annotations

from ringfence.lint.fixes import lint_fixes
from ringfence.lint.registry import RULES
from ringfence.lint.run import run
from ringfence.lint.together import Together, together
from tests.lint.linting import context, pod, policy

PODS = pod("shop/web-0", "app: web") + pod("shop/api-0", "app: api") + pod("shop/db-0", "app: db")


def plan(text: str, *select: str) -> Together:
    linted = context(text)
    report = run(linted, [rule for rule in RULES if rule.code.code in select])
    return together(linted, lint_fixes(linted, report.findings))


def codes(plan: Together) -> list[str]:
    return sorted(finding.code.code for finding in plan.mended)


def test_fixes_of_one_object_go_together() -> None:
    text = policy("shop/p", "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.7/24}}]}]")
    found = plan(PODS + text, "RF104", "RF107")
    assert codes(found) == ["RF104", "RF107"]
    assert (found.opens, found.closes, found.left) == ((), (), ())


def test_rules_of_one_list_are_taken_out_from_the_end() -> None:
    narrow = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}"
    wide = "{from: [{podSelector: {matchLabels: {app: web}}}]}"
    other = "{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}"
    text = policy("shop/p", f"podSelector: {{}}, ingress: [{narrow}, {other}, {narrow}, {wide}]")
    found = plan(PODS + text, "RF501")
    assert [patch.edits[0].path[-1] for patch in found.patches] == [2, 0]
    assert (found.opens, found.closes) == ((), ())


def test_two_policies_that_make_each_other_redundant_do_not_both_go() -> None:
    spec = "podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"
    found = plan(PODS + policy("shop/a", spec) + policy("shop/b", spec), "RF502", "RF504")
    assert len([patch for patch in found.patches if patch.delete]) == 1
    assert (found.opens, found.closes) == ((), ())


def test_what_two_rules_find_at_one_place_is_mended_once() -> None:
    dns = pod("kube-system/dns-0", "k8s-app: kube-dns", ports="{containerPort: 5353, protocol: UDP}")
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: kube-dns, namespace: kube-system}\n"
        "spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, targetPort: 5353, protocol: UDP}]}\n---\n"
    )
    peer = "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"
    rule = f"{{to: [{peer}], ports: [{{port: 53, protocol: UDP}}]}}"
    text = policy("shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]")
    found = plan(PODS + dns + service + text, "RF206", "RF303")
    assert codes(found) == ["RF206", "RF303"]
    assert [(str(edit.op), edit.value) for patch in found.patches for edit in patch.edits] == [("replace", 5353)]


def test_a_fix_at_the_place_of_another_waits() -> None:
    text = policy("shop/p", "podSelectors: {matchLabels: {app: api}}, policyTypes: [Ingress]")
    found = plan(PODS + text, "RF107", "RF113")
    assert (len(found.patches), len(found.left)) == (1, 1)


def test_an_entry_that_is_read_as_several_rules_does_not_go_for_one_of_them() -> None:
    # Of the entry's two peers only web is let in by the other entry as well.
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        "spec: {endpointSelector: {matchLabels: {app: api}}, ingress: ["
        "{fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: db}}], toPorts: [{ports: [{port: '80'}]}, "
        "{ports: [{port: '81'}]}]}, {fromEndpoints: [{matchLabels: {app: web}}]}]}\n---\n"
    )
    found = plan(PODS + text, "RF501")
    assert (found.opens, found.closes) == ((), ())

"""Guards that guard nothing: what ``fix --deny`` says of them, and how it corrects them. Small clusters by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.cluster import load
from ringfence.fix.search import Fix
from ringfence.fix.writing import changes
from ringfence.model.objects import WorkloadRef
from ringfence.model.patch import EditOp
from tests.clusters import pod
from tests.fix.test_candidates import CART, DB, WEB, Case, guard, kinds, of_kind
from tests.fix.test_tiers import tier

CACHE = pod("data/cache-0", "app=cache,part-of=data", ip="10.0.0.9")


def edits(fix: Fix) -> list[tuple[str, str, object]]:
    return [(str(edit.op), edit.pointer, edit.value) for patch in fix.patches for edit in patch.edits]


def test_a_selector_that_is_misspelt_and_selects_nothing_is_corrected_first() -> None:
    database = pod("data/db-0", "app=database", ip="10.0.0.3")
    answer = Case(guard("[]", labels="app: datbase"), WEB, CART, database).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert kinds(answer)[0] == ["correct-selector"]
    assert edits(answer.fixes[0]) == [("replace", "/spec/podSelector/matchLabels/app", "database")]
    assert "was written to deny this, and selects no pod as it stands" in answer.fixes[0].notes[0]
    assert answer.causes[0].text == (
        "NetworkPolicy data/db would deny it, but it selects no pod: its podSelector asks for label `app=datbase`, and "
        "the pods of data/db-0 have `app=database`."
    )


def test_a_misspelt_key_is_renamed() -> None:
    database = pod("data/db-0", "app.kubernetes.io/name=db")
    answer = Case(guard("[]", labels="app.kubernetes.io/nam: db"), WEB, database).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert edits(of_kind(answer, "correct-selector")) == [
        ("remove", "/spec/podSelector/matchLabels/app.kubernetes.io~1nam", None),
        ("add", "/spec/podSelector/matchLabels/app.kubernetes.io~1name", "db"),
    ]


def test_an_expression_is_corrected_where_it_stands() -> None:
    policy = guard("[]").replace(
        "{matchLabels: {app: db}}", "{matchExpressions: [{key: app, operator: In, values: [databse, dtabase]}]}"
    )
    answer = Case(policy, WEB, pod("data/db-0", "app=database")).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert edits(of_kind(answer, "correct-selector")) == [
        ("replace", "/spec/podSelector/matchExpressions/0/values", ["database"])
    ]


def test_a_guard_of_other_pods_is_not_one_with_a_slip() -> None:
    answer = Case(guard("[]", labels="app: cache"), WEB, DB, CACHE).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert answer.causes == ()
    assert ["correct-selector"] not in kinds(answer)


def test_a_guard_whose_own_rules_allow_it_was_not_meant_to_deny_it() -> None:
    answer = Case(guard("[{}]", labels="app: datbase"), WEB, pod("data/db-0", "app=database")).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert answer.causes == ()


def test_pods_that_lack_the_label_of_a_guard_get_it_or_the_guard_no_longer_asks() -> None:
    database = replace(DB, workload=WorkloadRef("data", "StatefulSet", "db"))
    policy = guard("[]", labels="part-of: data")
    answer = Case(policy, WEB, database, CACHE).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert "asks for label `part-of=data`, which is missing on 1 of 1 pod of data/db-0" in answer.causes[0].text
    relaxed, labelled = of_kind(answer, "relax-selector"), of_kind(answer, "label-pods")
    assert edits(relaxed) == [("remove", "/spec/podSelector/matchLabels", None)]
    assert labelled.patches[0].target.kind == "StatefulSet"
    # It guards the cache as it stands, so it is no mistake for sure: what closes less comes first.
    assert kinds(answer)[0] == ["new-policy"]


def test_a_guard_in_another_namespace_is_moved() -> None:
    policy = guard("[{from: [{podSelector: {}}]}]").replace("namespace: data", "namespace: shop")
    answer = Case(policy, WEB, CART, DB).ask("shop/web-0", "data/db-0:5432", deny=True)
    best = answer.fixes[0]
    assert kinds(answer)[0] == ["move-policy"]
    gone, come = best.patches
    assert (gone.delete, str(gone.target)) == (True, "shop/NetworkPolicy/db")
    assert come.manifest is not None
    assert come.manifest["metadata"]["namespace"] == "data"
    assert "it is in namespace shop, where it selects no pod, and data/db-0 is in data" in answer.causes[0].text


def test_a_moved_guard_whose_peers_are_of_its_own_namespace_lets_those_in() -> None:
    """A podSelector without a namespaceSelector means the policy's own namespace, which moves with it."""
    cron = pod("data/cron-0", "app=cron", ip="10.0.0.7")
    policy = guard("[{from: [{podSelector: {}}]}]").replace("namespace: data", "namespace: shop")
    answer = Case(policy, WEB, DB, cron).ask("data/cron-0", "data/db-0:5432", deny=True)
    assert ["move-policy"] not in kinds(answer)


def test_a_guard_that_is_right_where_it_is_stays() -> None:
    policy = guard("[]").replace("namespace: data", "namespace: shop").replace("app: db", "app: cart")
    answer = Case(policy, WEB, CART, pod("data/cart-0", "app=cart")).ask("shop/web-0", "data/cart-0:80", deny=True)
    assert ["move-policy"] not in kinds(answer)


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ("policyTypes: [Ingress]", ("add", "/spec/policyTypes/1", "Egress")),
        ("", ("add", "/spec/policyTypes", ["Ingress", "Egress"])),
    ],
)
def test_a_direction_that_policy_types_leave_out_is_added(types: str, wanted: tuple[str, str, object]) -> None:
    policy = f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  {types}
  egress: []
"""
    answer = Case(policy, WEB, CART, DB, invalid=True).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert kinds(answer)[0] == ["correct-types"]
    assert edits(answer.fixes[0]) == [wanted]
    assert "its policyTypes leave out Egress" in answer.causes[0].text


def test_a_policy_for_ingress_only_was_not_meant_for_egress() -> None:
    answer = Case(guard("[]", labels="app: web").replace("data}", "shop}"), WEB, DB).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert ["correct-types"] not in kinds(answer)


@pytest.mark.parametrize("older", [False, True])
def test_a_subject_of_a_tier_is_corrected_too(older: bool) -> None:
    policy = tier("guard", 5, older=older).replace("kubernetes.io/metadata.name: data", "env: prodution")
    answer = Case(policy, WEB, CART, DB, spaces={"data": "env=production", "shop": ""}).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert kinds(answer)[0] == ["correct-selector"]
    assert edits(answer.fixes[0]) == [("replace", "/spec/subject/namespaces/matchLabels/env", "production")]
    assert "asks for label `env=prodution`, and namespace data has `env=production`" in answer.causes[0].text


# ---- an empty subject ----------------------------------------------------------------------------------------------

EVERYWHERE = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: data}}}"


def test_an_empty_subject_is_narrowed_to_the_namespace_that_the_policy_is_named_after() -> None:
    policy = tier("lab-isolation", 5).replace(EVERYWHERE, "subject: {namespaces: {}}")
    lab = pod("lab/x-0", "app=x", ip="10.0.0.6")
    answer = Case(policy, WEB, DB, lab).ask("shop/web-0", "data/db-0:5432")
    assert answer.causes[0].text == (
        'ClusterNetworkPolicy lab-isolation, ingress rule 1 "shut", denies ingress to data/db-0: the policy\'s subject '
        "is empty, so it holds in every namespace, and by its name it was meant for lab."
    )
    assert kinds(answer)[0] == ["narrow-subject"]
    assert edits(answer.fixes[0]) == [
        ("add", "/spec/subject/namespaces/matchLabels", {"kubernetes.io/metadata.name": "lab"})
    ]


@pytest.mark.parametrize("name", ["isolation", "default-deny", "data-isolation", "lab-to-shop"])
def test_an_empty_subject_is_left_where_the_name_says_nothing_else(name: str) -> None:
    policy = tier(name, 5).replace(EVERYWHERE, "subject: {namespaces: {}}")
    lab, other = pod("lab/x-0", "app=x"), pod("default/y-0", "app=y")
    answer = Case(policy, WEB, DB, lab, other).ask("shop/web-0", "data/db-0:5432")
    assert ["narrow-subject"] not in kinds(answer)


# ---- a label that was changed --------------------------------------------------------------------------------------


def test_a_namespace_label_with_another_value_is_named_and_changed_back() -> None:
    rules = "[{from: [{namespaceSelector: {matchLabels: {zone: front}}}], ports: [{port: 5432}]}]"
    answer = Case(guard(rules), WEB, DB, spaces={"shop": "zone=edge", "data": ""}).ask("shop/web-0", "data/db-0:5432")
    assert "asks for label `zone=front`, but `zone=edge` is set on namespace shop" in answer.causes[0].text
    relabelled = of_kind(answer, "label-namespace")
    assert relabelled.title == "Change the label `zone=edge` of namespace shop to `zone=front`"
    assert edits(relabelled) == [(str(EditOp.ADD), "/metadata/labels/zone", "front")]


def test_a_label_that_says_whose_a_namespace_is_is_somebody_elses() -> None:
    rules = "[{from: [{namespaceSelector: {matchLabels: {team: front}}}], ports: [{port: 5432}]}]"
    answer = Case(guard(rules), WEB, DB, spaces={"shop": "team=edge", "data": ""}).ask("shop/web-0", "data/db-0:5432")
    assert "no rule allows shop/web-0" in answer.causes[0].text
    assert ["label-namespace"] not in kinds(answer)


# ---- in the files --------------------------------------------------------------------------------------------------

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: web}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: database, namespace: data}
spec: {template: {metadata: {labels: {app: database}}, spec: {containers: [{name: c, image: db}]}}}
"""

POLICY = """\
# Who may call the database: nobody from outside.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: database      # the name stays
  namespace: data
spec:
  podSelector:
    matchLabels:
      app: database   # as the chart says
  policyTypes: [Ingress]
  ingress: []         # nothing comes in
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("      app: database   #", "      app: datbase   #"),
        ("      app: database   #", "      aap: database   #"),
        ("  namespace: data\n", "  namespace: shop\n"),
        ("  policyTypes: [Ingress]\n", "  policyTypes: [Egress]\n"),
    ],
)
def test_a_correction_in_the_users_file_changes_one_line_and_keeps_the_comments(
    right: str, wrong: str, tmp_path: Path
) -> None:
    (tmp_path / "pods.yaml").write_text(PODS, encoding="utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace(right, wrong), encoding="utf-8")
    cluster = load(str(tmp_path))
    ask = "shop/Deployment/web", "data/Deployment/database", 5432
    assert cluster.verdict(*ask).allowed
    for change in changes(cluster.fix(*ask, deny=True).fixes[0].patches, cluster.snapshot):
        change.write()
    wanted = POLICY.replace("[Ingress]", "[Egress, Ingress]") if "policyTypes" in right else POLICY
    assert path.read_text(encoding="utf-8") == wanted
    assert not load(str(tmp_path)).verdict(*ask).allowed


# ---- peers of a tier -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    ("peer", "path", "value"),
    [
        ("namespaces: {matchLabels: {tenancy: untrustd}}", "/namespaces/matchLabels/tenancy", "untrusted"),
        (
            "pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: webb}}}",
            "/pods/podSelector/matchLabels/app",
            "web",
        ),
    ],
)
def test_a_rule_of_a_tier_that_denies_nobody_by_a_slip_is_corrected(
    peer: str, path: str, value: str, older: bool
) -> None:
    policy = tier("guard", 5, older=older).replace("from: [{namespaces: {}}]", f"from: [{{{peer}}}]")
    answer = Case(policy, WEB, DB, spaces={"shop": "tenancy=untrusted", "data": ""}).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    assert kinds(answer)[0] == ["correct-selector"]
    assert edits(answer.fixes[0]) == [("replace", f"/spec/ingress/0/from/0{path}", value)]
    assert "ingress rule 1, would deny it, but its peer matches no pod: it asks for label" in answer.causes[0].text


def test_a_guard_of_others_with_like_names_is_no_slip() -> None:
    policy = guard("[]", labels="app: db-1")
    one, two = pod("data/db-1", "app=db-1"), pod("data/db-2", "app=db-2")
    answer = Case(policy, WEB, one, two).ask("shop/web-0", "data/db-2:5432", deny=True)
    assert answer.causes == ()

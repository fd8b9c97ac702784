"""Small clusters by hand: which fixes are offered, and what each opens and closes."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.query import split_destination, with_ports
from ringfence.fix.commands import kubectl
from ringfence.fix.propose import FixAnswer, propose
from ringfence.fix.search import Fix, verify
from ringfence.fix.world import PatchError, World
from ringfence.model.objects import Pod, Service, ServicePort, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.ports import Protocol
from tests.clusters import cluster, pod

WEB, CART = pod("shop/web-0", "app=web", ip="10.0.0.1"), pod("shop/cart-0", "app=cart", ip="10.0.0.2")
DB = pod("data/db-0", "app=db", ip="10.0.0.3", ports="sql:5432")
V1 = "networking.k8s.io/v1"
SERVICE = Service("data", "db", (ServicePort("sql", Protocol.TCP, 80, 5432),), {"app": "db"})


class Case:
    """A cluster and its fixes."""

    def __init__(self, policies: str, *pods: Pod, spaces: dict[str, str] | None = None, invalid: bool = False) -> None:
        self.invalid = invalid
        found = cluster(pods or (WEB, CART, DB), policies, namespaces=spaces)
        self.snapshot: Snapshot = replace(found, services=(SERVICE,))

    @cached_property
    def world(self) -> World:
        policies, findings = read_policies(self.snapshot)
        assert self.invalid or not findings
        return World.of(self.snapshot, Engine.build(self.snapshot, policies))

    def ask(self, source: str, destination: str, *, deny: bool = False, quick: bool = False) -> FixAnswer:
        text, asked = split_destination(destination)
        port = with_ports(asked)
        assert port is not None
        endpoints = Endpoints(self.snapshot)
        ends = endpoints.source(source), endpoints.destination(text)
        return propose(self.world, endpoints, *ends, port, deny=deny, quick=quick)


def guard(rules: str, *, name: str = "db", labels: str = "app: db") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: data}}
spec:
  podSelector: {{matchLabels: {{{labels}}}}}
  policyTypes: [Ingress]
  ingress: {rules}
"""


def kinds(answer: FixAnswer) -> list[list[str]]:
    return [[str(step.kind) for step in fix.steps] for fix in answer.fixes]


def of_kind(answer: FixAnswer, *wanted: str) -> Fix:
    return next(fix for fix in answer.fixes if [str(step.kind) for step in fix.steps] == list(wanted))


def opens(fix: Fix) -> list[tuple[str, str, str]]:
    return [(effect.source, effect.destination, str(effect.ports)) for effect in fix.effects.opens]


SHOP = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"
WEB_OF_SHOP = f"{SHOP}, podSelector: {{matchLabels: {{app: web}}}}"


def test_a_missing_label_is_added_to_the_template_or_no_longer_asked_for() -> None:
    web = replace(WEB, workload=WorkloadRef("shop", "Deployment", "web"))
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{tier: api}}}}}}], ports: [{{port: 5432}}]}}]"
    answer = Case(guard(rules), web, CART, DB).ask("shop/deploy/web", "data/db-0:5432")
    label = of_kind(answer, "label-pods")
    assert answer.fixes[0] == label
    (patch,) = label.patches
    assert (patch.target.kind, patch.target.name, patch.target.api_version) == ("Deployment", "web", "apps/v1")
    assert [(edit.op, edit.pointer, edit.value) for edit in patch.edits] == [
        (EditOp.ADD, "/spec/template/metadata/labels/tier", "api")
    ]
    assert label.notes == ("Changing the template of shop/Deployment/web replaces its pods: a rollout.",)
    # Without the requirement the whole namespace is let in.
    assert opens(of_kind(answer, "relax-selector")) == [("shop/Pod/cart-0", "data/Pod/db-0", "TCP 5432")]


@pytest.mark.parametrize(
    ("kind", "path", "note"),
    [
        ("Job", "/spec/template/metadata/labels/tier", "The template of a Job can't be changed: delete shop/Job/web"),
        ("CronJob", "/spec/jobTemplate/spec/template/metadata/labels/tier", "The next run of shop/CronJob/web has"),
    ],
)
def test_jobs_get_the_label_and_it_is_said_when_it_counts(kind: str, path: str, note: str) -> None:
    web = replace(WEB, workload=WorkloadRef("shop", kind, "web"))
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{tier: api}}}}}}]}}]"
    label = of_kind(Case(guard(rules), web, CART, DB).ask("shop/web-0", "data/db-0:5432"), "label-pods")
    (patch,) = label.patches
    assert [edit.pointer for edit in patch.edits] == [path]
    assert label.notes[0].startswith(note)
    assert kubectl(patch).startswith("kubectl delete job.v1.batch web -n shop\n#") is (kind == "Job")


def test_pods_without_a_template_get_no_label() -> None:
    web = replace(WEB, workload=WorkloadRef("shop", "Workflow", "web"))
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{tier: api}}}}}}]}}]"
    answer = Case(guard(rules), web, CART, DB).ask("shop/web-0", "data/db-0:5432")
    assert ["label-pods"] not in kinds(answer)


def test_a_namespace_gets_its_label_but_never_one_of_the_api_servers() -> None:
    rules = "[{from: [{namespaceSelector: {matchLabels: {name: shop}}}]}]"
    answer = Case(guard(rules)).ask("shop/web-0", "data/db-0:5432")
    labelled = of_kind(answer, "label-namespace")
    assert labelled.patches[0].target.kind == "Namespace"
    # All of shop comes in, on every port: the rule has none.
    assert ("shop/Pod/cart-0", "data/Pod/db-0", "all ports") in opens(labelled)
    assert answer.fixes[0] != labelled


def test_the_services_port_is_corrected_to_the_pods() -> None:
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{{port: 80}}]}}]"
    answer = Case(guard(rules)).ask("shop/web-0", "service:data/db:80")
    (patch,) = of_kind(answer, "correct-port").patches
    assert [(edit.op, edit.pointer, edit.value) for edit in patch.edits] == [
        (EditOp.REPLACE, "/spec/ingress/0/ports/0/port", 5432)
    ]
    closed = of_kind(answer, "correct-port").effects.closes
    assert [(effect.source, str(effect.ports)) for effect in closed] == [("shop/Pod/web-0", "TCP 80")]


@pytest.mark.parametrize(
    ("entry", "path", "value"),
    [("{port: postgres}", "port", 5432), ("{port: 5432, protocol: UDP}", "protocol", "TCP")],
)
def test_a_name_nobody_has_and_the_wrong_protocol_are_corrected(entry: str, path: str, value: object) -> None:
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{entry}]}}]"
    answer = Case(guard(rules)).ask("shop/web-0", "data/db-0:5432")
    (patch,) = of_kind(answer, "correct-port").patches
    assert [(edit.pointer, edit.value) for edit in patch.edits] == [(f"/spec/ingress/0/ports/0/{path}", value)]


def test_a_port_that_is_right_for_something_else_is_not_corrected() -> None:
    rules = f"[{{from: [{{{SHOP}}}], ports: [{{port: 9187}}]}}]"
    answer = Case(guard(rules)).ask("shop/web-0", "data/db-0:5432")
    assert ["correct-port"] not in kinds(answer)
    assert ["extend-rule"] in kinds(answer)


def test_rules_go_to_the_narrowest_policy_first() -> None:
    others = pod("data/cache-0", "app=cache", ip="10.0.0.9")
    policies = guard("[]", name="all", labels="") + "---\n" + guard("[]")
    answer = Case(policies, WEB, CART, DB, others).ask("shop/web-0", "data/db-0:5432")
    assert answer.fixes[0].patches[0].target.name == "db"
    wide = next(fix for fix in answer.fixes if fix.patches[0].target.name == "all")
    assert opens(wide) == [("shop/Pod/web-0", "data/Pod/cache-0", "TCP 5432")]


def test_a_new_policy_selects_just_these_pods_and_names_just_this_connection() -> None:
    answer = Case(guard("[]")).ask("shop/web-0", "data/db-0:5432")
    manifest = of_kind(answer, "new-policy").patches[0].manifest
    assert manifest == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-web-0-to-db-0", "namespace": "data"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "db"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                            "podSelector": {"matchLabels": {"app": "web"}},
                        }
                    ],
                    "ports": [{"protocol": "TCP", "port": 5432}],
                }
            ],
        },
    }


def test_both_directions_are_fixed_together() -> None:
    out = guard("[]").replace("Ingress", "Egress").replace("ingress", "egress").replace("data}", "shop}")
    policies = guard("[]") + "---\n" + out.replace("app: db", "app: web").replace("name: db", "name: web")
    answer = Case(policies).ask("shop/web-0", "data/db-0:5432")
    best = answer.fixes[0]
    assert [str(step.direction) for step in best.steps] == ["egress", "ingress"]
    assert best.effects.opens == best.effects.closes == ()


def test_an_exception_for_one_address_is_dropped() -> None:
    rules = "[{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.1/32, 192.0.2.7/32]}}]}]"
    answer = Case(guard(rules)).ask("192.0.2.7", "data/db-0:5432")
    fix = of_kind(answer, "relax-selector")
    assert [edit.pointer for edit in fix.patches[0].edits] == ["/spec/ingress/0/from/0/ipBlock/except/1"]
    # The rule has no ports, so the address gets every one.
    assert [effect.source for effect in fix.effects.opens] == ["outside 192.0.2.7"]


ADMIN = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 5
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: data}}}
  ingress: [{name: shut, action: Deny, from: [{namespaces: {}}]}]
"""


def test_a_tier_that_denies_gets_a_rule_before_it_and_says_who_must_apply_it() -> None:
    answer = Case(ADMIN).ask("shop/web-0", "data/db-0:5432")
    best = answer.fixes[0]
    (edit,) = best.patches[0].edits
    assert edit.pointer == "/spec/ingress/0"
    assert edit.value["action"] == "Pass"
    assert edit.value["protocols"] == [{"tcp": {"destinationPort": {"number": 5432}}}]
    assert "only who may change it can apply this" in best.notes[0]


def test_a_pass_and_what_network_policy_then_wants_come_together() -> None:
    answer = Case(ADMIN + "---\n" + guard("[]")).ask("shop/web-0", "data/db-0:5432")
    assert ["tier-pass", "add-rule"] in kinds(answer)
    assert ["tier-rule"] in kinds(answer)  # Accept decides alone


def test_the_older_api_is_written_in_its_own_words() -> None:
    older = ADMIN.replace("v1alpha2", "v1alpha1").replace("ClusterNetworkPolicy", "AdminNetworkPolicy")
    answer = Case(older.replace("  tier: Admin\n", "")).ask("shop/web-0", "data/db-0:5432")
    inserted = [fix.patches[0].edits[0].value["action"] for fix in answer.fixes if fix.patches[0].edits]
    assert sorted(inserted) == ["Allow", "Pass"]
    assert answer.fixes[0].patches[0].edits[0].value["ports"] == [{"portNumber": {"protocol": "TCP", "port": 5432}}]


def test_every_replica_must_be_allowed() -> None:
    old = replace(WEB, name="web-a", workload=WorkloadRef("shop", "Deployment", "web"), labels={"app": "web", "v": "1"})
    new = replace(old, name="web-b", labels={"app": "web", "v": "2"}, addresses=())
    rules = f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{app: web, v: '2'}}}}}}]}}]"
    answer = Case(guard(rules), old, new, DB).ask("shop/deploy/web", "data/db-0:5432")
    assert answer.fixes
    for fix in answer.fixes:
        engine = fix.world.engine
        for each in fix.world.pods_of(old.workload):
            assert engine.verdict(each, fix.world.pod(DB), Protocol.TCP, 5432).allowed


def test_selectors_leave_out_labels_that_change_with_each_rollout() -> None:
    web = replace(WEB, labels={"app": "web", "pod-template-hash": "5f7"})
    other = replace(CART, labels={"app": "web", "role": "batch"})
    answer = Case(guard("[]"), web, other, DB).ask("shop/web-0", "data/db-0:5432")
    assert "pod-template-hash" not in str([fix.patches for fix in answer.fixes])
    # Nothing else tells the two apart, and the answer says so.
    assert opens(answer.fixes[0]) == [("shop/Pod/cart-0", "data/Pod/db-0", "TCP 5432")]


# ---- closing ---------------------------------------------------------------------------------------------------------


def test_a_pod_is_left_out_of_a_rule_for_its_namespace() -> None:
    answer = Case(guard(f"[{{from: [{{{SHOP}}}], ports: [{{port: 5432}}]}}]")).ask(
        "shop/web-0", "data/db-0:5432", deny=True
    )
    best = answer.fixes[0]
    (edit,) = best.patches[0].edits
    assert edit.pointer == "/spec/ingress/0/from/0/podSelector"
    assert edit.value == {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}
    assert best.effects.opens == best.effects.closes == ()
    removed = of_kind(answer, "remove-rule")
    assert [(effect.source, str(effect.ports)) for effect in removed.effects.closes] == [
        ("shop/Pod/cart-0", "TCP 5432")
    ]


def test_a_port_is_cut_out_of_a_range() -> None:
    rules = (
        f"[{{from: [{{{SHOP}, podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{{port: 5000, endPort: 6000}}]}}]"
    )
    answer = Case(guard(rules)).ask("shop/web-0", "data/db-0:5432", deny=True)
    fix = next(fix for fix in answer.fixes if "Cut TCP 5432 out" in fix.title)
    assert [edit.value for edit in fix.patches[0].edits] == [
        {"protocol": "TCP", "port": 5000, "endPort": 5431},
        {"protocol": "TCP", "port": 5433, "endPort": 6000},
    ]
    assert fix.effects.closes == ()


def test_every_rule_that_allows_it_is_closed() -> None:
    rule = f"{{from: [{{{SHOP}, podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{{port: 5432}}]}}"
    answer = Case(guard(f"[{rule}, {rule}]")).ask("shop/web-0", "data/db-0:5432", deny=True)
    assert len(answer.fixes[0].steps) == 2


def test_pods_that_nothing_isolates_get_a_policy_that_allows_all_else() -> None:
    answer = Case("").ask("shop/web-0", "data/db-0:5432", deny=True)
    manifest = of_kind(answer, "new-policy").patches[0].manifest
    assert manifest is not None
    others = [{"protocol": "TCP", "port": 1, "endPort": 5431}, {"protocol": "TCP", "port": 5433, "endPort": 65535}]
    side = manifest["spec"]["policyTypes"][0].lower()
    assert manifest["spec"][side][0] == {"ports": [*others, {"protocol": "UDP"}, {"protocol": "SCTP"}]}
    for fix in answer.fixes:
        pods = [effect for effect in fix.effects.closes if not effect.outside]
        assert pods == []
        # What NetworkPolicy can't tell from the pod: addresses outside, on this one port.
        assert {str(effect.ports) for effect in fix.effects.closes} <= {"TCP 5432"}


def test_where_cluster_policies_are_in_use_a_deny_closes_exactly_it() -> None:
    unrelated = ADMIN.replace("name: data", "name: lab")
    answer = Case(unrelated).ask("shop/web-0", "data/db-0:5432", deny=True)
    best = answer.fixes[0]
    assert best.patches[0].target.kind == "ClusterNetworkPolicy"
    assert best.patches[0].manifest is not None
    assert best.patches[0].manifest["spec"]["priority"] == 4
    assert best.effects.opens == best.effects.closes == ()


def test_a_host_network_pod_is_said_to_be_out_of_reach() -> None:
    host = pod("data/agent", "app=agent", ip="10.1.0.1", host=True)
    answer = Case("", pod("shop/h", "app=h", ip="10.1.0.2", host=True), host).ask("shop/h", "data/agent:1", deny=True)
    assert answer.fixes == ()
    assert "on the network of its node, outside pod policy" in answer.obstacle


def test_a_host_network_peer_without_an_address_is_said_to_be_the_obstacle() -> None:
    out = guard("[]", labels="app: web").replace("Ingress", "Egress").replace("ingress", "egress")
    host = pod("data/agent", "app=agent", host=True)
    answer = Case(out.replace("data}", "shop}"), WEB, host).ask("shop/web-0", "data/agent:1")
    assert answer.fixes == ()
    assert "data/agent is on the network of its node" in answer.obstacle


def test_a_baseline_tier_is_replaced_by_a_network_policy_or_gets_a_rule() -> None:
    answer = Case(ADMIN.replace("Admin", "Baseline")).ask("shop/web-0", "data/db-0:5432")
    assert kinds(answer) == [["tier-rule"], ["tier-policy"], ["new-policy"]]
    assert answer.fixes[2].notes == (
        "A NetworkPolicy that selects the pods takes the place of the Baseline tier for their ingress.",
    )


def test_a_quick_answer_goes_straight_to_a_fix_that_changes_nothing_else() -> None:
    out = guard("[]", labels="app: web").replace("Ingress", "Egress").replace("ingress", "egress")
    both = out.replace("data}", "shop}") + "---\n" + guard("[]")
    quick = Case(both).ask("shop/web-0", "data/db-0:5432", quick=True)
    assert [str(step.direction) for step in quick.fixes[0].steps] == ["egress", "ingress"]
    assert quick.fixes[0].effects.opens == quick.fixes[0].effects.closes == ()
    assert Case(ADMIN).ask("192.0.2.1", "data/db-0:1", quick=True).fulfilled


@pytest.mark.parametrize(
    ("rules", "source", "title", "closes"),
    [
        # One of two peers.
        (
            "[{from: [{ipBlock: {cidr: 192.0.2.1/32}}, {podSelector: {}}], ports: [{port: 5432}]}]",
            "192.0.2.1",
            "Remove the peer 192.0.2.1/32 from",
            [],
        ),
        # An address out of a range, beside an exception.
        (
            "[{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.9/32]}}], ports: [{port: 5432}]}]",
            "192.0.2.1",
            "Leave 192.0.2.1 out of",
            [],
        ),
        # One of two ports.
        (
            f"[{{from: [{{{WEB_OF_SHOP}}}], ports: [{{port: 5432}}, {{port: 1}}]}}]",
            "shop/web-0",
            "Remove TCP 5432 from",
            [],
        ),
        # A rule without ports keeps all others.
        (
            f"[{{from: [{{{WEB_OF_SHOP}}}]}}]",
            "shop/web-0",
            "Leave TCP 5432 out of",
            [],
        ),
        # A rule for everybody, without the one address.
        ("[{ports: [{port: 5432}]}]", "192.0.2.1", "which is for everybody", []),
        # The whole rule.
        (
            f"[{{from: [{{{SHOP}}}], ports: [{{port: 5432}}]}}]",
            "shop/web-0",
            "Remove NetworkPolicy",
            ["shop/Pod/cart-0"],
        ),
    ],
)
def test_what_allows_it_is_narrowed(rules: str, source: str, title: str, closes: list[str]) -> None:
    answer = Case(guard(rules)).ask(source, "data/db-0:5432", deny=True)
    fix = next(fix for fix in answer.fixes if title in fix.title)
    assert [effect.source for effect in fix.effects.closes] == closes


def test_a_tier_that_accepts_gets_a_deny_before_it() -> None:
    accepting = ADMIN.replace("Deny", "Accept").replace("priority: 5", "priority: 0")
    answer = Case(accepting).ask("shop/web-0", "data/db-0:5432", deny=True)
    fix = next(fix for fix in answer.fixes if "by a rule before" in fix.title)
    (edit,) = fix.patches[0].edits
    assert (edit.pointer, edit.value["action"]) == ("/spec/ingress/0", "Deny")


# ---- any patch -------------------------------------------------------------------------------------------------------


def test_a_patch_from_elsewhere_is_verified_in_full() -> None:
    case = Case(guard("[]"))
    ref = case.snapshot.policies[0].ref
    after, effects = verify(case.world, [Patch("drop it", ref, delete=True)])
    assert after.raw(ref) is None
    assert effects.closes == ()
    assert {(effect.source, str(effect.ports)) for effect in effects.opens if not effect.outside} == {
        ("shop/Pod/web-0", "all ports"),
        ("shop/Pod/cart-0", "all ports"),
    }


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (Patch("x", ObjectRef("NetworkPolicy", "db", "data", V1), (Edit(EditOp.REMOVE, ("spec", "no")),)), "no 'no'"),
        (
            Patch("x", ObjectRef("NetworkPolicy", "db", "data", V1), (Edit(EditOp.ADD, ("spec", "podSelector"), 7),)),
            "podSelector",
        ),
        (
            Patch("x", ObjectRef("Deployment", "none", "data", "apps/v1"), (Edit(EditOp.ADD, ("a",), 1),)),
            "not in the input",
        ),
        (Patch("x", ObjectRef("Namespace", "data"), (Edit(EditOp.ADD, ("spec", "x"), 1),)), "only labels"),
    ],
)
def test_a_patch_that_does_not_apply_is_refused(patch: Patch, reason: str) -> None:
    with pytest.raises(PatchError, match=reason):
        Case(guard("[]")).world.patched([patch])


def test_an_invalid_entry_gives_way_to_what_is_added_and_no_fix_leaves_an_object_that_is_refused() -> None:
    bad, good = "{ipBlock: {cidr: 503.0.0.0/8}}", "{podSelector: {}}"
    rules = f"[{{from: [{bad}, {good}, {bad}], ports: [{{port: 5432}}]}}]"
    case = Case(guard(rules) + "---\n" + guard("[]", name="other"), invalid=True)
    answer = case.ask("10.99.0.7", "data/db-0:5432")
    assert str(answer.causes[0].kind) == "invalid"
    assert answer.causes[0].origin.path == "spec.ingress[0].from[0].ipBlock.cidr"
    first = of_kind(answer, "extend-rule")
    raw = first.world.raw(case.snapshot.policies[0].ref)
    assert raw is not None
    assert raw.body["spec"]["ingress"][0]["from"] == [{"ipBlock": {"cidr": "10.99.0.7/32"}}, {"podSelector": {}}]
    assert "in the place of the invalid entry `503.0.0.0/8`" in first.title
    assert [fix.patches[0].target.name for fix in answer.fixes if len(fix.patches) > 1] == []
    for fix in answer.fixes:
        assert not any(fix.world.errors(fix.world.raw(patch.target)) for patch in fix.patches if not patch.manifest)
    assert {fix.patches[0].target.name for fix in answer.fixes} == {"db", "other", "allow-10-99-0-7-to-db-0"}


def test_an_invalid_port_gives_way_to_the_right_one() -> None:
    rules = f"[{{from: [{{{WEB_OF_SHOP}}}], ports: [{{port: 99999}}]}}]"
    answer = Case(guard(rules), invalid=True).ask("shop/web-0", "data/db-0:5432")
    assert str(answer.causes[0].kind) == "invalid"
    edits = of_kind(answer, "extend-rule").patches[0].edits
    assert [(str(edit.op), edit.pointer) for edit in edits] == [
        ("remove", "/spec/ingress/0/ports/0"),
        ("add", "/spec/ingress/0/ports/0"),
    ]


def test_a_pod_selector_that_misses_the_pods_by_a_label_is_relaxed_or_the_pods_get_the_label() -> None:
    db = replace(DB, workload=WorkloadRef("data", "StatefulSet", "db"))
    near = guard(f"[{{from: [{{{WEB_OF_SHOP}}}], ports: [{{port: 5432}}]}}]", labels="app: db, tier: sql")
    answer = Case(guard("[]", name="deny", labels="") + "---\n" + near, WEB, CART, db).ask(
        "shop/web-0", "data/db-0:5432"
    )
    assert str(answer.causes[0].kind) == "subject-label"
    assert "ingress rule 1, would allow it, but its podSelector asks for label `tier=sql`" in answer.causes[0].text
    (relaxed,) = of_kind(answer, "relax-selector").patches
    assert [edit.pointer for edit in relaxed.edits] == ["/spec/podSelector/matchLabels/tier"]
    (label,) = of_kind(answer, "label-pods").patches
    assert label.title == "Add the label `tier=sql` to the pod template of data/StatefulSet/db"


@pytest.mark.parametrize("labels", ["app: cache", "app: db, tier: sql, team: red, zone: a", "kind: other, app: cache"])
def test_a_policy_for_other_pods_is_no_near_one(labels: str) -> None:
    near = guard("[{from: [{namespaceSelector: {}, podSelector: {}}], ports: [{port: 80}]}]", labels=labels)
    answer = Case(guard("[]", name="deny", labels="") + "---\n" + near).ask("shop/web-0", "data/db-0:5432")
    assert {str(cause.kind) for cause in answer.causes} == {"no-rule"}


def test_rules_for_dns_name_both_protocols_unless_the_other_is_open() -> None:
    for rules, both in (("[]", True), ("[{ports: [{port: 53}]}]", False)):
        answer = Case(guard(rules)).ask("shop/web-0", "data/db-0:53/UDP")
        manifest = of_kind(answer, "new-policy").patches[0].manifest
        assert manifest is not None
        named = {(port["protocol"], port["port"]) for port in manifest["spec"]["ingress"][0]["ports"]}
        assert named == ({("UDP", 53), ("TCP", 53)} if both else {("UDP", 53)})


def test_a_namespace_that_nothing_is_named_is_corrected_before_anything_is_added() -> None:
    peer = (
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}, podSelector: {matchLabels: {app: web}}}"
    )
    answer = Case(guard(f"[{{from: [{peer}], ports: [{{port: 5432}}]}}]")).ask("shop/web-0", "data/db-0:5432")
    (step,) = answer.fixes[0].steps
    assert str(step.kind) == "correct-selector"
    (edit,) = step.patches[0].edits
    assert (edit.path[-1], edit.value) == ("kubernetes.io/metadata.name", "shop")
    assert opens(answer.fixes[0]) == []

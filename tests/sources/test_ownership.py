"""Which workload a pod belongs to, and which workloads get a planned pod."""

from __future__ import annotations

from ringfence.model.objects import Snapshot
from tests.sources.loading import load_text, of_code, pods

TEMPLATE = "template: {metadata: {labels: {app: x}}, spec: {containers: [{ports: [{containerPort: 80}]}]}}"


def workload(kind: str, name: str, spec: str = TEMPLATE, owner: str = "", extra: str = "") -> str:
    group = {"Job": "batch/v1", "CronJob": "batch/v1", "ReplicationController": "v1"}.get(kind, "apps/v1")
    return (
        f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: a{_owner(owner)}}}\n"
        f"spec: {{{spec}}}\n{extra}\n---\n"
    )


def pod(name: str, owner: str = "", labels: str = "", phase: str = "Running") -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: a, labels: {{{labels}}}{_owner(owner)}}}\n"
        f"spec: {{containers: []}}\nstatus: {{phase: {phase}}}\n---\n"
    )


def _owner(owner: str) -> str:
    kind, _, name = owner.partition("/")
    return f", ownerReferences: [{{kind: {kind}, name: {name}, controller: true}}]" if owner else ""


def owners(snapshot: Snapshot) -> dict[str, str]:
    return {str(each): str(each.workload) for each in snapshot.pods}


def test_every_kind_of_workload_without_pods_is_one_planned_pod() -> None:
    kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"]
    text = "".join(workload(kind, "w") for kind in kinds) + workload(
        "CronJob", "w", f"jobTemplate: {{spec: {{{TEMPLATE}}}}}"
    )
    snapshot = load_text(text)
    assert owners(snapshot) == {f"a/{kind}/w": f"a/{kind}/w" for kind in [*kinds, "CronJob"]}
    for each in snapshot.pods:
        assert each.planned
        assert each.labels == {"app": "x"}
        assert [port.number for port in each.ports] == [80]
        assert each.addresses == ()


def test_workloads_of_old_api_versions_are_the_same_kinds() -> None:
    text = "".join(
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {kind.lower()}}}\nspec: {{{TEMPLATE}}}\n---\n"
        for version, kind in [
            ("extensions/v1beta1", "Deployment"), ("apps/v1beta1", "StatefulSet"), ("apps/v1beta2", "ReplicaSet"),
            ("extensions/v1beta1", "DaemonSet"), ("batch/v1beta1", "Job"),
        ]
    )  # fmt: skip
    assert len(load_text(text).pods) == 5


def test_a_kind_of_another_group_is_not_taken_for_a_workload() -> None:
    text = f"apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {{name: x}}\nspec: {{{TEMPLATE}}}\n"
    snapshot = load_text(text)
    assert snapshot.pods == ()
    assert snapshot.skipped == {"Job": 1}


def test_a_pod_is_tied_to_its_topmost_owner_through_the_objects_that_are_present() -> None:
    text = (
        workload("Deployment", "web") + workload("ReplicaSet", "web-abc", owner="Deployment/web")
        + pod("web-abc-1", "ReplicaSet/web-abc") + pod("web-abc-2", "ReplicaSet/web-abc")
        + workload("CronJob", "nightly") + workload("Job", "nightly-1", owner="CronJob/nightly")
        + pod("nightly-1-x", "Job/nightly-1") + pod("alone")
    )  # fmt: skip
    assert owners(load_text(text)) == {
        "a/web-abc-1": "a/Deployment/web",
        "a/web-abc-2": "a/Deployment/web",
        "a/nightly-1-x": "a/CronJob/nightly",
        "a/alone": "a/Pod/alone",
    }


def test_the_order_of_the_objects_does_not_matter() -> None:
    text = pod("p", "ReplicaSet/web-abc") + workload("ReplicaSet", "web-abc", owner="Deployment/web")
    assert owners(load_text(text + workload("Deployment", "web"))) == {"a/p": "a/Deployment/web"}


def test_without_the_objects_the_last_owner_named_counts() -> None:
    assert owners(load_text(pod("p", "ReplicaSet/web-abc"))) == {"a/p": "a/ReplicaSet/web-abc"}
    replica_set = workload("ReplicaSet", "web-abc", owner="Deployment/web")
    assert owners(load_text(pod("p", "ReplicaSet/web-abc") + replica_set)) == {"a/p": "a/Deployment/web"}


def test_a_pod_of_an_absent_replica_set_belongs_to_the_deployment_whose_hash_it_carries() -> None:
    text = workload("Deployment", "web") + pod("p", "ReplicaSet/web-abc", labels="pod-template-hash: abc")
    assert owners(load_text(text)) == {"a/p": "a/Deployment/web"}


def test_a_pod_of_an_absent_replica_set_with_another_hash_does_not() -> None:
    text = workload("Deployment", "web") + pod("p", "ReplicaSet/web-abc", labels="pod-template-hash: xyz")
    assert owners(load_text(text)) == {"a/p": "a/ReplicaSet/web-abc", "a/Deployment/web": "a/Deployment/web"}


def test_a_pod_of_an_absent_job_belongs_to_the_cron_job_that_named_it() -> None:
    cron = workload("CronJob", "nightly", f"jobTemplate: {{spec: {{{TEMPLATE}}}}}")
    assert owners(load_text(cron + pod("p", "Job/nightly-28000000"))) == {"a/p": "a/CronJob/nightly"}


def test_an_owner_of_another_namespace_is_not_meant() -> None:
    other = workload("ReplicaSet", "web-abc", owner="Deployment/web").replace("namespace: a", "namespace: b")
    assert owners(load_text(pod("p", "ReplicaSet/web-abc") + other))["a/p"] == "a/ReplicaSet/web-abc"


def test_the_controller_among_several_owners_counts() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  ownerReferences:\n  - {kind: Foo, name: x}\n"
        "  - {kind: StatefulSet, name: db, controller: true}\nspec: {}\n"
    )
    assert owners(load_text(text)) == {"default/p": "default/StatefulSet/db"}


def test_an_owner_without_kind_is_read_as_a_pod_and_is_a_finding() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  ownerReferences:\n  - name: web\nspec: {}\n"
    snapshot = load_text(text)
    assert owners(snapshot) == {"default/p": "default/Pod/web"}
    (finding,) = of_code(snapshot, "RF006")
    assert finding.origin.position.line == 6


def test_static_pods_of_a_node_are_workloads_of_their_own() -> None:
    text = pod("etcd-n1", "Node/n1") + pod("kube-apiserver-n1", "Node/n1")
    assert set(owners(load_text(text)).values()) == {"a/Pod/etcd-n1", "a/Pod/kube-apiserver-n1"}


def test_a_stateful_set_of_a_custom_resource_stays_the_stateful_set() -> None:
    text = workload("StatefulSet", "prometheus-k8s", owner="Prometheus/k8s") + pod("p", "StatefulSet/prometheus-k8s")
    assert owners(load_text(text)) == {"a/p": "a/StatefulSet/prometheus-k8s"}


def test_owners_in_a_circle_end() -> None:
    text = workload("ReplicaSet", "x", owner="ReplicaSet/y") + workload("ReplicaSet", "y", owner="ReplicaSet/x")
    assert len(load_text(text + pod("p", "ReplicaSet/x")).pods) >= 1


def test_a_workload_scaled_to_zero_is_planned_but_not_a_replaced_replica_set() -> None:
    text = workload("Deployment", "web", f"replicas: 0, {TEMPLATE}") + workload(
        "ReplicaSet", "web-old", f"replicas: 0, {TEMPLATE}", owner="Deployment/web"
    )
    assert owners(load_text(text)) == {"a/Deployment/web": "a/Deployment/web"}


def test_replica_sets_of_an_absent_deployment_are_planned_once_and_only_the_current_one() -> None:
    old = workload("ReplicaSet", "web-old", f"replicas: 0, {TEMPLATE}", owner="Deployment/web")
    new = workload("ReplicaSet", "web-new", f"replicas: 2, {TEMPLATE}", owner="Deployment/web")
    assert owners(load_text(old + new)) == {"a/Deployment/web": "a/Deployment/web"}
    assert load_text(old + pod("other")).workloads is not None
    assert owners(load_text(old + pod("other"))) == {"a/other": "a/Pod/other"}


def test_a_deployment_whose_pods_have_all_completed_is_planned() -> None:
    text = workload("Deployment", "web") + pod("p", "ReplicaSet/web-abc", "pod-template-hash: abc", phase="Failed")
    snapshot = load_text(text)
    assert owners(snapshot) == {"a/Deployment/web": "a/Deployment/web"}
    assert snapshot.completed == 1


def test_a_job_that_has_ended_has_no_pod() -> None:
    ended = workload("Job", "once", extra="status: {conditions: [{type: Complete, status: 'True'}]}")
    with_pod = workload("Job", "twice") + pod("p", "Job/twice", phase="Succeeded")
    running = workload("Job", "still", extra="status: {conditions: [{type: Complete, status: 'False'}]}")
    assert owners(load_text(ended + with_pod + running)) == {"a/Job/still": "a/Job/still"}


def test_a_cron_job_whose_pods_have_completed_runs_again() -> None:
    text = (
        workload("CronJob", "nightly", f"jobTemplate: {{spec: {{{TEMPLATE}}}}}")
        + workload("Job", "nightly-1", owner="CronJob/nightly")
        + pod("p", "Job/nightly-1", phase="Succeeded")
    )
    assert owners(load_text(text)) == {"a/CronJob/nightly": "a/CronJob/nightly"}


def test_a_workload_without_template_is_a_finding() -> None:
    snapshot = load_text(workload("Deployment", "web", "replicas: 1") + pod("p"))
    assert list(pods(snapshot)) == ["a/p"]
    assert "no pod template" in of_code(snapshot, "RF006")[0].what

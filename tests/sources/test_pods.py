from __future__ import annotations

from ringfence.model.addresses import format_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.ports import ContainerPort, Protocol
from tests.sources.loading import codes, load_text, of_code, pod, pods


def only(text: str) -> Pod:
    (found,) = load_text(text).pods
    return found


def addresses(found: Pod) -> list[str]:
    return [format_address(point) for point in found.addresses]


def with_status(status: str, spec: str = "containers: []", more: str = "") -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{{spec}}}\nstatus: {{{status}}}\n---\n{more}"


def test_ports_of_containers_and_sidecars_count_and_those_of_other_init_containers_do_not() -> None:
    found = only(
        pod(
            "x",
            "containers: [{ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]},"
            " {ports: [{containerPort: 81}]}, {}],"
            " initContainers: [{restartPolicy: Always, ports: [{containerPort: 9, protocol: SCTP}]},"
            " {ports: [{containerPort: 10}]}]",
        )
    )
    assert found.ports == (
        ContainerPort("http", Protocol.TCP, 80),
        ContainerPort("", Protocol.UDP, 53),
        ContainerPort("", Protocol.TCP, 81),
        ContainerPort("", Protocol.SCTP, 9),
    )


def test_a_port_that_the_api_refuses_is_a_finding_and_the_pod_is_kept() -> None:
    snapshot = load_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - ports:\n"
        "    - containerPort: 0\n    - containerPort: 70000\n    - {containerPort: 80, protocol: tcp}\n"
        "    - {name: none}\n    - containerPort: 443\n"
    )
    assert [port.number for port in snapshot.pods[0].ports] == [443]
    assert [finding.origin.position.line for finding in of_code(snapshot, "RF006")] == [7, 8, 9, 10]


def test_defaults() -> None:
    found = only(pod("x"))
    assert (found.namespace, found.name, str(found.workload)) == ("default", "x", "default/Pod/x")
    assert (found.labels, found.addresses, found.ports) == ({}, (), ())
    assert (found.host_network, found.node, found.service_account, found.planned) == (False, "", "default", False)


def test_null_is_the_same_as_absent() -> None:
    found = only(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: null, ownerReferences: null, namespace: null}\n"
        "spec: {containers: [{ports: null}], initContainers: null, hostNetwork: null, serviceAccountName: null}\n"
        "status: null\n"
    )
    assert (found.namespace, found.labels, found.service_account) == ("default", {}, "default")


def test_a_null_label_is_empty() -> None:
    assert only(pod("x", labels="{a: null, b: '1'}")).labels == {"a": "", "b": "1"}


def test_what_a_pod_runs_as() -> None:
    found = only(pod("x", "serviceAccountName: robot, nodeName: n1, hostNetwork: true", labels="{a: b}"))
    assert (found.service_account, found.node, found.host_network, found.labels) == ("robot", "n1", True, {"a": "b"})
    assert only(pod("x", "serviceAccount: old")).service_account == "old"


def test_both_addresses_of_a_dual_stack_pod() -> None:
    found = only(with_status("podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]"))
    assert addresses(found) == ["10.0.0.1", "fd00::1"]


def test_the_single_address_field_is_enough() -> None:
    assert addresses(only(with_status("podIP: 10.0.0.1"))) == ["10.0.0.1"]


def test_an_address_that_is_none_is_a_finding_with_its_place() -> None:
    snapshot = load_text(with_status("podIP: 10.0.0.300"))
    assert snapshot.pods[0].addresses == ()
    (finding,) = of_code(snapshot, "RF006")
    assert (finding.origin.position.line, finding.origin.path) == (5, "status.podIP")


NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {zone: a}}\nstatus: {addresses: ["
    "{type: Hostname, address: 9.9.9.9}, {type: ExternalIP, address: 1.2.3.4}, {type: InternalIP, address: 172.18.0.2},"
    " {type: InternalDNS, address: n1.local}, {type: InternalIP, address: 'fc00::2'}]}\n---\n"
)


def test_a_host_network_pod_has_the_address_of_its_node() -> None:
    host = "hostNetwork: true, nodeName: n1"
    assert addresses(only(with_status("podIP: 172.18.0.9, hostIP: 172.18.0.8", host))) == ["172.18.0.9"]
    assert addresses(only(with_status("hostIP: 172.18.0.8", host))) == ["172.18.0.8"]
    both = "hostIP: 172.18.0.8, hostIPs: [{ip: 172.18.0.8}, {ip: 'fc00::8'}]"
    assert addresses(only(with_status(both, host))) == ["172.18.0.8", "fc00::8"]
    assert addresses(only(with_status("phase: Pending", host, NODE))) == ["172.18.0.2", "fc00::2", "1.2.3.4"]


def test_a_pod_of_its_own_network_never_has_the_address_of_its_node() -> None:
    assert addresses(only(with_status("hostIP: 172.18.0.8", "nodeName: n1", NODE))) == []


def test_only_the_addresses_of_a_node_that_are_ip_addresses_by_type_count() -> None:
    (node,) = load_text(NODE).nodes
    assert [format_address(point) for point in node.addresses] == ["172.18.0.2", "fc00::2", "1.2.3.4"]
    assert (node.name, node.labels) == ("n1", {"zone": "a"})


def test_completed_pods_are_left_out_and_counted() -> None:
    text = "".join(
        pod(phase.lower()) .replace("---", f"status: {{phase: {phase}}}\n---")
        for phase in ("Running", "Pending", "Succeeded", "Failed", "Unknown")
    )  # fmt: skip
    snapshot = load_text(text)
    assert set(pods(snapshot)) == {"default/running", "default/pending", "default/unknown"}
    assert snapshot.completed == 2
    assert of_code(snapshot, "RF011")[0].what.startswith("2 completed pods")


def test_namespaces_that_are_referred_to_exist_and_one_note_names_them() -> None:
    snapshot = load_text(pod("x", namespace="one") + pod("y", namespace="two") + pod("z"))
    assert set(snapshot.namespaces) == {"one", "two", "default"}
    assert snapshot.namespaces["one"].labels == {NAMESPACE_NAME_LABEL: "one"}
    assert not snapshot.namespaces["one"].given
    (finding,) = of_code(snapshot, "RF010")
    assert "3 namespaces default, one, two" in finding.what


def test_a_given_namespace_has_the_label_that_the_api_server_sets() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {team: x, kubernetes.io/metadata.name: lie}}\n"
    (namespace,) = load_text(text).namespaces.values()
    assert namespace.given
    assert namespace.labels == {"team": "x", NAMESPACE_NAME_LABEL: "a"}


def test_an_object_given_twice_counts_as_it_is_given_last_and_both_places_are_named() -> None:
    snapshot = load_text(pod("x", labels="{v: '1'}") + pod("y") + pod("x", labels="{v: '2'}"))
    assert pods(snapshot)["default/x"].labels == {"v": "2"}
    (finding,) = of_code(snapshot, "RF008")
    assert "<stdin>:1" in finding.what
    assert finding.origin.position.line == 14


def test_other_kinds_are_skipped_and_counted() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
    snapshot = load_text(
        pod("x") + text + text.replace("v1", "networking.k8s.io/v1").replace("ConfigMap", "Ingress") + text
    )
    assert snapshot.skipped == {"ConfigMap": 2, "Ingress": 1}
    assert "2 ConfigMap, 1 Ingress" in of_code(snapshot, "RF013")[0].what
    assert codes(snapshot) == []


def test_the_labels_of_service_accounts_are_kept() -> None:
    text = (
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: a, labels: {role: x}}\n---\n"
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: plain, namespace: a}\n"
    )
    snapshot = load_text(text)
    assert snapshot.accounts == {("a", "robot"): {"role": "x"}}
    assert snapshot.skipped == {}


def test_an_object_without_name_is_a_finding_and_a_generated_name_is_enough() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\nspec: {}\n---\n"
    snapshot = load_text(text + text.replace("generateName: x-", "labels: {}") + "apiVersion: v1\nkind: Pod\n")
    assert set(pods(snapshot)) == {"default/x-"}
    assert len(of_code(snapshot, "RF006")) == 2


def test_pods_without_address_are_noted_once() -> None:
    assert (
        "2 pods of 3"
        in of_code(load_text(pod("x") + pod("y") + with_status("podIP: 10.0.0.1").replace("x", "z")), "RF012")[0].what
    )

"""Policies keep their text, their lines and everything that they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.snapshot.archives import SECRET, archive_of, files, loaded

POLICY = """\
# Only the web pods may call the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: data
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}} # not the workers
    ports:
    - port: 5432
"""
OTHER = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n"


def policy(archive_text: str) -> str:
    (name,) = [name for name in files(archive_of(archive_text)) if name.startswith("policies/")]
    return files(archive_of(archive_text))[name]


def body(**metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "db", "namespace": "data", **metadata},
        "spec": {"podSelector": {}},
        "status": {"conditions": []},
    }


def test_a_policy_of_its_own_document_is_kept_as_it_was_written() -> None:
    assert policy(POLICY) == POLICY


def test_a_policy_stays_on_its_lines_when_the_documents_before_it_are_left_out() -> None:
    text = f"{OTHER}---\n{POLICY}---\n{OTHER}---\n{POLICY.replace('name: db', 'name: b2')}"
    for raw in loaded(archive_of(text)).policies:
        place = raw.origin("spec", "ingress", 0, "ports", 0, "port").position
        assert text.splitlines()[place.line - 1] == "    - port: 5432"
        assert place.file == "a.tar.gz/policies/stdin.yaml"
    assert "Secret" not in policy(text)


def test_annotations_leave_blank_lines_in_the_text_and_the_lines_below_stay() -> None:
    noted = POLICY.replace("spec:\n", f"  annotations:\n    a: {SECRET}\n    b: |\n      {SECRET}\n      x\nspec:\n", 1)
    text = policy(noted)
    assert SECRET not in text
    assert text.splitlines()[11:] == noted.splitlines()[11:]
    assert [line for line in text.splitlines() if line] == POLICY.splitlines()
    assert archive_of(noted).about["leftOut"]["annotations"] == 2


def test_a_suppression_is_always_kept_and_its_neighbours_are_not() -> None:
    ignore = "    ringfence.dev/ignore: 'RF201: soon'"
    noted = POLICY.replace("spec:\n", f"  annotations:\n    a: {SECRET}\n{ignore}\n    b: {SECRET}\nspec:\n", 1)
    text = policy(noted)
    assert SECRET not in text
    assert text.splitlines()[8] == ignore


def test_annotations_are_kept_where_asked_for_but_never_kubectls_copy() -> None:
    noted = POLICY.replace(
        "spec:\n",
        f"  annotations:\n    owner: me\n    kubectl.kubernetes.io/last-applied-configuration: {SECRET}\nspec:\n",
        1,
    )
    archive = archive_of(noted, annotations=True)
    (raw,) = loaded(archive).policies
    assert raw.body["metadata"]["annotations"] == {"owner": "me"}
    assert archive.about["leftOut"]["annotations"] == 1


@pytest.mark.parametrize(
    "metadata",
    [
        f"metadata: {{name: db, namespace: data, annotations: {{a: {SECRET}, b: c}}}}",
        f"metadata: {{annotations: &a {{a: {SECRET}}}, name: db, namespace: data, labels: *a}}",
    ],
)
def test_annotations_that_cannot_be_cut_out_by_lines_are_still_left_out(metadata: str) -> None:
    text = POLICY.replace("metadata:\n  name: db\n  namespace: data", metadata)
    (raw,) = loaded(archive_of(text)).policies
    assert "annotations" not in raw.body["metadata"]
    assert (raw.ref.namespace, raw.ref.name) == ("data", "db")


@pytest.mark.parametrize("annotations", [f"[{SECRET}]", SECRET])
def test_a_policy_whose_annotations_make_it_unreadable_stays_unreadable(annotations: str) -> None:
    text = POLICY.replace("  namespace: data", f"  namespace: data\n  annotations: {annotations}")
    assert SECRET not in policy(text)
    assert not loaded(archive_of(text)).policies


def test_a_policy_from_json_loses_what_the_api_server_added_and_keeps_the_rest() -> None:
    given = body(
        uid="u", resourceVersion="1", generation=1, creationTimestamp="2026-01-01T00:00:00Z", managedFields=[{}],
        labels={"a": "b"}, annotations={"a": SECRET},
    )  # fmt: skip
    (raw,) = loaded(archive_of(json.dumps({"apiVersion": "v1", "kind": "List", "items": [given]}))).policies
    expected = body(labels={"a": "b"})
    del expected["status"]
    assert raw.body == expected


@pytest.mark.parametrize(
    "kind", ["CiliumNetworkPolicy", "GlobalNetworkPolicy", "AuthorizationPolicy", "SurprisePolicy"]
)
def test_policies_of_every_dialect_are_kept_whole_known_or_not(kind: str) -> None:
    group = {"CiliumNetworkPolicy": "cilium.io/v2", "AuthorizationPolicy": "security.istio.io/v1"}
    version = group.get(kind, "projectcalico.org/v3")
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{x: [1]}}\n"
    assert policy(text) == text


def test_a_policy_in_a_yaml_list_is_kept_without_its_neighbours() -> None:
    secret = f"{{apiVersion: v1, kind: Secret, data: {SECRET}}}"
    alone = f"apiVersion: v1\nkind: List\nnote: {SECRET}\nitems:\n- {json.dumps(body())}\n"
    for text in (alone, f"{alone}- {secret}\n"):
        assert SECRET not in policy(text)
        assert [str(raw.ref) for raw in loaded(archive_of(text)).policies] == ["data/NetworkPolicy/db"]


def test_a_policy_that_is_given_twice_is_kept_twice_and_the_last_one_counts() -> None:
    second = POLICY.replace("5432", "5433")
    (raw,) = loaded(archive_of(f"{POLICY}---\n{second}")).policies
    assert raw.body["spec"]["ingress"][0]["ports"] == [{"port": 5433}]
    assert "RF008" in [finding.code.code for finding in loaded(archive_of(f"{POLICY}---\n{second}")).findings]


def test_an_object_that_a_watch_deleted_is_gone() -> None:
    events = [{"type": "ADDED", "object": body()}, {"type": "DELETED", "object": body()}]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    text = "\n".join(json.dumps(each) for each in (*events, {"type": "ADDED", "object": namespace}))
    assert not loaded(archive_of(text)).policies


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_of_other_systems_keep_their_lines(ends: str) -> None:
    text = f"{OTHER}---\n{POLICY}".replace("\n", ends)
    (raw,) = loaded(archive_of(text)).policies
    assert raw.origin("spec", "ingress", 0, "ports", 0, "port").position.line == 18


def test_a_broken_document_beside_a_policy_costs_the_policy_nothing() -> None:
    assert [raw.ref.name for raw in loaded(archive_of(f"a: [\n---\n{POLICY}")).policies] == ["db"]


def test_text_after_the_end_of_a_document_is_not_kept_with_it() -> None:
    text = f"{POLICY}... {SECRET}\n---\n{OTHER}"
    assert SECRET not in str(files(archive_of(text)))


def test_the_last_document_may_lack_its_line_end() -> None:
    assert policy(f"{OTHER}---\n{POLICY.rstrip()}") == "\n" * OTHER.count("\n") + f"---\n{POLICY}"


def test_policies_that_are_written_on_one_line_are_kept_on_it() -> None:
    one = json.dumps({key: value for key, value in body().items() if key != "status"})
    first, second = f"---\n{one}\n", f"---\n{one.replace('db', 'b2')}"
    archive = archive_of(first + second)
    assert [raw.origin("spec").position.line for raw in loaded(archive).policies] == [2, 4]

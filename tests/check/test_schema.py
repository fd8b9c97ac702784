"""What isn't valid, or isn't evaluated, is the schema part of a check, whichever API it is of."""

from __future__ import annotations

import pytest

from ringfence.check.report import Part, part_of
from ringfence.model import codes
from ringfence.model.finding import Code
from tests.check.answers import parts, report
from tests.check.repo import Repo

VALIDITY = [code for code in vars(codes).values() if isinstance(code, Code) and code.code.startswith("RF1")]


@pytest.mark.parametrize("code", VALIDITY, ids=str)
def test_every_code_of_validity_is_in_the_schema_part(code: Code) -> None:
    assert part_of(code) is Part.SCHEMA


@pytest.mark.parametrize(
    "text",
    [
        # A kind that is read, in a part that only layer 7 looks at; one that isn't read; one that rules refer to.
        (
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n"
            "  endpointSelector: {}\n  ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}],"
            " rules: {http: [{method: 7}]}}]}]\n"
        ),
        (
            "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {name: strict, namespace: shop}\n"
            "spec: {egress: []}\n"
        ),
        (
            "apiVersion: projectcalico.org/v3\nkind: NetworkSet\nmetadata: {name: p, namespace: shop}\n"
            "spec: {nets: [10.0.0.0/99]}\n"
        ),
        (
            "apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
            "spec: {priority: 5}\n"
        ),
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolciy\nmetadata: {name: p, namespace: shop}\nspec: {}\n",
    ],
    ids=["deep part", "name", "network set", "not evaluated", "misspelt kind"],
)
def test_a_fault_fails_the_schema_part(repo: Repo, text: str) -> None:
    repo.write("policies/more.yaml", text)
    assert parts(report("--no-base", status=1))["schema"] == "failed"

"""The commands that ``diagnose`` prints where nothing is cut do what the fix by hand does, and nothing else."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run
from tests.incidents.applying import apply, copy
from tests.incidents.kubectl import execute
from tests.incidents.states import change, connections, difference, paths, table

# What the first line says, and its commands: of kubectl, which are run as they are printed.
BY_KUBECTL = {
    "02-now-and-then/replicas": "payment-provider selects 3 of the 4 pods of payments/Deployment/payment: it asks for",
    "02-now-and-then/two-namespaces": "which of the two makes a call decides whether it works",
    "02-now-and-then/node-pools": "which of the two makes a call decides whether it works",
    "04-tenant-egress/unselected-pods": "no policy selects its pods for egress",
    "04-tenant-egress/host-network": "it is on the host network",
    "04-tenant-egress/namespace-label": "for namespace tenant-a has the label `egress=open`",
    "08-reached-anyway/selects-nothing": "it asks for `app=valut`, and vault/StatefulSet/vault has `app=vault`",
    "08-reached-anyway/wrong-namespace": "pods with these labels are in namespace vault",
    "08-reached-anyway/no-policy-types": "leaves egress of analytics/Deployment/reports open",
}


def first_remark(place: str) -> dict[str, Any]:
    """The remark that the headline is about."""
    report = json.loads(run("diagnose", "-q", *paths(place, "broken"), "-o", "json").stdout)
    remark: dict[str, Any] = report["remarks"][0]
    assert report["headline"].startswith(remark["what"])
    return remark


@pytest.mark.parametrize("place", BY_KUBECTL)
def test_what_is_printed_makes_of_the_broken_cluster_the_fixed_one(place: str, tmp_path: Path) -> None:
    remark = first_remark(place)
    assert BY_KUBECTL[place] in remark["what"]
    directory = copy(place, "broken", tmp_path)
    assert remark["commands"]
    for command in remark["commands"]:
        execute(command, directory)
    by = "pod" if place.endswith("replicas") else "workload"
    assert difference(connections(place, "fixed", by), table(str(directory), by=by)) == (set(), set())


def test_the_rule_with_exceptions_is_taken_out(tmp_path: Path) -> None:
    place = "04-tenant-egress/except-range"
    remark = first_remark(place)
    assert "by 0.0.0.0/0 except 10.0.0.0/8" in remark["what"]
    directory = copy(place, "broken", tmp_path)
    (command,) = remark["commands"]
    execute(command, directory)
    opened, closed = difference(connections(place, "broken"), table(str(directory)))
    assert opened == set()
    # What the fix by hand closes, and the one range that it keeps.
    mirrors = "198.51.100.16-198.51.100.31"
    kept = {
        f"tenant-a/{name} > {mirrors} TCP 443" for name in ("Deployment/web", "Deployment/jobs", "StatefulSet/postgres")
    }
    assert difference(table(str(directory)), connections(place, "fixed")) == (kept, set())
    assert closed


# Commands of Ringfence: they print manifests, which are applied.
@pytest.mark.parametrize(
    ("place", "words", "state"),
    [
        ("01-default-deny-dns/single-resolver", "generate allow-dns", "fixed-with-tiers"),
        ("04-tenant-egress/later-stage", "generate deny-external-egress", "fixed"),
    ],
)
def test_the_template_that_is_named_does_what_the_fix_by_hand_does(
    place: str, words: str, state: str, tmp_path: Path
) -> None:
    (command,) = first_remark(place)["commands"]
    assert command.startswith(f"ringfence {words} ")
    printed = run(*shlex.split(command)[1:], "-q")
    apply(copy(place, "broken", tmp_path), printed.stdout)
    wanted = {line for line in change(place, "broken", state)[1] if line.startswith(("tenant-a/", "trading/"))}
    assert difference(connections(place, "broken"), table(str(tmp_path))) == (set(), wanted)


def test_a_proxy_is_closed_for_each_that_uses_it(tmp_path: Path) -> None:
    place = "04-tenant-egress/shared-proxy"
    directory = copy(place, "broken", tmp_path)
    users = ("tenant-a/Deployment/web", "tenant-a/Deployment/jobs", "tenant-a/StatefulSet/postgres")
    commands = first_remark(place)["commands"]
    assert [shlex.split(command)[-2] for command in commands] == list(users)
    for user in users:  # the same question of what is left after each
        printed = run("fix", "--deny", "-q", str(directory), user, "egress/Deployment/squid:3128", "-o", "manifest")
        apply(directory, printed.stdout)
    closed = {f"{user} > egress/Deployment/squid TCP 3128" for user in users}
    assert difference(connections(place, "broken"), table(str(directory))) == (set(), closed)


def test_a_bare_pod_of_the_host_network_is_named_with_the_guard_that_it_gets_past() -> None:
    remark = first_remark("08-reached-anyway/host-network")
    assert remark["what"].startswith(
        "analytics/Pod/reports-0 is on the host network of node-1 and reaches vault/vault-0 there, past NetworkPolicy "
        "vault/vault-guard"
    )
    assert "without hostNetwork" in remark["change"]


@pytest.mark.parametrize("place", [*BY_KUBECTL, "08-reached-anyway/host-network", "04-tenant-egress/except-range"])
def test_nothing_leads_any_more_after_the_fix(place: str) -> None:
    first = run("diagnose", "-q", *paths(place, "fixed")).stdout.splitlines()[0]
    assert first.startswith("Nothing that is known to be needed is cut")


@pytest.mark.parametrize("place", ["01-default-deny-dns/forty-services", "05-fifteen-teams/shared-service"])
def test_one_command_restores_all_that_a_deny_cut_and_opens_nothing_else(place: str, tmp_path: Path) -> None:
    report = json.loads(run("diagnose", "-q", *paths(place, "broken"), "-o", "json").stdout)
    (problem,) = report["problems"]
    command = problem["commands"][-1]
    assert "--dependencies" in command
    apply(copy(place, "broken", tmp_path), run(*shlex.split(command)[1:], "-q").stdout)
    # By hand the same, and addresses outside, which no manifest tells.
    wanted = {line for line in change(place, "broken", "fixed")[0] if "/" in line.partition(" > ")[2]}
    assert difference(connections(place, "broken"), table(str(tmp_path))) == (wanted, set())
    assert run("diagnose", "-q", str(tmp_path)).exit_code == 0


def test_what_the_dns_pods_need_is_restored_by_the_template_that_is_named(tmp_path: Path) -> None:
    place = "01-default-deny-dns/coredns-upstream"
    report = json.loads(run("diagnose", "-q", *paths(place, "broken"), "-o", "json").stdout)
    (command,) = report["problems"][0]["commands"]
    apply(copy(place, "broken", tmp_path), run(*shlex.split(command)[1:], "-q").stdout)
    opened, closed = difference(connections(place, "broken"), table(str(tmp_path)))
    dns = "kube-system/Deployment/coredns"
    assert opened >= change(place, "broken", "fixed")[0]
    assert {line for line in opened if line.startswith(f"{dns} > ") and "/" not in line.partition(" > ")[2]} == {
        *(f"{dns} > {address} {protocol} 53" for address in ("10.10.0.2-10.10.0.3",) for protocol in ("UDP", "TCP")),
        f"{dns} > 10.10.0.20 TCP 6443",
    }
    assert closed == set()

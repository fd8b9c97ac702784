"""``ringfence why``: the sentence, the stages, what came closest, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import POLICY, run, write
from tests.cli.test_schemas import check


def test_a_denied_connection_says_where_and_what_came_closest(shop: str) -> None:
    result = run("why", shop, "shop/web-0", "data/db-0:5432")
    assert result.exit_code == 1
    first = result.stdout.splitlines()[0]
    assert first == "shop/web-0 can NOT reach data/db-0 on TCP 5432: ingress at data/db-0 is denied."
    assert "NetworkPolicy data/db, ingress rule 1" in result.stdout
    assert "label `tier=api` is missing" in result.stdout
    assert f"{shop}/policy.yaml:9" in result.stdout  # the rule begins at "- from"


def test_an_allowed_connection_names_the_rule_with_its_place(shop: str) -> None:
    result = run("why", shop, "shop/api", "data/db-0:5432/tcp")
    assert result.exit_code == 0
    assert result.stdout.startswith("shop/api can reach data/db-0 on TCP 5432: egress and ingress are both allowed.\n")
    line = next(line for line in result.stdout.splitlines() if "allows it" in line)
    assert "data/db, ingress rule 1" in line
    assert f"{shop}/policy.yaml:9" in line


def test_there_are_no_colour_codes_where_there_is_no_terminal(shop: str) -> None:
    assert "\x1b" not in run("why", shop, "shop/web-0", "data/db-0:5432").stdout


def test_replicas_that_differ_are_shown_apart(shop: str) -> None:
    result = run("why", shop, "shop/sts/web", "data/db-0:5432")
    assert result.exit_code == 1
    assert "1 of 2 pairs of replicas are denied" in result.stdout
    assert "1 of 2 pairs denied: shop/web-0 to data/db-0" in result.stdout
    assert "1 of 2 pairs allowed: shop/web-1 to data/db-0" in result.stdout


def test_a_service_is_asked_for_by_its_own_port(shop: str) -> None:
    result = run("why", shop, "shop/api", "service:data/db:80")
    assert result.exit_code == 0
    assert "Service data/db translates port 80 to pod port 5432" in result.stdout


def test_the_cluster_address_of_a_service_is_that_service(shop: str) -> None:
    result = run("why", shop, "shop/api", "10.96.0.5:80")
    assert result.exit_code == 0
    assert "10.96.0.5 is the cluster address of Service data/db" in result.stdout


@pytest.mark.parametrize("destination", ["data/db-0", "service:data/db"])
def test_without_a_port_every_declared_one_is_judged(shop: str, destination: str) -> None:
    assert run("why", shop, "shop/api", destination).exit_code == 0
    assert run("why", shop, "shop/web-0", destination).exit_code == 1


def test_without_a_port_and_a_declared_one_the_open_ports_are_told(shop: str) -> None:
    result = run("why", shop, "data/db-0", "shop/web-0")
    assert result.exit_code == 0
    assert result.stdout.startswith("data/db-0 can reach shop/web-0 on: all ports.\n")


def test_an_address_outside_is_guarded_by_nobody(shop: str) -> None:
    result = run("why", shop, "shop/api", "[2001:db8::1]:443")
    assert result.exit_code == 0
    assert "shop/api can reach 2001:db8::1 on TCP 443" in result.stdout
    assert "It is outside the cluster: no policy applies there." in result.stdout


def test_a_workload_without_pods_is_its_template(shop: str) -> None:
    result = run("why", shop, "shop/deploy/cart", "data/db-0:5432")
    assert result.exit_code == 1
    assert "No pod of shop/Deployment/cart is in the input" in result.stdout


def test_notes_can_be_left_out(shop: str) -> None:
    assert "No pod of shop/Deployment/cart" not in run("why", shop, "shop/deploy/cart", "data/db-0:5432", "-q").stdout


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        ("shop/wbe-0", "data/db-0:5432", "There is no pod shop/wbe-0 in the input. Did you mean shop/web-0"),
        ("shop/api", "data/db-0:99999", "'99999' is no port"),
        ("shop/api", "service:data/db:5432", "Service data/db has no port TCP 5432. It has TCP 80 (pod port pg)."),
        ("service:data/db", "shop/api:80", "a Service opens no connections"),
    ],
)
def test_a_question_that_cannot_be_asked_is_wrong_usage(shop: str, source: str, destination: str, message: str) -> None:
    result = run("why", shop, source, destination)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_json_carries_the_trace_and_the_cause(shop: str) -> None:
    result = run("why", shop, "shop/sts/web", "data/db-0:5432", "-o", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["kind"], report["verdict"]) == ("WhyReport", "blocked")
    cause = report["causes"][0]
    assert (cause["direction"], cause["kind"], cause["rule"]["policy"]) == (
        "ingress",
        "pod-label",
        "data/NetworkPolicy/db",
    )
    (port,) = report["ports"]
    assert port["pairs"] == {"allowed": 1, "total": 2}
    denied, allowed = port["groups"]
    assert denied["sources"] == [{"kind": "pod", "name": "shop/web-0", "workload": "shop/StatefulSet/web"}]
    assert denied["ingress"]["reason"] == "no-rule"
    (near,) = denied["ingress"]["closest"]
    assert near["policy"] == "data/NetworkPolicy/db"
    assert near["origin"]["line"] == 9
    assert "tier=api" in near["peers"][0]["text"]
    (rule,) = allowed["ingress"]["stages"][-1]["deciding"]
    assert (rule["policy"], rule["rule"], rule["action"]) == ("data/NetworkPolicy/db", 0, "allow")


def test_the_input_may_come_from_stdin(tmp_path: Path) -> None:
    directory = Path(write(tmp_path))
    text = "---\n".join(file.read_text(encoding="utf-8") for file in directory.iterdir())
    assert run("why", "-", "shop/api", "data/db-0:5432", stdin=text).exit_code == 0


def test_the_cause_and_the_best_fix_follow_the_verdict(shop: str) -> None:
    lines = run("why", shop, "shop/deploy/cart", "data/db-0:5432").stdout.splitlines()
    assert lines[1].startswith("Cause: NetworkPolicy data/db, ingress rule 1, asks for label `tier=api`")
    assert lines[2].startswith(
        "Fix: Add the label `tier=api` to the pod template of shop/Deployment/cart: opens nothing"
    )
    assert lines[2].endswith(f"`ringfence fix {shop} shop/deploy/cart data/db-0:5432` prints it.")


def test_an_allowed_connection_has_neither_cause_nor_fix(shop: str) -> None:
    text = run("why", shop, "shop/api", "service:data/db").stdout
    assert "Cause:" not in text
    assert "Fix:" not in text


def test_a_source_that_works_is_compared(shop: str) -> None:
    arguments = ("why", shop, "shop/web-0", "data/db-0:5432", "--compare", "shop/web-1")
    text = run(*arguments).stdout
    assert "Compared: shop/web-1 can reach data/db-0 on TCP 5432" in text
    assert "  - Only shop/web-1 has the pod label `tier=api`." in text
    report = check(run(*arguments, "-o", "json").stdout)
    assert report["comparisons"][0]["differences"] == ["Only shop/web-1 has the pod label `tier=api`."]
    assert report["fixes"][0]["patches"]


def test_replicas_that_differ_are_said_to_vary(shop: str) -> None:
    text = run("why", shop, "shop/sts/web", "data/db-0:5432").stdout
    assert "They differ by label `tier` ((none) is denied, api is not)." in text


def test_further_addresses_are_counted(shop: str) -> None:
    arguments = ("why", shop, "192.0.2.1", "data/db-0:5432", "--addresses", "10.0.1.10, 10.0.0.10")
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout.startswith("192.0.2.1 can reach only 1 of 2 addresses on TCP 5432.\n")
    assert "Addresses: 1 of 2 are allowed." in result.stdout
    report = check(run(*arguments, "-o", "json").stdout)
    assert [each["verdict"] for each in report["addresses"]] == ["blocked", "allowed"]
    assert run("why", shop, "192.0.2.1", "data/db-0", "--addresses", "10.0.0.1").exit_code == 2


def test_a_destination_that_is_an_address_is_counted_with_the_others_once(shop: str) -> None:
    first = [
        run("why", shop, "shop/web-0", "192.0.2.1:443", "--addresses", further).stdout.splitlines()[0]
        for further in ("192.0.2.2", "192.0.2.1,192.0.2.2")
    ]
    assert first == ["shop/web-0 can reach 2 of 2 addresses on TCP 443."] * 2


def test_the_command_for_the_fix_reads_the_input_as_this_one_did(shop: str) -> None:
    text = run("why", "--cni", "cilium", shop, "shop/deploy/cart", "data/db-0:5432").stdout
    assert f"`ringfence fix --cni cilium {shop} shop/deploy/cart data/db-0:5432`" in text


def test_a_guard_that_guards_nothing_is_named_where_the_connection_is_allowed(tmp_path: Path) -> None:
    shop = write(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY.replace("{app: db}}\n", "{apps: db}}\n"), encoding="utf-8")
    result = run("why", shop, "shop/web-0", "data/db-0:5432")
    assert result.exit_code == 0
    said = "NetworkPolicy data/db would deny it, but it selects no pod: its podSelector asks for label `apps=db`, and"
    assert said in result.stdout
    # The rule lets this one in: nothing is wrong for it.
    assert said not in run("why", shop, "shop/web-1", "data/db-0:5432").stdout


def test_a_list_of_rules_that_policy_types_leave_out_is_named(tmp_path: Path) -> None:
    shop = write(tmp_path)
    (tmp_path / "policy.yaml").write_text(
        POLICY.replace("  ingress:", "  policyTypes: [Egress]\n  ingress:"), encoding="utf-8"
    )
    result = run("why", shop, "shop/web-0", "data/db-0:5432")
    assert result.exit_code == 0
    assert "NetworkPolicy data/db would deny it, but its policyTypes leave out Ingress" in result.stdout


@pytest.mark.parametrize("command", ["why", "fix"])
def test_paths_that_come_last_are_told_with_the_command_as_it_is_meant(shop: str, command: str) -> None:
    result = run(command, "shop/web-0", "data/db-0:5432", shop)
    assert result.exit_code == 2
    assert f"The paths come first: ringfence {command} {shop} shop/web-0 data/db-0:5432" in result.stderr

"""``ringfence fix`` through the command line: formats, statuses, and writing into files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import MANIFESTS, POLICY, run, write
from tests.cli.test_schemas import check

CART = ("shop/Deployment/cart", "data/db-0:5432")


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write(tmp_path)


def test_the_best_fix_is_shown_with_its_effects_and_the_lines_that_change(shop: str) -> None:
    result = run("fix", shop, *CART)
    assert result.exit_code == 0
    assert "Cause: NetworkPolicy data/db, ingress rule 1, asks for label `tier=api`" in result.stdout
    assert "Add the label `tier=api` to the pod template of shop/Deployment/cart." in result.stdout
    assert "it opens nothing else and closes nothing else" in result.stdout
    assert "Note: Changing the template of shop/Deployment/cart replaces its pods: a rollout." in result.stdout
    assert "--all shows them" in result.stdout
    assert "Note:" not in run("fix", shop, *CART, "-q").stdout


def test_all_fixes_are_shown_on_demand(shop: str) -> None:
    result = run("fix", shop, *CART, "--all")
    assert "Fix 2 of " in result.stdout
    assert "--all shows" not in result.stdout
    # Relaxing the selector lets every pod of the namespace in.
    assert "opens  shop/StatefulSet/web to data/Pod/db-0 on TCP 5432" in result.stdout


def test_an_allowed_connection_needs_no_fix(shop: str) -> None:
    result = run("fix", shop, "shop/api", "service:data/db")
    assert result.exit_code == 0
    assert "There is nothing to fix: it is allowed already." in result.stdout
    assert run("fix", shop, "shop/api", "service:data/db", "-o", "kubectl").stdout == ""


def test_a_port_is_asked_for_where_there_are_several_or_none(shop: str) -> None:
    result = run("fix", shop, "shop/api", "shop/web-0")
    assert result.exit_code == 2
    assert "shop/web-0 declares no port: name one, such as shop/web-0:443." in result.stderr


def test_json_follows_its_schema_and_holds_every_fix(shop: str) -> None:
    document = check(run("fix", shop, *CART, "-o", "json").stdout)
    assert (document["wanted"], document["fulfilled"]) == ("allowed", False)
    best = document["fixes"][0]
    assert best["kinds"] == ["label-pods"]
    assert best["opens"] == best["closes"] == []
    assert best["patches"][0]["edits"] == [{"op": "add", "path": "/spec/template/metadata/labels/tier", "value": "api"}]
    relaxed = next(fix for fix in document["fixes"] if fix["kinds"] == ["relax-selector"])
    assert {effect["source"] for effect in relaxed["opens"]} == {"shop/StatefulSet/web"}
    assert {effect["pairs"] for effect in relaxed["opens"]} == {1}


def test_kubectl_prints_a_merge_patch_for_a_template(shop: str) -> None:
    text = run("fix", shop, *CART, "-o", "kubectl").stdout
    assert text == (
        "# Add the label `tier=api` to the pod template of shop/Deployment/cart\n"
        "kubectl patch deployment.v1.apps cart -n shop --type=merge "
        """-p '{"spec":{"template":{"metadata":{"labels":{"tier":"api"}}}}}'\n"""
    )


def test_manifests_say_which_of_several_they_are(shop: str) -> None:
    text = run("fix", shop, *CART, "-o", "manifest", "--all").stdout
    assert text.startswith("# Way 1 of ")
    assert "kind: NetworkPolicy\nmetadata:\n  name: allow-cart-to-db-0\n" in text
    assert "# Only what changes: apply it with kubectl apply --server-side.\n" in text


def test_the_printed_manifests_make_the_connection_allowed(shop: str, tmp_path: Path) -> None:
    document = json.loads(run("fix", shop, *CART, "-o", "json").stdout)
    number = next(n for n, fix in enumerate(document["fixes"], 1) if fix["kinds"] == ["new-policy"])
    assert number > 1
    manifest = document["fixes"][number - 1]["patches"][0]["manifest"]
    (tmp_path / "new.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert run("why", shop, *CART).exit_code == 0


def test_writing_asks_first_and_changes_nothing_when_told_no(shop: str) -> None:
    result = run("fix", shop, *CART, "--write", stdin="n\n")
    assert result.exit_code == 1
    assert "+    metadata: {labels: {app: cart, tier: api}}" in result.stdout
    assert (Path(shop) / "cluster.yaml").read_text(encoding="utf-8") == MANIFESTS


def test_writing_puts_the_best_fix_into_the_file(shop: str) -> None:
    assert run("fix", shop, *CART, "--write", stdin="y\n").exit_code == 0
    text = (Path(shop) / "cluster.yaml").read_text(encoding="utf-8")
    assert text == MANIFESTS.replace("{labels: {app: cart}}", "{labels: {app: cart, tier: api}}")
    assert run("why", shop, *CART).exit_code == 0


def test_writing_another_fix_by_number(shop: str) -> None:
    document = json.loads(run("fix", shop, *CART, "-o", "json").stdout)
    number = next(n for n, fix in enumerate(document["fixes"], 1) if fix["kinds"] == ["relax-selector"])
    assert run("fix", shop, *CART, "--write", str(number), "--yes").exit_code == 0
    text = (Path(shop) / "policy.yaml").read_text(encoding="utf-8")
    assert text == POLICY.replace("{matchLabels: {tier: api}}", "{}")


def test_a_number_too_high_is_wrong_usage(shop: str) -> None:
    result = run("fix", shop, *CART, "--write", "99")
    assert result.exit_code == 2
    assert "There is no fix 99" in result.stderr


def test_a_new_policy_goes_to_the_end_of_the_namespaces_file(shop: str) -> None:
    fixes = json.loads(run("fix", shop, *CART, "-o", "json").stdout)["fixes"]
    number = next(n for n, fix in enumerate(fixes, 1) if fix["kinds"] == ["new-policy"])
    assert run("fix", shop, *CART, "--write", str(number), "-y").exit_code == 0
    text = (Path(shop) / "policy.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"{POLICY}---\napiVersion: networking.k8s.io/v1\n")
    assert run("why", shop, *CART).exit_code == 0


def test_standard_input_can_not_be_written_and_says_what_can_be_done(shop: str) -> None:
    result = run("fix", "-", *CART, "--write", "-y", stdin=f"{MANIFESTS}---\n{POLICY}")
    assert result.exit_code == 2
    assert "can't be edited in place" in result.stderr
    assert "Use -o kubectl or -o manifest." in result.stderr
    shown = run("fix", "-", *CART, stdin=f"{MANIFESTS}---\n{POLICY}").stdout
    assert "kubectl patch deployment.v1.apps cart" in shown


def test_deny_closes_a_connection(shop: str) -> None:
    allowed = ("shop/api", "data/db-0:5432")
    document = check(run("fix", shop, "--deny", *allowed, "-o", "json").stdout)
    assert (document["wanted"], document["fulfilled"]) == ("blocked", False)
    best = document["fixes"][0]
    assert best["kinds"] == ["narrow-rule"]
    assert best["opens"] == best["closes"] == []
    assert run("fix", shop, "--deny", *allowed, "--write", "-y").exit_code == 0
    assert run("why", shop, *allowed).exit_code == 1
    assert "it is denied already" in run("fix", shop, "--deny", *allowed).stdout


def test_what_no_policy_can_deny_is_said(shop: str) -> None:
    result = run("fix", shop, "--deny", "shop/api", "shop/api:8080")
    assert result.exit_code == 1
    assert "No fix found. A pod may always reach itself: no policy can deny that." in result.stdout

"""``ringfence fix --wanted`` and ``--dependencies`` through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.running import run, write
from tests.cli.test_schemas import check

WANTED = """\
src,dst,protocol,port
shop/Deployment/cart,data/db-0,TCP,5432
shop/api,service:data/db,TCP,80
"""

CLUSTER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web, env: [{name: CART, value: "http://cart:8080"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: c, image: cart, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 8080}]}
"""

POLICIES = """\
# Nothing goes in or out, for now.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec:
  podSelector: {}   # everyone
  policyTypes: [Ingress, Egress]
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write(tmp_path)


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    (tmp_path / "cluster.yaml").write_text(CLUSTER, encoding="utf-8")
    (tmp_path / "policies.yaml").write_text(POLICIES, encoding="utf-8")
    return tmp_path


def test_a_list_is_restored_and_what_is_allowed_already_is_counted(shop: str, tmp_path: Path) -> None:
    path = tmp_path / "wanted.csv"
    path.write_text(WANTED, encoding="utf-8")
    result = run("fix", "-q", shop, "--wanted", str(path))
    assert result.exit_code == 0
    assert "1 of 2 wanted connections is cut: 1 connection." in result.stdout
    assert "1 change restores it:" in result.stdout
    assert "beyond what is wanted" in result.stdout


def test_a_list_that_is_met_needs_nothing(shop: str, tmp_path: Path) -> None:
    path = tmp_path / "wanted.csv"
    path.write_text("src,dst,protocol,port\nshop/api,data/db-0,TCP,5432\n", encoding="utf-8")
    result = run("fix", shop, "--wanted", str(path))
    assert result.exit_code == 0
    assert "There is nothing to fix: every wanted connection (1) is allowed already." in result.stdout


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("shop/nobody,data/db-0,TCP,5432\n", "wanted.csv:2"),
        ("shop/api,data/db-0,TCP,99999\n", "wanted.csv:2"),
        ("", "lists no connection"),
    ],
)
def test_a_list_that_cannot_be_read_whole_is_refused(shop: str, tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "wanted.csv"
    path.write_text(f"src,dst,protocol,port\n{rows}", encoding="utf-8")
    result = run("fix", shop, "--wanted", str(path))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_what_the_manifests_need_is_restored_by_what_is_printed(cut: Path) -> None:
    assert run("why", str(cut), "shop/Deployment/web", "service:shop/cart:8080").exit_code == 1
    printed = run("fix", str(cut), "--dependencies", "-o", "manifest")
    assert printed.exit_code == 0
    assert "Verified together: beyond what is wanted they open nothing and close nothing." in printed.stderr
    bodies = list(yaml.safe_load_all(printed.stdout))
    assert [body["metadata"]["name"] for body in bodies] == ["allow-cart", "allow-web"]
    (cut / "more.yaml").write_text(printed.stdout, encoding="utf-8")
    assert run("why", str(cut), "shop/Deployment/web", "service:shop/cart:8080").exit_code == 0
    assert "nothing to fix" in run("fix", str(cut), "--dependencies").stdout


def test_commands_apply_each_policy(cut: Path) -> None:
    text = run("fix", str(cut), "--dependencies", "-o", "kubectl").stdout
    assert text.count("kubectl apply -f - <<'EOF'") == 2


def test_json_follows_its_schema(cut: Path) -> None:
    document = check(run("fix", str(cut), "--dependencies", "-o", "json").stdout)
    assert document["kind"] == "FixSetReport"
    assert [(each["source"], each["port"], each["kind"]) for each in document["restored"]] == [
        ("shop/Deployment/web", 8080, "connection")
    ]
    assert document["opens"] == document["closes"] == document["left"] == []
    assert document["restored"][0]["origin"]["file"].endswith("cluster.yaml")


def test_new_policies_are_written_into_the_file_that_is_named_and_no_other(cut: Path) -> None:
    refused = run("fix", str(cut), "--dependencies", "--write", "-y")
    assert refused.exit_code == 2
    assert "--write needs --into FILE for 2 new policies" in refused.stderr
    assert sorted(path.name for path in cut.iterdir()) == ["cluster.yaml", "policies.yaml"]
    into = cut / "policies.yaml"
    done = run("fix", str(cut), "--dependencies", "--write", "--into", str(into), "-y")
    assert done.exit_code == 0, done.stderr
    assert f"Wrote {into}." in done.stdout
    text = into.read_text(encoding="utf-8")
    assert text.startswith(POLICIES)  # with its comments
    assert len(list(yaml.safe_load_all(text))) == 3
    assert run("why", str(cut), "shop/Deployment/web", "service:shop/cart:8080").exit_code == 0


def test_the_file_for_new_policies_may_be_new(cut: Path) -> None:
    into = cut / "restore.yaml"
    done = run("fix", str(cut), "--dependencies", "--write", "--into", str(into), "-y")
    assert done.exit_code == 0, done.stderr
    assert len(list(yaml.safe_load_all(into.read_text(encoding="utf-8")))) == 2
    missing = run(
        "fix",
        str(cut / "cluster.yaml"),
        str(cut / "policies.yaml"),
        "--dependencies",
        "--write",
        "--into",
        str(cut / "no" / "x.yaml"),
        "-y",
    )
    assert missing.exit_code == 2
    assert "is no directory" in missing.stderr


def test_nothing_is_written_without_a_yes(cut: Path) -> None:
    into = cut / "restore.yaml"
    asked = run("fix", str(cut), "--dependencies", "--write", "--into", str(into), stdin="n\n")
    assert asked.exit_code == 1
    assert not into.exists()


def test_edits_of_existing_policies_keep_their_comments(cut: Path) -> None:
    allows = """\
  ingress:
    - from: [{podSelector: {matchLabels: {app: webb}}}]   # the front
      ports: [{port: 8080}]
"""
    (cut / "policies.yaml").write_text(POLICIES.replace("Ingress, Egress", "Ingress") + allows, encoding="utf-8")
    done = run("fix", str(cut), "--dependencies", "--write", "--into", str(cut / "new.yaml"), "-y")
    assert done.exit_code == 0, done.stderr
    text = (cut / "policies.yaml").read_text(encoding="utf-8")
    assert "# the front" in text
    assert "# Nothing goes in or out, for now." in text
    assert run("why", str(cut), "shop/Deployment/web", "service:shop/cart:8080").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dependencies", "--deny"), "--deny goes with SRC and DST."),
        (("--dependencies", "--all"), "--all goes with SRC and DST."),
        (("--dependencies", "-n", "nowhere"), "There is no namespace nowhere in the input."),
        (("--wanted", "x.csv", "-n", "shop"), "-n goes with --dependencies."),
        (("--into", "x.yaml"), "--into goes with --wanted or --dependencies."),
        ((), "Missing argument 'SRC'"),
        (("shop/web",), "Missing argument 'DST'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(cut: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("fix", str(cut), *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_only_a_namespace_can_be_asked_for(cut: Path) -> None:
    (cut / "other.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n", encoding="utf-8")
    assert "nothing to fix" in run("fix", str(cut), "--dependencies", "-n", "other").stdout
    assert "is cut" in run("fix", str(cut), "--dependencies", "-n", "shop").stdout

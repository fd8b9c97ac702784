"""What a pull request brings: a failure with a comment that says what and where, or nothing at all."""

from __future__ import annotations

from tests.check.answers import check, parts, report, sarif
from tests.check.repo import Repo

DNS = "kubernetes.io/metadata.name: kube-system"
INTERNET = "  - from:\n    - ipBlock: {cidr: 0.0.0.0/0}\n    ports:\n    - port: 5432\n"


def comment(status: int) -> str:
    result = check("-o", "markdown")
    assert result.exit_code == status, result.output
    return result.stdout


def test_the_example_passes_and_differs_in_nothing(repo: Repo) -> None:
    found = report(status=0)
    assert parts(found) == {"diff": "passed", "tests": "passed", "schema": "passed", "lint": "passed"}
    assert found["diff"]["changes"] == []


# ---- DNS is cut -----------------------------------------------------------------------------------------------------


def test_a_change_that_cuts_dns_fails_and_says_whose_and_by_which_line(repo: Repo) -> None:
    """Somebody takes the name of the Service for that of its namespace."""
    repo.edit("policies/shop.yaml", DNS, "kubernetes.io/metadata.name: kube-dns").commit()
    line = repo.line("policies/shop.yaml", "egress:") + 1
    found = report(status=1)
    assert [(risk["kind"], risk["subject"]) for risk in found["diff"]["risks"]] == [
        ("cuts-dns", "shop/Deployment/cart"),
        ("cuts-dns", "shop/Deployment/web"),
    ]
    ends = {(change["change"], change["src"], change["dst"]) for change in found["diff"]["changes"]}
    assert ends == {
        ("removed", "shop/Deployment/cart", "kube-system/Deployment/coredns"),
        ("removed", "shop/Deployment/web", "kube-system/Deployment/coredns"),
    }
    text = comment(1)
    assert "the check fails" in text
    assert "| **DNS is cut** | shop/Deployment/web can't reach the DNS pods any more on TCP 53, UDP 53. |" in text
    assert f"NetworkPolicy shop/allow-dns, egress rule 1 is changed `policies/shop.yaml:{line} (was git:main/" in text
    assert "### What this cuts" in text
    assert "| `shop/Deployment/web` | `kube-system/Deployment/coredns` | `TCP 53; UDP 53` |" in text
    assert "### What this opens" not in text


def test_the_broken_promise_is_named_with_its_counter_example(repo: Repo) -> None:
    repo.edit("policies/shop.yaml", DNS, "kubernetes.io/metadata.name: kube-dns").commit()
    (failed,) = [test for test in report(status=1)["tests"] if not test["passed"]]
    assert (failed["name"], failed["passedBefore"]) == ("every pod reaches DNS", True)
    assert failed["origin"]["line"] == repo.line("tests/promises.yaml", "every pod reaches DNS")
    assert "shop/Deployment/" in failed["message"]
    text = comment(1)
    line = failed["origin"]["line"]
    assert f"**every pod reaches DNS** (this change breaks it) `tests/promises.yaml:{line}`" in text


# ---- a database is opened to the Internet ---------------------------------------------------------------------------


def test_a_change_that_opens_a_database_to_the_internet_fails(repo: Repo) -> None:
    repo.write("policies/data.yaml", repo.read("policies/data.yaml") + INTERNET).commit()
    line = repo.line("policies/data.yaml", "0.0.0.0/0") - 1
    found = report(status=1)
    (risk,) = found["diff"]["risks"]
    assert (risk["kind"], risk["subject"]) == ("from-internet", "data/StatefulSet/postgres")
    assert risk["causes"][0]["origin"]["line"] == line
    text = comment(1)
    assert "| **from the Internet** | The Internet may reach data/StatefulSet/postgres on TCP 5432. |" in text
    assert f"NetworkPolicy data/postgres, ingress rule 2 is new `policies/data.yaml:{line}`" in text
    assert "| `Internet (IPv4)` | `data/StatefulSet/postgres` | `TCP 5432` |" in text
    assert "### What this cuts" not in text
    assert "warning RF405" in text.partition("### New findings")[2]
    broken = {test["name"] for test in found["tests"] if not test["passed"]}
    assert broken == {"the Internet reaches no database", "only the cart reaches the database"}


# ---- a promise is broken --------------------------------------------------------------------------------------------


def test_a_change_that_breaks_a_promise_fails_without_any_risk(repo: Repo) -> None:
    """A port that nobody listens on: neither the Internet, nor DNS, nor another team. The linter sees it half open."""
    repo.edit(
        "policies/shop.yaml",
        "    - podSelector: {matchLabels: {app: cart}}\n    ports:\n    - port: 7070\n",
        "    - podSelector: {matchLabels: {app: cart}}\n    ports:\n    - port: 7071\n",
    ).commit()
    found = report(status=1)
    assert found["diff"]["risks"] == []
    assert [failure["part"] for failure in found["failures"]] == ["tests", "lint"]
    assert {each["finding"]["code"] for each in found["lint"]["findings"] if each["state"] == "new"} == {"RF307"}
    (failed,) = [test for test in found["tests"] if not test["passed"]]
    assert failed["name"] == "the shop works"
    assert "shop/Deployment/web" in failed["message"]
    assert "7070" in failed["message"]
    text = comment(1)
    promises = text.partition("### Broken promises")[2].partition("###")[0]
    assert "**the shop works** (this change breaks it)" in promises
    assert "policies/shop.yaml" in promises  # the explanation names the rule that came closest


def test_a_promise_that_the_base_breaks_already_is_told_apart(repo: Repo) -> None:
    suite = repo.read("tests/promises.yaml")
    case = "- name: web reads the database\n  from: shop/Deployment/web\n  to: data/StatefulSet/postgres\n"
    repo.write("tests/promises.yaml", f"{suite}{case}  ports: 5432\n  expect: allowed\n").commit()
    (failed,) = [test for test in report(status=1)["tests"] if not test["passed"]]
    assert (failed["name"], failed["passedBefore"]) == ("web reads the database", False)
    assert "(it failed before, too)" in comment(1)


# ---- nothing changes ------------------------------------------------------------------------------------------------


def test_a_pure_refactoring_passes_with_an_empty_difference(repo: Repo) -> None:
    """The documents in one file, in another order, a selector written otherwise, a port by its protocol."""
    data, shop = repo.read("policies/data.yaml"), repo.read("policies/shop.yaml")
    documents = [*shop.split("---\n")[::-1], *data.split("---\n")]
    text = "---\n".join(documents).replace(
        "podSelector: {matchLabels: {app: postgres}}\n  policyTypes",
        "podSelector: {matchExpressions: [{key: app, operator: In, values: [postgres]}]}\n  policyTypes",
    )
    assert text.count("matchExpressions") == 1
    for name in ("data", "shop"):
        (repo.path / "policies" / f"{name}.yaml").unlink()
    repo.write("policies/all.yaml", text.replace("- port: 7070", "- {port: 7070, protocol: TCP}")).commit()
    repo.edit("ringfence.yaml", "diff: risk", "diff: any").commit()
    found = report(status=0)
    assert found["diff"]["changes"] == found["diff"]["replicas"] == found["diff"]["risks"] == []
    assert found["lint"]["fixed"] == []
    assert {each["state"] for each in found["lint"]["findings"]} <= {"unchanged"}
    text = comment(0)
    assert "the check passes" in text
    assert "no connection differs" in text
    assert "###" not in text
    assert sarif(status=0)["results"] == []


def test_an_intended_opening_passes_once_it_is_approved(repo: Repo) -> None:
    rule = "  - from:\n    - ipBlock: {cidr: 0.0.0.0/0}\n    ports:\n    - port: 7070\n"
    repo.edit("policies/shop.yaml", "    - port: 7070\n  egress:", f"    - port: 7070\n{rule}  egress:").commit()
    assert [failure["kind"] for failure in report(status=1)["failures"]] == ["risk", "warning"]
    approval = (
        "approved:\n- risk: from-internet\n  subject: shop/Deployment/cart\n"
        "  reason: The cart is a public API now.\n  owner: storefront\n"
    )
    config = repo.read("ringfence.yaml").replace("lint: warning", "lint: error")
    repo.write("ringfence.yaml", config + approval).commit()
    found = report(status=0)
    assert found["diff"]["risks"] == []
    (approved,) = found["diff"]["approved"]
    assert (approved["reason"], approved["owner"]) == ("The cart is a public API now.", "storefront")
    assert "- Approved: The Internet may reach shop/Deployment/cart on TCP 7070. The cart is a public API" in comment(0)
    (risk,) = [each for each in sarif(status=0)["results"] if each["ruleId"] == "risk-from-internet"]
    assert risk["suppressions"][0]["justification"] == "The cart is a public API now. (storefront)"


def test_an_approval_of_nothing_or_of_last_year_is_stale(repo: Repo) -> None:
    repo.write("policies/data.yaml", repo.read("policies/data.yaml") + INTERNET)
    approvals = (
        "approved:\n- {risk: cuts-dns, subject: shop/Deployment/web, reason: never}\n"
        "- {risk: from-internet, subject: data/StatefulSet/postgres, reason: a demo, until: 2020-01-31}\n"
    )
    repo.write("ringfence.yaml", repo.read("ringfence.yaml") + approvals).commit()
    found = report(status=1)
    assert [each["why"] for each in found["diff"]["staleApprovals"]] == [
        "there is no such risk in this change",
        "it ended on 2020-01-31",
    ]
    assert [risk["kind"] for risk in found["diff"]["risks"]] == ["from-internet"]

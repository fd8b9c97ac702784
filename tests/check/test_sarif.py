"""The SARIF log: follows its schema, keeps its fingerprints, carries fixes that work, says what is set aside."""

from __future__ import annotations

import re

from ringfence.fix.text_edits import TextEdit, applied
from tests.check.answers import Json, check, report, sarif
from tests.check.repo import Repo

HOST_BITS = "  - from:\n    - ipBlock: {cidr: 10.1.2.3/16}\n    ports:\n    - port: 5432\n"


def with_host_bits(repo: Repo) -> Repo:
    return repo.write("policies/data.yaml", repo.read("policies/data.yaml") + HOST_BITS)


def results(run: Json, rule: str) -> list[Json]:
    return [each for each in run["results"] if each["ruleId"] == rule]


def test_a_finding_has_rule_level_place_and_object(repo: Repo) -> None:
    with_host_bits(repo).commit()
    run = sarif(status=1)
    (result,) = results(run, "RF104")
    line = repo.line("policies/data.yaml", "10.1.2.3/16")
    assert result["level"] == "warning"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "policies/data.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line, "startColumn": 23},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "data/NetworkPolicy/postgres", "kind": "object"}]
    assert result["baselineState"] == "new"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["name"] == "host-bits-set"
    assert rule["help"]["markdown"].startswith("# RF104 host-bits-set\n")


def test_a_fix_makes_the_finding_go_away(repo: Repo) -> None:
    with_host_bits(repo).commit()
    (result,) = results(sarif(status=1), "RF104")
    assert result["fixes"][0]["description"]["text"].endswith("No connection changes.")
    change = result["fixes"][0]["artifactChanges"][0]
    file = change["artifactLocation"]["uri"]
    edits = [
        TextEdit(
            file,
            region["startLine"],
            region["startColumn"],
            region["endLine"],
            region["endColumn"],
            each.get("insertedContent", {}).get("text", ""),
        )
        for each in change["replacements"]
        for region in [each["deletedRegion"]]
    ]
    repo.write(file, applied(repo.read(file), edits))
    assert "10.1.0.0/16" in repo.read(file)
    assert results(sarif("--allow-dirty", status=1), "RF104") == []


def test_fingerprints_stay_when_lines_move(repo: Repo) -> None:
    with_host_bits(repo).commit()
    before = {each["ruleId"]: each["partialFingerprints"] for each in sarif(status=1)["results"]}
    repo.write("policies/data.yaml", "# one\n# two\n" + repo.read("policies/data.yaml")).commit()
    after = {each["ruleId"]: each["partialFingerprints"] for each in sarif(status=1)["results"]}
    assert before == after
    assert all(re.fullmatch(r"[0-9a-f]{24}:1", each["primaryLocationLineHash"]) for each in after.values())


def test_what_an_annotation_suppresses_carries_its_reason_and_place(repo: Repo) -> None:
    with_host_bits(repo).edit(
        "policies/data.yaml",
        "metadata: {name: postgres, namespace: data}",
        "metadata:\n  name: postgres\n  namespace: data\n  annotations:\n"
        '    ringfence.dev/ignore: "RF104: the old range"',
    ).commit()
    (result,) = results(sarif(status=1), "RF104")
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "the old range")
    region = suppression["location"]["physicalLocation"]["region"]
    assert region["startLine"] == repo.line("policies/data.yaml", "ringfence.dev/ignore")


def test_what_the_baseline_file_lists_is_suppressed_and_unchanged(repo: Repo) -> None:
    with_host_bits(repo).write("ringfence.yaml", repo.read("ringfence.yaml") + "baseline: known.json\n")
    check("--write-baseline")
    repo.commit()
    (result,) = results(sarif("--no-base", status=1), "RF104")
    assert result["baselineState"] == "unchanged"
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "Listed in known.json."}
    ]


def test_a_risk_and_a_broken_promise_are_results_at_their_lines(repo: Repo) -> None:
    rule = "  - from:\n    - ipBlock: {cidr: 0.0.0.0/0}\n    ports:\n    - port: 5432\n"
    repo.write("policies/data.yaml", repo.read("policies/data.yaml") + rule).commit()
    run = sarif(status=1)
    (risk,) = results(run, "risk-from-internet")
    region = risk["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == repo.line("policies/data.yaml", "0.0.0.0/0") - 1
    promise = results(run, "policy-test")[0]
    assert promise["baselineState"] == "new"
    assert promise["locations"][0]["physicalLocation"]["region"]["startLine"] == region["startLine"]
    (related,) = promise["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "tests/promises.yaml"


def test_a_policy_that_is_deleted_has_its_risk_at_the_configuration(repo: Repo) -> None:
    """The line that is responsible is gone; a place that doesn't exist would make the upload fail."""
    text = repo.read("policies/data.yaml").replace("policyTypes: [Ingress, Egress]", "policyTypes: [Egress]")
    documents = text.split("---\n")
    repo.write("policies/data.yaml", "---\n".join(documents[:2])).commit()
    run = sarif(status=1)
    risks = [each for each in run["results"] if each["ruleId"].startswith("risk-")]
    assert {each["ruleId"] for each in risks} >= {"risk-from-internet", "risk-unisolated"}


def test_without_anything_to_compare_with_no_state_is_claimed(repo: Repo) -> None:
    with_host_bits(repo)
    run = sarif("--no-base", status=1)
    assert all("baselineState" not in each for each in run["results"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert told == ["diff was left out: no base is configured (base, or --base)."]


def test_json_and_sarif_name_findings_alike(repo: Repo) -> None:
    with_host_bits(repo).commit()
    names = {each["fingerprint"] for each in report(status=1)["lint"]["findings"]}
    told = {
        each["partialFingerprints"]["ringfence/v1"] for each in sarif(status=1)["results"] if each["ruleId"][:2] == "RF"
    }
    assert told <= names
    assert told

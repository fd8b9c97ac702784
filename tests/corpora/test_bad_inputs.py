"""Every invalid input of the corpus becomes findings of a fitting code, at the right line, and the rest is read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import ringfence
from ringfence.model.errors import InputError
from ringfence.model.finding import Severity
from tests.corpora.places import ROOT, needs_corpora

SUITE = ROOT / "bad-inputs"

# directory: (code, file, line) of each finding above a note; lines read off the files by hand.
FINDINGS: dict[str, set[tuple[str, str, int]]] = {
    "bad_netpols/subdir2": {("RF102", "netpols.yaml", 22), ("RF115", "netpols.yaml", 1)},
    "bad_netpols/subdir7": {("RF102", "resources.yaml", 158)},
    "anp_bad_path_test_3": {("RF008", "anps.yaml", 38)},
    "anp_bad_path_test_8": {("RF106", "anp.yaml", 41), ("RF118", "anp.yaml", 33)},
    "anp_bad_path_test_9": {("RF101", "anp.yaml", 20)},
    "anp_bad_path_test_10": {("RF111", "anp.yaml", 12), ("RF118", "anp.yaml", 12)},
    "anp_bad_path_test_12": {("RF101", "anp.yaml", 12)},
    "anp_bad_path_test_14": {("RF111", "anp.yaml", 12), ("RF118", "anp.yaml", 12)},
    "anp_bad_path_test_15": {("RF111", "anp.yaml", 12), ("RF118", "anp.yaml", 12)},
    "anp_test_with_empty_port_range": {
        ("RF106", "pass_anp_banp_named_port.yaml", 20),
        ("RF118", "pass_anp_banp_named_port.yaml", 12),
    },
    "anp_bad_path_test_20": {("RF101", "anps.yaml", 7)},
    "banp_bad_path_test_1": {("RF008", "banps.yaml", 50)},
    "banp_bad_path_test_2": {("RF112", "banps.yaml", 4)},
    "banp_bad_path_test_3": {
        ("RF101", "banp_core_egress_tcp_rules.yaml", 6),
        ("RF115", "banp_core_egress_tcp_rules.yaml", 1),
    },
    "banp_bad_path_test_4": {
        ("RF101", "banp_core_ingress_sctp_rules.yaml", 7),
        ("RF115", "banp_core_ingress_sctp_rules.yaml", 1),
    },
    "banp_bad_path_test_11": {
        ("RF111", "banp_core_ingress_sctp_rules.yaml", 11),
        ("RF118", "banp_core_ingress_sctp_rules.yaml", 11),
    },
    "banp_bad_path_test_12": {
        ("RF111", "banp_core_ingress_sctp_rules.yaml", 14),
        ("RF118", "banp_core_ingress_sctp_rules.yaml", 11),
    },
    "banp_bad_path_test_13": {
        ("RF106", "banp_core_ingress_sctp_rules.yaml", 30),
        ("RF118", "banp_core_ingress_sctp_rules.yaml", 23),
    },
    "banp_bad_path_test_14": {("RF101", "banp_core_ingress_sctp_rules.yaml", 12)},
    "bad_path_namespace_with_same_name": {("RF008", "objects.yaml", 9)},
    "onlineboutique": {("RF005", "connlist_output.json", 1)},
}

# A directory that does not exist is an error, since it was named.
ABSENT = {"ttt"}

# UserDefinedNetwork gives a namespace another network; it is no policy API of this tool, and counted as skipped.
NO_POLICY = {
    "udn_bad_path_test_1",
    "udn_bad_path_test_2",
    "udn_bad_path_test_3",
    "udn_bad_path_test_6",
    "cudn_bad_test_1",
}


def rows() -> list[str]:
    if not SUITE.is_dir():
        return []
    with (SUITE / "expected_errors.csv").open(newline="") as file:
        return [row["dir"] for row in csv.DictReader(file)]


@needs_corpora
def test_every_row_is_in_one_of_the_tables() -> None:
    assert set(rows()) == set(FINDINGS) | ABSENT | NO_POLICY


@needs_corpora
@pytest.mark.parametrize("directory", sorted(FINDINGS))
def test_what_is_wrong_is_found_at_its_line(directory: str) -> None:
    cluster = ringfence.load(str(SUITE / "dirs" / directory))
    found = {
        (finding.code.code, Path(finding.origin.position.file).name, finding.origin.position.line)
        for finding in cluster.findings
        if finding.severity > Severity.NOTE
    }
    assert found == FINDINGS[directory]


@needs_corpora
@pytest.mark.parametrize("directory", sorted(ABSENT))
def test_a_directory_that_is_not_there_is_an_error(directory: str) -> None:
    with pytest.raises(InputError, match=directory):
        ringfence.load(str(SUITE / "dirs" / directory))


@needs_corpora
@pytest.mark.parametrize("directory", sorted(NO_POLICY))
def test_what_is_no_policy_is_counted_as_skipped(directory: str) -> None:
    cluster = ringfence.load(str(SUITE / "dirs" / directory))
    assert any("UserDefinedNetwork" in kind for kind in cluster.snapshot.skipped)
    assert all(finding.severity is Severity.NOTE for finding in cluster.findings)

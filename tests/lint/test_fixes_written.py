"""Each fix, written into a file: the line that changes, the comments that stay, and the finding that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.fix.text_edits import applied
from ringfence.lint import pages
from ringfence.lint.context import LintContext
from ringfence.lint.fixes import LintFix, lint_fixes
from ringfence.lint.registry import RULES, LintRule
from ringfence.lint.run import run
from ringfence.lint.text_fixes import replacements
from ringfence.sources import load_snapshot
from tests.lint.test_pages import SETTINGS, SHOWN

HEAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
"""
ADMIN = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
"""
PODS = """\
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: dns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - {name: dns, image: dns, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}, {name: tcp, port: 53, protocol: TCP}]}
"""

# the code; the lines as they are; what is written for what, the rest of the text staying as it is
TABLE = [
    ("RF101", "  podSelector: {}\n  policyTypes: [ingress]  # in\n", "ingress", "Ingress"),
    ("RF102", "  podSelector: {matchExpressions: [{key: a, operator: exists}]}\n", "exists", "Exists"),
    ("RF103", "  podSelector: {}\n  ingress:\n  - from: [{ipBlock: {cidr: 192.0.2.7}}]  # the office\n", ".7", ".7/32"),
    (
        "RF103",
        "  podSelector: {}\n  ingress:\n  - from: [{ipBlock: {cidr: '2001:db8::7'}}]\n",
        "'2001:db8::7'",
        "2001:db8::7/128",
    ),
    ("RF104", "  podSelector: {}\n  ingress:\n  - from: [{ipBlock: {cidr: 192.0.2.7/24}}]\n", ".7/", ".0/"),
    (
        "RF105",
        "  podSelector: {}\n  ingress:\n  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 11.0.0.0/8]}}]\n",
        ", 11.0.0.0/8",
        "",
    ),
    (
        "RF105",
        (
            "  podSelector: {}\n  ingress:\n  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/8\n"
            "        except:  # not these\n        - 11.0.0.0/16\n"
        ),
        "        except:  # not these\n        - 11.0.0.0/16\n",
        "",
    ),
    ("RF106", "  podSelector: {}\n  ingress:\n  - ports: [{port: '80'}]  # the web\n", "'80'", "80"),
    ("RF106", "  podSelector: {}\n  ingress:\n  - ports: [{protocol: udp, port: 80}]\n", "udp", "UDP"),
    ("RF107", "  policyTypes: [Ingress]  # in\n", "# in\n", "# in\n  podSelector: {}\n"),
    (
        "RF108",
        "  podSelector: {}\n  egress: []  # nobody\n",
        "# nobody\n",
        "# nobody\n  policyTypes:\n    - Ingress\n    - Egress\n",
    ),
    ("RF113", "  podSelector: {}\n  ingres:  # who\n  # the web\n  - {}\n", "ingres:", "ingress:"),
    ("RF113", "  podSelector: {}\n  ingress:\n  - form:\n    # all\n    - podSelector: {}\n", "form:", "from:"),
    (
        "RF302",
        (
            "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 53  # names\n"
            "      protocol: UDP\n"
        ),
        "      protocol: UDP\n",
        "      protocol: UDP\n    - port: 53\n      protocol: TCP\n",
    ),
    (
        "RF406",
        (
            "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - ipBlock:\n"
            "        cidr: 0.0.0.0/0  # the world\n"
        ),
        "# the world\n",
        "# the world\n        except:\n          - 169.254.169.254/32\n",
    ),
    (
        "RF406",
        (
            "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n"
            "  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]\n"
        ),
        "10.0.0.0/8]",
        "10.0.0.0/8, 169.254.169.254/32]",
    ),
]

# the same for a ClusterNetworkPolicy
ADMIN_TABLE = [
    ("RF101", "  tier: admin\n  priority: 1\n  subject: {namespaces: {}}\n", "admin", "Admin"),
    ("RF101", "  tier: Admin\n  priority: '1'\n  subject: {namespaces: {}}\n", "'1'", "1"),
    (
        "RF101",
        (
            "  tier: Admin\n  priority: 1\n  subject: {namespaces: {}}\n"
            "  egress: [{action: Allow, to: [{networks: [10.0.0.0/8]}]}]\n"
        ),
        "Allow",
        "Accept",
    ),
    (
        "RF302",
        (
            "  tier: Admin\n  priority: 1\n"
            "  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}\n"
            "  egress:\n"
            "  - action: Accept\n    to: [{namespaces: {}}]\n    protocols: [{udp: {destinationPort: {number: 53}}}]\n"
            "  - {action: Deny, to: [{namespaces: {}}]}\n"
        ),
        "number: 53}}}]",
        "number: 53}}}, {tcp: {destinationPort: {number: 53}}}]",
    ),
    (
        "RF104",
        (
            "  tier: Admin\n  priority: 1\n  subject: {namespaces: {}}\n"
            "  egress: [{action: Accept, to: [{networks: [10.0.0.7/8]}]}]\n"
        ),
        "10.0.0.7/8",
        "10.0.0.0/8",
    ),
]


def found(directory: Path, code: str) -> tuple[LintContext, list[LintFix], int]:
    """The context, the fixes of one rule, and how many findings it has."""
    snapshot = load_snapshot([str(directory)])
    policies, findings = read_policies(snapshot)
    context = LintContext(snapshot, policies, (*snapshot.findings, *findings), SETTINGS)
    told = [finding for finding in run(context, RULES).findings if finding.code.code == code]
    return context, list(lint_fixes(context, told)), len(told)


def written(directory: Path, text: str, code: str) -> str:
    """The text after the first fix of a rule; the rule must find nothing there any more."""
    file = directory / "all.yaml"
    file.write_text(text, encoding="utf-8")
    context, fixes, _ = found(directory, code)
    edits = replacements(fixes[0], context.snapshot)
    assert edits, "it can't be written"
    after = applied(text, edits)
    file.write_text(after, encoding="utf-8")
    assert found(directory, code)[2] == 0
    return after


@pytest.mark.parametrize(("code", "spec", "old", "new"), TABLE)
def test_a_fix_changes_what_is_wrong_and_nothing_else(tmp_path: Path, code: str, spec: str, old: str, new: str) -> None:
    assert written(tmp_path, HEAD + spec + PODS, code) == HEAD + spec.replace(old, new) + PODS


@pytest.mark.parametrize(("code", "spec", "old", "new"), ADMIN_TABLE)
def test_so_it_does_in_a_cluster_network_policy(tmp_path: Path, code: str, spec: str, old: str, new: str) -> None:
    assert written(tmp_path, ADMIN + spec + PODS, code) == ADMIN + spec.replace(old, new) + PODS


FIXED = [
    rule
    for rule in SHOWN
    if pages.sections(rule)["Fix safety"].startswith(("Safe", "Unsafe"))
    and rule.code.code not in ("RF008", "RF102", "RF103", "RF106", "RF113")  # see above and below
]


@pytest.mark.parametrize("rule", FIXED, ids=lambda rule: rule.code.code)
def test_the_example_of_a_page_is_right_after_its_fix(tmp_path: Path, rule: LintRule) -> None:
    assert written(tmp_path, pages.manifests(rule, "Example"), rule.code.code)


def test_of_two_equal_objects_in_one_file_the_later_goes(tmp_path: Path) -> None:
    text = HEAD + "  podSelector: {}  # first\n"
    assert written(tmp_path, text + "---\n" + text.replace("first", "second") + PODS, "RF008") == text + PODS


def test_equal_objects_of_two_files_are_left_to_people(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(HEAD + "  podSelector: {}\n", encoding="utf-8")
    assert found(tmp_path, "RF008")[1:] == ([], 1)


def test_a_file_that_is_given_twice_keeps_its_object(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "  podSelector: {}\n", encoding="utf-8")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    assert found(tmp_path, "RF008")[1] == []


def test_a_field_whose_right_name_is_there_already_is_left_to_people(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "  podSelector: {}\n  podSelectors: {}\n", encoding="utf-8")
    assert found(tmp_path, "RF113")[1:] == ([], 1)


def test_a_fix_that_would_lose_a_comment_is_not_written(tmp_path: Path) -> None:
    rule = (
        "  podSelector: {}\n  ingress:\n  - from:\n    - namespaceSelector: {}\n    - podSelector:  # the web\n"
        "        matchLabels: {app: web}\n"
    )
    (tmp_path / "a.yaml").write_text(HEAD + rule + PODS, encoding="utf-8")
    context, fixes, _ = found(tmp_path, "RF209")
    assert [replacements(fix, context.snapshot) for fix in fixes] == [()]


def test_an_object_of_a_list_is_taken_out_of_the_list(tmp_path: Path) -> None:
    item = "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: NAME, namespace: shop}\n"
    spec = "  spec: {podSelector: {matchLabels: {app: web}}}  # NAME\n"
    both = "".join((item + spec).replace("NAME", name) for name in ("a", "b"))
    head = "apiVersion: v1\nkind: List\nitems:\n"
    after = written(tmp_path, head + both + PODS, "RF504")
    assert after == head + (item + spec).replace("NAME", "a") + PODS


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    text = (HEAD + "  policyTypes: [Ingress]\n").replace("\n", "\r\n")
    file.write_bytes(text.encode())
    context, (fix,), _ = found(tmp_path, "RF107")
    assert applied(text, replacements(fix, context.snapshot)) == text + "  podSelector: {}\r\n"

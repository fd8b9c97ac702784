"""Whatever is wrong with a suite is told with its place, and no test runs."""

from __future__ import annotations

import pytest

from ringfence.testing import planning, reading
from ringfence.testing.problems import BadSuiteError
from tests.clusters import raw_objects
from tests.testing.suites import HEAD, suite_text, suites, world


def problems(text: str) -> list[str]:
    """The lines of the error, each with line and column but without the file."""
    with pytest.raises(BadSuiteError) as caught:
        planning.plan(reading.read(raw_objects(text)), world())
    return [line.strip().removeprefix("policies.yaml:") for line in str(caught.value).splitlines()[1:]]


def problem(test: str) -> str:
    """The one problem of a suite with one test, written in flow style without braces in line 5."""
    (line,) = problems(suite_text(f"- {{name: t, {test}}}"))
    return line


FROM_WEB = "from: shop/web, to: data/db, expect: denied"

# What is written after `{name: t, `, and what is said of it.
SLIPS = {
    # keys
    "from: shop/web, to: data/db, expct: denied, expect: denied": "Did you mean expect?",
    "form: shop/web, to: data/db, expect: denied": "tests[0].form is not a field of this API. Did you mean from?",
    f"{FROM_WEB}, surprise: 1": "Known here: name, reason, from",
    f"{FROM_WEB}, ports:": "tests[0].ports is empty.",
    "from: , to: data/db, expect: denied": "tests[0].from is empty.",
    "expect: denied": "This test has neither from nor to.",
    "from: shop/web, to: data/db": "This test expects nothing.",
    # expectations
    "from: shop/web, to: data/db, expect: alowed": "it must be allowed or denied. Did you mean allowed?",
    "from: shop/web, to: data/db, expect: true": "is the boolean true; it must be allowed or denied.",
    f"{FROM_WEB}, only: [{{from: shop/cart}}]": "A test has either expect or a list of all that is allowed",
    "to: data/db, only: []": "tests[0].only is an empty list.",
    "to: data/db, only: [shop/web]": "must be a mapping with from, to or ports",
    "to: data/db, only: [{}]": "has none of from, to and ports",
    "to: data/db, only: [{from: shop/web, prots: 80}]": "Did you mean ports?",
    "to: data/db, only: [{from: shop/web}], exists: to": "exists can't stand beside only",
    f"{FROM_WEB}, exists: too": "it must be from, to or ports. Did you mean to?",
    # ends
    "from: web, to: data/db, expect: denied": "'web', which is no end.",
    "from: intrenet, to: data/db, expect: denied": "Did you mean internet?",
    "from: shop/wb, to: data/db, expect: denied": "There is no pod shop/wb in the input. Did you mean shop/web?",
    "from: shop/Deployment/web, to: data/db, expect: denied": "There is no workload shop/Deployment/web",
    "from: shp/web, to: data/db, expect: denied": "Did you mean shop?",
    "from: service:data/db, to: data/cache, expect: denied": "a Service opens no connections",
    "from: shop/web, to: service:data/dbb, expect: denied": "There is no Service data/dbb in the input.",
    "from: 10.0.0.0/33, to: data/db, expect: denied": "a prefix longer than 32 bits",
    "from: 503.0.0.0/8, to: data/db, expect: denied": "has no valid address before the slash",
    "from: 10.0.0.7/8, to: data/db, expect: denied": "which has host bits set.",
    "from: {addresses: 10.0.0.0/8, except: 11.0.0.0/8}, to: data/db, expect: denied": "not among the others",
    "from: {addresses: 10.0.0.0/8, except: 10.0.0.0/8}, to: data/db, expect: denied": "leaves no address",
    "from: 7, to: data/db, expect: denied": "is the number 7, which names no pod and no address.",
    "from: [], to: data/db, expect: denied": "tests[0].from is an empty list.",
    "from: {}, to: data/db, expect: denied": "tests[0].from is empty. For every pod write any-pod",
    # selections
    "from: {namespace: shp}, to: data/db, expect: denied": "There is no namespace shp in the input. Did you mean shop?",
    "from: {namespace: empty}, to: data/db, expect: denied": "Namespace empty has no pod in the input.",
    "from: {namespce: shop}, to: data/db, expect: denied": "Did you mean namespace?",
    "from: {labels: {app: wbe}}, to: data/db, expect: denied": "None has app=wbe. Did you mean web?",
    "from: {labels: {appp: web}}, to: data/db, expect: denied": "None has the label appp. Did you mean app?",
    "from: {namespace: data, labels: {app: web}}, to: data/db, expect: denied": "This selects nothing: there are no",
    "from: {labels: {pci: true}}, to: data/db, expect: denied": "not the boolean true. Put it in quotes.",
    "from: {labels: {}}, to: data/db, expect: denied": "tests[0].from.labels is empty.",
    "from: {labels: {a b: c}}, to: data/db, expect: denied": "The label a b of tests[0].from.labels",
    "from: {podSelector: {}}, to: data/db, expect: denied": "is empty, and would select everything.",
    "from: {podSelector: {matchLabel: {app: web}}}, to: data/db, expect: denied": "Did you mean matchLabels?",
    "from: {podSelector: {matchExpressions: [{key: app, operator: Is}]}}, to: data/db, expect: denied": "no operator",
    "from: {namespaceLabels: {env: prd}}, to: data/db, expect: denied": "No namespace is labelled env=prd.",
    "from: {team: rde}, to: data/db, expect: denied": "No namespace belongs to team rde. Did you mean red?",
    "from: other-teams, to: kube-system/dns, expect: denied": "The destinations belong to no team",
    "from: [other-teams, internet], to: data/db, expect: denied": "other-teams must stand alone",
    "to: data/db, only: [{from: other-teams}]": "other-teams can't be excepted",
    # new pods
    "from: {newPod: {labels: {a: b}}}, to: data/db, expect: denied": "tests[0].from.newPod has no namespace.",
    "from: {newPod: {namespace: shopp}}, to: data/db, expect: denied": "Did you mean shop? For a namespace",
    "from: {newPod: {namespace: shop, namespaceLabels: {a: b}}}, to: data/db, expect: denied": "with its own labels",
    "from: {newPod: {namespace: shop, port: 80}}, to: data/db, expect: denied": "Did you mean ports?",
    "from: shop/web, to: {newPod: {namespace: shop, ports: 1-9}}, expect: denied": "a pod listens on single ports",
    # ports
    f"{FROM_WEB}, ports: 0": "a port is from 1 to 65535",
    f"{FROM_WEB}, ports: 65536/UDP": "names port 65536",
    f"{FROM_WEB}, ports: 90-80": "Did you mean 80-90?",
    f"{FROM_WEB}, ports: 53/UPD": "Did you mean UDP?",
    f"{FROM_WEB}, ports: UDP": "For all its ports write 1-65535/UDP.",
    f"{FROM_WEB}, ports: [80, true]": "is the boolean true, which is no port.",
    f"{FROM_WEB}, ports: 'no port'": "'no port', which is no port.",
    f"{FROM_WEB}, ports: slq": "None of the destinations has a port named slq. Did you mean sql?",
    f"{FROM_WEB}, ports: sql/UDP": "None of the destinations has a port named UDP sql.",
    "from: shop/web, to: service:data/db, ports: 5432, expect: allowed": "has no port TCP 5432. It has 80/TCP",
    "from: shop/web, to: service:data/db, ports: http, expect: allowed": "Service data/db has no port http.",
    "from: shop/web, to: shop/job, expect: allowed": "None of the destinations declares a port",
    "from: shop/web, to: internet, expect: allowed": "An address declares no ports",
    # tests of nothing
    "from: shop/web, to: shop/web, expect: denied": "No policy decides about this",
    "from: 10.9.0.1, to: shop/web, expect: denied": "No policy decides about this",
    "from: kube-system/agent, to: shop/web, expect: denied": "No policy decides about this",
    "from: internet, to: 192.168.0.0/16, expect: denied": "Neither end is a pod",
    f"{FROM_WEB}, except: [{{from: shop/web}}]": "The exceptions leave no connection to test.",
    f"{FROM_WEB}, except: [{{from: shop/cart}}]": "This names no connection that the test speaks of.",
}  # fmt: skip


@pytest.mark.parametrize(("test", "said"), SLIPS.items(), ids=SLIPS)
def test_a_slip_in_a_test_is_told_with_its_line(test: str, said: str) -> None:
    found = problem(test)
    assert said in found
    assert found.startswith("5:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (suite_text("- from: shop/web\n  expect: denied"), "5:3: This test has no name."),
        (suite_text("- {name: '', from: shop/web, to: data/db, expect: denied}"), "5:10: tests[0].name is empty."),
        (suite_text("- just text"), "5:3: tests[0] must be a mapping"),
        (HEAD, "This suite has no tests."),
        (HEAD + "tests: []\n", "4:8: This suite has no tests."),
        (HEAD + "test: []\n", "4:1: test is not a field of this API. Did you mean tests?"),
        (HEAD.replace("metadata: {name: suite}\n", "") + "tests: []\n", "has no metadata.name"),
        (HEAD.replace("name: suite", "nam: suite") + "tests: []\n", "Did you mean name?"),
        (HEAD.replace("dev/v1", "dev/v2") + "tests: []\n", "1:13: A PolicyTest of ringfence.dev/v2 is not known."),
        (HEAD.replace("PolicyTest", "PolicyTests") + "tests: []\n", "2:7: There is no kind PolicyTests. Did you mean"),
    ],
)
def test_a_slip_outside_the_tests_is_told_too(text: str, said: str) -> None:
    assert any(said in line for line in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("define", "said"),
    [
        ("{internet: shop/web}", "internet is a word of its own"),
        ("{a/b: shop/web}", "'a/b' can't be the name of a definition"),
        ("{webs: shop/wbe}", "There is no pod shop/wbe"),
        ("{webs: null}", "define.webs is empty"),
        ("{webs: late, late: shop/web}", "'late', which is no end"),
    ],
)
def test_a_slip_in_a_definition_is_told(define: str, said: str) -> None:
    text = suite_text("- {name: t, from: webs, to: data/db, expect: denied}", more=f"define: {define}\n")
    assert any(said in line for line in problems(text)), problems(text)


def test_two_tests_of_one_name_are_told_apart() -> None:
    text = suite_text(f"- {{name: t, {FROM_WEB}}}\n- {{name: t, {FROM_WEB}}}")
    assert problems(text) == ["6:10: There is another test named 't' in this suite, at policies.yaml:5."]


def test_two_suites_of_one_name_are_told_apart() -> None:
    text = suite_text(f"- {{name: t, {FROM_WEB}}}")
    (line,) = problems(f"{text}---\n{text}")
    assert line.endswith("There is another suite named suite at policies.yaml:1.")


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = suite_text(
        "- {name: a, from: shop/x, to: data/db, expect: no}\n- {name: b, to: data/db, ports: 0, only: []}"
    )
    assert [line.split(":")[0] for line in problems(text)] == ["5", "6", "6"]


def test_an_unknown_workload_and_an_unknown_port_are_told_together() -> None:
    text = suite_text(
        "- {name: a, from: shop/nobody, to: data/db, expect: denied}\n"
        "- {name: b, from: shop/web, to: data/db, ports: nothing, expect: denied}"
    )
    assert [line.split(":")[0] for line in problems(text)] == ["5", "6"]


def test_that_there_are_no_teams_is_told_once() -> None:
    text = suite_text("- {name: t, from: other-teams, to: data/db, expect: denied}", more="ownerLabel: squad\n")
    (line,) = problems(text)
    assert line.startswith("6:19: There are no other teams")


def test_new_namespaces_of_one_name_have_the_same_labels() -> None:
    ends = [f"{{newPod: {{namespace: new, namespaceLabels: {{team: {team}}}}}}}" for team in ("x", "y")]
    text = suite_text(f"- {{name: t, from: {ends[0]}, to: {ends[1]}, expect: denied}}")
    assert "has other labels elsewhere" in problems(text)[0]


def test_documents_of_other_kinds_are_passed_over() -> None:
    text = "apiVersion: ringfence.dev/v1\nkind: ReachReport\nmetadata: {name: x}\n"
    assert reading.read(raw_objects(text)) == ()


def test_what_is_right_is_read_without_a_problem() -> None:
    (suite,) = suites(f"- {{name: t, {FROM_WEB}}}")
    assert (suite.name, [case.name for case in suite.cases]) == ("suite", ["t"])

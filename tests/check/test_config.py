"""``ringfence.yaml``: what is understood, and where it says what isn't. The published schema agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ringfence.check.config import Approval, Command, FailOn, Helm, Kustomize
from ringfence.check.config_file import find_config, read_config
from ringfence.diff import RiskKind
from ringfence.model.errors import InputError
from ringfence.model.finding import Severity

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "Config.json"

FULL = """\
apiVersion: ringfence.dev/v1
kind: Config
policies: [policies, more/*.yaml]
render:
- kustomize: overlays/prod
- helm: {chart: charts/web, values: [prod.yaml], release: web, namespace: shop}
- helm: charts/db
- command: [./render, --all]
  timeout: 5
cluster: cluster.tar.gz
clusterPolicies: keep
tests: tests
base: origin/main
baseline: ringfence-baseline.json
cni: cilium
resolve: names.jsonl
staged: true
owners: {label: squad}
lint:
  select: [RF3, RF4]
  ignore: half-open
  severity: note
  requireAnnotations: example.org/owner
failOn:
  lint: error
  tests: never
  diff: [added, removed]
approved:
- risk: from-internet
  subject: shop/Deployment/web
  reason: The front door.
  owner: storefront
  until: "2030-01-31"
"""

HEAD = "apiVersion: ringfence.dev/v1\nkind: Config\n"


def config_at(tmp_path: Path, text: str) -> str:
    (tmp_path / "ringfence.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "ringfence.yaml")


def follows_schema(text: str) -> bool:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    document: Any = yaml.safe_load(text)
    return Draft202012Validator(schema).is_valid(document)


def test_every_key_is_read(tmp_path: Path) -> None:
    config = read_config(config_at(tmp_path, FULL))
    assert [entry.path for entry in config.policies] == ["policies", "more/*.yaml"]
    assert [each.source for each in config.render] == [
        Kustomize("overlays/prod"),
        Helm("charts/web", ("prod.yaml",), "web", "shop"),
        Helm("charts/db"),
        Command(("./render", "--all")),
    ]
    assert [each.timeout for each in config.render] == [60, 60, 60, 5]
    assert (config.base, config.cni, config.owner_label) == ("origin/main", "cilium", "squad")
    assert config.keep_cluster_policies
    assert (config.resolve and config.resolve.path, config.staged) == ("names.jsonl", True)
    assert (config.lint.select, config.lint.ignore) == (("RF3", "RF4"), ("half-open",))
    assert (config.lint.severity, config.lint.annotations) == (Severity.NOTE, ("example.org/owner",))
    assert config.fail_on == FailOn(Severity.ERROR, False, ("added", "removed"))
    (approval,) = config.approved
    assert approval.until is not None
    expected = Approval(RiskKind.FROM_INTERNET, "shop/Deployment/web", "The front door.", "storefront", approval.until)
    assert approval == expected
    assert approval.until.isoformat() == "2030-01-31"


def test_the_schema_takes_what_is_read() -> None:
    assert follows_schema(FULL)
    assert follows_schema(HEAD)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = read_config(config_at(tmp_path, HEAD + "policies: p\n"))
    assert config.fail_on == FailOn(Severity.WARNING, True, ("risk",))
    assert (config.base, config.cluster, config.tests, config.baseline) == ("", (), (), None)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("polices: [p]\n", "3:1", "There is no key 'polices'. Did you mean policies?"),
        ("lint: {selct: RF2}\n", "3:8", "There is no key 'selct' in lint. Did you mean select?"),
        ("xyzzy: 1\n", "3:1", "There is no key 'xyzzy'. Known keys: apiVersion, kind, policies"),
        ("policies: 7\n", "3:11", "policies must be a text, and is a number: put it in quotes."),
        ("policies: [p, '']\n", "3:15", "policies[1] is empty."),
        ("policies: [../p]\n", "3:12", "../p leads out of the directory of ringfence.yaml."),
        ("policies: /etc\n", "3:11", "/etc leads out of the directory"),
        ("base: --upload-pack=x\n", "3:7", "'--upload-pack=x' is no git revision."),
        ("base: 1.10\n", "3:7", "base must be a text, and is a number: put it in quotes."),
        ("failOn: {lint: eror}\n", "3:16", "is one of error, warning, note, never, not 'eror'. Did you mean error?"),
        ("failOn: {lint: off}\n", "3:16", "failOn.lint must be a text, and is true or false: put it in quotes."),
        ("failOn: {diff: [risk, never]}\n", "3:16", "never stands alone."),
        ("failOn: {diff: [risks]}\n", "3:17", "failOn.diff[0] is one of added, removed, risk, any"),
        ("lint: {select: [RF2, RF9]}\n", "3:22", "No rule's code starts with 'RF9'."),
        ("lint: warning\n", "3:7", "lint must be a mapping, and is a text."),
        ("approved: [{risk: from-internet, subject: x}]\n", "3:12", "approved[0].reason is missing."),
        ("approved: [{risk: internet, subject: x, reason: y}]\n", "3:19", "approved[0].risk is one of to-internet"),
        ("approved: [{risk: cuts-dns, subject: x, reason: y, until: soon}]\n", "3:59", "'soon' is no date"),
        ("render: {kustomize: x}\n", "3:9", "render must be a list, and is a mapping."),
        ("render: [{kustomize: x, command: [y]}]\n", "3:10", "has one of kustomize, helm and command"),
        ("render: [{kustomise: x}]\n", "3:11", "There is no key 'kustomise' in render[0]. Did you mean kustomize?"),
        ("render: [{kustomize: --enable-exec}]\n", "3:22", "'--enable-exec' would be read as an option"),
        ("render: [{helm: {chart: c, release: --post-renderer=x}}]\n", "3:37", "would be read as an option"),
        ("render: [{command: [x], timeout: 0}]\n", "3:34", "render[0].timeout must be a number from 1 to 3600."),
        ("policies: p\npolicies: q\n", "4:1", "The key `policies` is given twice."),
        ("policies: [p\n", "4:1", "did not find expected"),
        ("staged: 1\n", "3:9", "staged must be true or false, and is a number."),
        ("cni: weave\n", "3:6", "cni is one of auto, generic, cilium, calico, not 'weave'."),
        ("owners: {}\n", "3:9", "owners.label is missing."),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_place(tmp_path: Path, text: str, place: str, message: str) -> None:
    path = config_at(tmp_path, HEAD + text)
    with pytest.raises(InputError) as error:
        read_config(path)
    assert str(error.value).startswith(f"{path}:{place}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "polices: [p]\n",
        "lint: {selct: RF2}\n",
        "policies: 7\n",
        "policies: [../p]\n",
        "policies: /etc\n",
        "failOn: {lint: eror}\n",
        "failOn: {diff: [risk, never]}\n",
        "approved: [{risk: from-internet, subject: x}]\n",
        "render: [{kustomize: x, command: [y]}]\n",
        "render: [{command: [x], timeout: 0}]\n",
        "owners: {}\n",
    ],
)
def test_the_schema_refuses_it_as_well(text: str) -> None:
    assert not follows_schema(HEAD + text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold one document; it has 0."),
        ("- a\n", "the file must be a mapping, and is a list."),
        (HEAD + "---\n" + HEAD, "must hold one document; it has 2."),
        ("kind: Config\n", "apiVersion is missing."),
        ("apiVersion: ringfence.dev/v2\nkind: Config\n", "is one of ringfence.dev/v1, not 'ringfence.dev/v2'."),
        ("apiVersion: ringfence.dev/v1\nkind: PolicyTest\n", "kind is one of Config, not 'PolicyTest'."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_config(config_at(tmp_path, text))
    assert message in str(error.value)


def test_the_file_is_found_above(tmp_path: Path) -> None:
    config_at(tmp_path, HEAD)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_config(below) == str(tmp_path / "ringfence.yaml")
    assert find_config(tmp_path) == "ringfence.yaml"


def test_no_file_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no ringfence.yaml here or above\. Write one"):
        find_config(tmp_path)

"""What the page about deploying shows works."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deploy.chart import DEPLOY, ROOT, Object, objects

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
assert len(EXAMPLES) == 3


@pytest.mark.parametrize("values", EXAMPLES, ids=", ".join)
def test_the_values_are_accepted_and_change_something(values: Object) -> None:
    assert objects(values) != objects()


def test_the_writable_paths_that_it_names_are_those_of_the_pod() -> None:
    named = set(re.findall(r"^\| `(/\w+)` \|", PAGE, re.MULTILINE))
    (deployment,) = (each for each in objects({"persistence": {"enabled": True}}) if each["kind"] == "Deployment")
    mounts = deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert named == {each["mountPath"] for each in mounts if not each.get("readOnly")}


def test_the_files_that_it_names_are_there() -> None:
    named = {path.rstrip("/.") for path in re.findall(r"\bdeploy/[\w./-]+", PAGE)}
    assert len(named) > 5
    assert [path for path in named if not (DEPLOY.parent / path).exists()] == []

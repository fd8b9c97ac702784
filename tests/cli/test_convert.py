"""``ringfence convert`` through the command line: what goes where, what is proved, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.running import run, write
from tests.cli.test_schemas import check

DIALECTS = ("networkpolicy", "cilium", "calico", "cnp", "istio")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_convert_report_follows_its_schema(tmp_path: Path, dialect: str) -> None:
    result = run("convert", "--to", dialect, write(tmp_path), "-o", "json")
    report = check(result.stdout)
    assert report["equal"] is (result.exit_code == 0)
    assert report["objects"]


@pytest.mark.parametrize("dialect", ["networkpolicy", "cilium", "calico"])
def test_an_allow_by_label_is_proved_equal_in_each_dialect(tmp_path: Path, dialect: str) -> None:
    result = run("convert", "--to", dialect, write(tmp_path))
    assert result.exit_code == 0
    assert "Equal before and after" in result.stderr
    assert [body["metadata"]["annotations"]["ringfence.dev/from"] for body in yaml.safe_load_all(result.stdout)]


def test_the_text_leaves_the_manifests_out(tmp_path: Path) -> None:
    result = run("convert", "--to", "calico", write(tmp_path), "-o", "text")
    assert "apiVersion" not in result.stdout
    assert "Equal before and after" in result.stdout


def test_what_is_lost_ends_with_one_and_names_the_line(tmp_path: Path) -> None:
    result = run("convert", "--to", "cnp", write(tmp_path))
    assert result.exit_code == 1
    assert "What comes from outside the cluster, or from nodes, is left out." in result.stderr
    assert ".yaml:" in result.stderr


def test_objects_are_written_into_a_folder_and_never_over_other_contents(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop, folder = write(tmp_path), tmp_path_factory.mktemp("out") / "new" / "calico"
    assert run("convert", "--to", "calico", shop, "--into", str(folder)).exit_code == 0
    (file,) = folder.iterdir()
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["apiVersion"] == "projectcalico.org/v3"
    assert run("convert", "--to", "calico", shop, "--into", str(folder)).exit_code == 0
    file.write_text("mine", encoding="utf-8")
    refused = run("convert", "--to", "calico", shop, "--into", str(folder))
    assert refused.exit_code == 2
    assert "with other contents" in refused.stderr
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from-kind", "CiliumNetworkPolicy"), "There are: NetworkPolicy."),
        (("-n", "elsewhere"), "No policy of namespace elsewhere"),
    ],
)
def test_a_choice_that_no_policy_fits_is_refused(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("convert", "--to", "cilium", write(tmp_path), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr

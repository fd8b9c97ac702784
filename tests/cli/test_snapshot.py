"""``ringfence snapshot`` as a user meets it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.running import BROKEN, POLICY, run, write
from tests.cli.test_schemas import check, schema


def test_the_summary_says_what_is_kept_and_what_is_not(shop: str, tmp_path: Path) -> None:
    write(tmp_path, secret="apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n")
    out = str(tmp_path / "a.tar.gz")
    result = run("snapshot", shop, "--out", out)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "1 Deployment, 2 Namespace, 1 NetworkPolicy, 4 Pod, 1 Service." in result.stderr
    assert "Left out: 1 Secret." in result.stderr
    assert "As written, with comments: 1 policy." in result.stderr


def test_a_report_and_the_archive_itself_follow_their_schemas(shop: str, tmp_path: Path) -> None:
    write(tmp_path, broken=BROKEN)
    report = check(run("snapshot", shop, "--out", str(tmp_path / "a.tar.gz"), "-o", "json").stdout)
    schema("Snapshot").validate(report["snapshot"])
    assert report["findings"]
    assert report["bytes"] == (tmp_path / "a.tar.gz").stat().st_size


def test_a_device_or_a_pipe_is_not_replaced(shop: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = run("snapshot", shop, "--out", str(pipe), "--force")
    assert result.exit_code == 2
    assert f"{pipe} is a device or a pipe. Give the name of a file, or - for standard output." in result.stderr
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_nothing_that_exists_is_overwritten_unless_forced(shop: str, tmp_path: Path) -> None:
    out = tmp_path / "a.tar.gz"
    out.write_text("precious")
    result = run("snapshot", shop, "--out", str(out))
    assert result.exit_code == 2
    assert f"{out} exists. Give another name, or --force to replace it." in result.stderr
    assert out.read_text() == "precious"
    assert run("snapshot", shop, "--out", str(out), "--force").exit_code == 0
    assert out.read_bytes().startswith(b"\x1f\x8b")


def test_a_link_that_leads_nowhere_is_not_followed(shop: str, tmp_path: Path) -> None:
    out = tmp_path / "a.tar.gz"
    out.symlink_to(tmp_path / "elsewhere")
    assert run("snapshot", shop, "--out", str(out)).exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("out", "says"), [("", "is a directory"), ("none/a.tar.gz", "is not a directory"), ("policy.yaml", "exists")]
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(
    shop: str, tmp_path: Path, out: str, says: str
) -> None:
    result = run("snapshot", "missing.yaml", "--out", str(tmp_path / out), *(["--force"] if not out else []))
    assert result.exit_code == 2
    assert says in result.stderr
    assert "missing.yaml" not in result.stderr


def test_input_that_cannot_be_read_leaves_no_file(tmp_path: Path) -> None:
    result = run("snapshot", str(tmp_path / "none.yaml"), "--out", str(tmp_path / "a.tar.gz"))
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_strict_writes_nothing_where_the_input_has_errors(tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    write(tmp_path / "k8s", broken="a: [\n")
    result = run("snapshot", str(tmp_path / "k8s"), "--out", str(tmp_path / "a.tar.gz"), "--strict")
    assert result.exit_code == 1
    assert "is not written" in result.stderr
    assert not (tmp_path / "a.tar.gz").exists()


def test_the_archive_has_the_mode_of_any_new_file(shop: str, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert run("snapshot", shop, "--out", str(tmp_path / "a.tar.gz")).exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.tar.gz").stat().st_mode) == 0o640


def test_standard_input_is_read(tmp_path: Path) -> None:
    out = str(tmp_path / "a.tar.gz")
    assert run("snapshot", "-", "--out", out, "-q", stdin=POLICY).exit_code == 0
    assert "data" in run("lint", out).stdout


def test_quiet_says_nothing_where_nothing_is_wrong(shop: str, tmp_path: Path) -> None:
    result = run("snapshot", shop, "--out", str(tmp_path / "a.tar.gz"), "-q")
    assert (result.stdout, result.stderr) == ("", "")


def test_the_archive_goes_to_standard_output_for_a_pipe(shop: str, tmp_path: Path) -> None:
    result = run("snapshot", shop, "--out", "-")
    assert run("snapshot", shop, "--out", str(tmp_path / "a.tar.gz")).exit_code == 0
    assert result.stdout_bytes == (tmp_path / "a.tar.gz").read_bytes()
    assert "1 NetworkPolicy" in result.stderr


def test_the_archive_and_the_report_cannot_share_standard_output(shop: str) -> None:
    result = run("snapshot", shop, "--out", "-", "-o", "json")
    assert result.exit_code == 2
    assert "give the archive a file" in result.stderr

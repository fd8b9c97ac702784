from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.model.errors import InputError
from ringfence.model.objects import Snapshot
from ringfence.sources import Limits, load_snapshot
from tests.sources.loading import codes, of_code, pod, pods


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(*paths: Path) -> Snapshot:
    return load_snapshot([str(path) for path in paths])


def test_a_directory_is_read_at_any_depth_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("a.yaml", "b/c.yml", "b/d/e.json", "b/d/f.jsonl", "UPPER.YAML"):
        text = pod(Path(name).stem.lower())
        if name.endswith(("json", "jsonl")):
            text = f'{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{Path(name).stem}"}},"spec":{{}}}}'
        write(tmp_path / name, text)
    for name in (".git/x.yaml", ".hidden.yaml", "notes.txt", "b/README", "x.yaml.bak"):
        write(tmp_path / name, pod("never"))
    snapshot = load(tmp_path)
    assert set(pods(snapshot)) == {f"default/{name}" for name in ("a", "c", "e", "f", "upper")}
    assert codes(snapshot) == []


def test_files_are_read_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yaml", "a.yaml", "c/a.yaml"):
        write(tmp_path / name, pod(name.replace("/", "-").replace(".yaml", "")))
    assert [one.name for one in load(tmp_path).pods] == ["a-z", "a", "b", "c-a"]


def test_a_file_that_is_named_is_read_whatever_its_ending(tmp_path: Path) -> None:
    assert len(load(write(tmp_path / "manifest.txt", pod("x"))).pods) == 1


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", pod("x"))
    assert codes(load(tmp_path, file, file)) == []


def test_json_is_told_by_its_content(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", ' \n {"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{}}')
    assert str(load(file).pods[0].origin.position) == f"{file}:2:2"


@pytest.mark.parametrize("name", ["missing.yaml", "a\0b", "x" * 5000])
def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_snapshot([f"{tmp_path}/{name}"])


def test_an_error_of_one_named_path_is_not_hidden_by_another(tmp_path: Path) -> None:
    good = write(tmp_path / "a.yaml", pod("x"))
    with pytest.raises(InputError, match="no such file"):
        load(good, tmp_path / "b.yaml")


def test_an_empty_directory_has_no_object(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No Kubernetes object"):
        load(tmp_path)


def test_a_named_file_that_is_empty_beside_others_is_a_finding(tmp_path: Path) -> None:
    snapshot = load(write(tmp_path / "a.yaml", pod("x")), write(tmp_path / "b.yaml", "# later\n"))
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF016")] == [str(tmp_path / "b.yaml")]


def test_a_broken_file_that_is_named_is_an_error_and_in_a_directory_a_finding(tmp_path: Path) -> None:
    broken = write(tmp_path / "broken.yaml", "a: [\n")
    write(tmp_path / "good.yaml", pod("x"))
    with pytest.raises(InputError, match=r"broken\.yaml:2:1: This document can't be read"):
        load(broken)
    snapshot = load(tmp_path)
    assert len(snapshot.pods) == 1
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF002")] == [str(broken)]


def test_a_200_mb_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "good.yaml", pod("x"))
    for name in ("big.yaml", "big.json"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"apiVersion: v1\n" if name.endswith("yaml") else b"{\n")
            file.truncate(200 << 20)
    snapshot = load(tmp_path)
    assert len(snapshot.pods) == 1
    assert {finding.origin.position.file: finding.code.code for finding in snapshot.findings if finding.severity} == {
        str(tmp_path / "big.json"): "RF002",  # its first 64 KiB are no text
        str(tmp_path / "big.yaml"): "RF002",
    }


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", pod("x"))
    big = write(tmp_path / "big.yaml", pod("y") * 10_000)
    snapshot = load_snapshot([str(tmp_path)], limits=Limits(yaml_bytes=100_000))
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF003")] == [str(big)]
    with pytest.raises(InputError, match="larger than 100000 bytes"):
        load_snapshot([str(big)], limits=Limits(yaml_bytes=100_000))


def test_a_link_to_a_directory_above_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.yaml", pod("x"))
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    snapshot = load(tmp_path)
    assert len(snapshot.pods) == 1
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF015")] == [str(tmp_path / "a" / "up")]


def test_a_link_to_itself_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    for name in ("self", "self.yaml"):
        (tmp_path / name).symlink_to(tmp_path / name)
    assert len(of_code(load(tmp_path), "RF015")) == 2


def test_links_to_files_and_directories_elsewhere_are_read(tmp_path: Path) -> None:
    write(tmp_path / "else" / "x.yaml", pod("x"))
    write(tmp_path / "else2" / "y.yaml", pod("y"))
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "linked").symlink_to(tmp_path / "else")
    (tmp_path / "top" / "y.yaml").symlink_to(tmp_path / "else2" / "y.yaml")
    snapshot = load(tmp_path / "top")
    assert set(pods(snapshot)) == {"default/x", "default/y"}
    assert codes(snapshot) == []


def test_a_link_to_a_file_that_is_read_anyway_gives_no_second_object(tmp_path: Path) -> None:
    write(tmp_path / "z.yaml", pod("x"))
    (tmp_path / "a.yaml").symlink_to(tmp_path / "z.yaml")
    snapshot = load(tmp_path)
    assert str(snapshot.pods[0].origin.position.file) == str(tmp_path / "z.yaml")
    assert codes(snapshot) == []


def test_a_link_to_nothing_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert len(of_code(load(tmp_path), "RF001")) == 1


def test_pipes_sockets_and_directories_with_the_name_of_a_manifest_are_not_read(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "directory.yaml").mkdir()
    here = Path.cwd()
    listener = socket.socket(socket.AF_UNIX)
    try:
        os.chdir(tmp_path)  # a socket's path must be short
        listener.bind("socket.json")
    finally:
        os.chdir(here)
        listener.close()
    snapshot = load(tmp_path)
    assert len(snapshot.pods) == 1
    assert {Path(finding.origin.position.file).name for finding in of_code(snapshot, "RF001")} == {
        "pipe.yaml",
        "socket.json",
    }


def test_a_pipe_that_nobody_writes_to_is_empty_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="No Kubernetes object"):
        load(tmp_path / "pipe")


def test_a_pipe_with_a_writer_is_read_as_process_substitution_needs() -> None:
    reader, writer = os.pipe()
    os.write(writer, pod("x").encode())
    os.close(writer)
    try:
        assert len(load_snapshot([f"/dev/fd/{reader}"]).pods) == 1
    finally:
        os.close(reader)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_a_finding_in_a_directory_and_an_error_when_named(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    closed = write(tmp_path / "closed.yaml", pod("y"))
    closed.chmod(0)
    assert [finding.origin.position.file for finding in of_code(load(tmp_path), "RF001")] == [str(closed)]
    with pytest.raises(InputError, match="permission denied"):
        load(closed)


def test_a_file_that_can_not_be_opened_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    closed = write(tmp_path / "closed.yaml", pod("y"))
    real = os.open

    def refuse(path: str, flags: int) -> int:
        if path == str(closed):
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    (finding,) = of_code(load(tmp_path), "RF001")
    assert finding.what == f"{closed} can't be read: permission denied."
    with pytest.raises(InputError, match="permission denied"):
        load(closed)


def test_a_directory_that_can_not_be_listed_is_a_finding_within_another_and_an_error_when_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "x.yaml", pod("x"))
    closed = write(tmp_path / "closed" / "y.yaml", pod("y")).parent
    real_scan, real_open = os.scandir, os.open

    def refuse_scan(path: str) -> Iterator[os.DirEntry[str]]:
        if path == str(closed):
            raise PermissionError(13, "Permission denied", path)
        return real_scan(path)

    def refuse_open(path: str, flags: int) -> int:
        if path == str(closed):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, flags)

    monkeypatch.setattr(os, "scandir", refuse_scan)
    monkeypatch.setattr(os, "open", refuse_open)
    assert [finding.origin.position.file for finding in of_code(load(tmp_path), "RF001")] == [str(closed)]
    with pytest.raises(InputError, match="permission denied"):
        load(closed)


def test_a_compressed_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml.gz").write_bytes(gzip.compress(pod("x").encode()))
    assert set(pods(load(tmp_path / "x.yaml.gz"))) == {"default/x"}


def test_a_compressed_manifest_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"# " + b"x" * 50_000_000))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        load_snapshot([str(tmp_path / "x.gz")], limits=Limits(yaml_bytes=1 << 20))


def test_a_compressed_manifest_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(os.urandom(200_000))[:-5000])
    with pytest.raises(InputError):
        load(tmp_path / "x.gz")


def test_names_that_are_no_text_can_be_shown(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\x1b[2J.yaml"
    Path(os.fsdecode(name)).write_text(pod("x"), encoding="utf-8")
    shown = load(tmp_path).pods[0].origin.position.file
    assert shown.endswith("/\\xff\\x1b[2J.yaml")

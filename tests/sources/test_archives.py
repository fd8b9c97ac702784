from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from ringfence.model.errors import InputError
from ringfence.sources import Limits, load_snapshot
from tests.sources.loading import codes, load_text, of_code, pod, pods


def archive(*members: tuple[str, str | bytes], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]  # one of the modes
        for name, text in members:
            data = text.encode() if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def linked(kind: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        data = pod("x").encode()
        info = tarfile.TarInfo("x.yaml")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.yaml")
        link.type, link.linkname = kind, "/etc/passwd"
        tar.addfile(link)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_the_manifests_of_an_archive_are_read(tmp_path: Path, mode: str) -> None:
    data = archive(
        ("a.yaml", pod("a")), ("dir/b.yml", pod("b")), ("notes.txt", "x"), (".git/c.yaml", pod("c")),
        ("./d.yaml", pod("d")), mode=mode,
    )  # fmt: skip
    (tmp_path / "m.tar.gz").write_bytes(data)
    snapshot = load_snapshot([str(tmp_path / "m.tar.gz")])
    assert set(pods(snapshot)) == {"default/a", "default/b", "default/d"}
    assert pods(snapshot)["default/b"].origin.position.file == f"{tmp_path}/m.tar.gz/dir/b.yml"
    assert codes(snapshot) == []


def test_an_archive_on_standard_input_is_read() -> None:
    assert len(load_text(archive(("a.yaml", pod("a")))).pods) == 1


def test_an_archive_in_a_directory_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "m.tar.gz").write_bytes(archive(("a.yaml", pod("a"))))
    with pytest.raises(InputError, match="No Kubernetes object"):
        load_snapshot([str(tmp_path)])


def test_names_that_lead_outside_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "deep" / "work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    outside = tmp_path / "evil.yaml"
    snapshot = load_text(archive(("../../evil.yaml", pod("a")), (str(outside), pod("b"))))
    assert set(pods(snapshot)) == {"default/a", "default/b"}
    assert not outside.exists()
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_not_followed(kind: bytes) -> None:
    snapshot = load_text(linked(kind))
    assert len(snapshot.pods) == 1
    assert len(of_code(snapshot, "RF001")) == 1


def test_an_archive_that_unpacks_to_too_much_keeps_what_was_read_before() -> None:
    data = archive(("a.yaml", pod("a")), ("big.txt", b"\0" * 20_000_000), ("z.yaml", pod("z")))
    snapshot = load_text(data, Limits(archive_bytes=1 << 20))
    assert set(pods(snapshot)) == {"default/a"}
    assert "1 MiB" in of_code(snapshot, "RF003")[0].what


def test_an_archive_that_is_only_a_bomb_is_an_error() -> None:
    with pytest.raises(InputError, match="unpacks to more than 1 MiB"):
        load_text(archive(("big.txt", b"\0" * 20_000_000)), Limits(archive_bytes=1 << 20))


def test_a_member_over_the_limit_is_a_finding() -> None:
    data = archive(("a.yaml", pod("a")), ("big.yaml", "# " + "x" * 5_000_000), ("z.yaml", pod("z")))
    snapshot = load_text(data, Limits(yaml_bytes=1 << 20))
    assert set(pods(snapshot)) == {"default/a", "default/z"}
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF003")] == ["<stdin>/big.yaml"]


def test_too_many_members_are_not_read() -> None:
    data = archive(*((f"{n}.yaml", pod(f"p{n}")) for n in range(20)))
    snapshot = load_text(data, Limits(archive_members=5))
    assert len(snapshot.pods) == 5
    assert of_code(snapshot, "RF003")


def test_a_damaged_archive_keeps_what_was_read_before() -> None:
    whole = archive(("a.yaml", pod("a")), *((f"{n}.bin", os.urandom(100_000)) for n in range(5)))
    snapshot = load_text(whole[: len(whole) // 2])
    assert set(pods(snapshot)) == {"default/a"}
    assert len(of_code(snapshot, "RF001")) == 1


def test_a_broken_manifest_in_an_archive_costs_no_other() -> None:
    snapshot = load_text(archive(("a.yaml", "a: ["), ("b.yaml", pod("b")), ("c.yaml", b"\0\0")))
    assert len(snapshot.pods) == 1
    assert [finding.origin.position.file for finding in of_code(snapshot, "RF002")] == [
        "<stdin>/a.yaml",
        "<stdin>/c.yaml",
    ]

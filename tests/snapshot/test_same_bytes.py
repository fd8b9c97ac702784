"""The same input makes the same bytes, wherever it lies."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from ringfence.model.errors import InputError
from ringfence.snapshot import make
from tests.cli.running import MANIFESTS, POLICY
from tests.snapshot.archives import archive_of, files, write


def test_two_archives_of_one_input_are_equal() -> None:
    assert archive_of(MANIFESTS + "---\n" + POLICY).data == archive_of(MANIFESTS + "---\n" + POLICY).data


def test_an_archive_does_not_tell_where_its_input_lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one" / "k8s", tmp_path / "other" / "k8s"
    for place in (one, other):
        place.mkdir(parents=True)
        write(place, cluster=MANIFESTS, **{"sub/policy": POLICY})
    monkeypatch.chdir(tmp_path / "one")
    ways = [make([path], version="1").data for path in (str(one), f"{one}/", "k8s", "./k8s", str(other))]
    assert len(set(ways)) == 1


def test_there_is_no_time_owner_or_name_in_the_archive() -> None:
    data = archive_of(MANIFESTS).data
    assert data[3] == 0  # no name in gzip's header (RFC 1952)
    assert data[4:8] == b"\0\0\0\0"  # nor a time
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
            assert member.mode == 0o644


def test_policies_are_named_by_their_place_below_the_given_path(tmp_path: Path) -> None:
    top = write(tmp_path, **{"k8s/a/policy": POLICY, "k8s/b/policy": POLICY.replace("name: db", "name: b")})
    archive = make([f"{top}/k8s", f"{top}/k8s/a/policy.yaml"], version="1")
    assert [name for name in files(archive) if "/" in name] == [
        "policies/k8s/a/policy.yaml",
        "policies/k8s/b/policy.yaml",
    ]


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    one = write(tmp_path / "one", **{"k8s/policy": POLICY})
    other = write(tmp_path / "other", **{"k8s/policy": POLICY.replace("name: db", "name: b")})
    archive = make([f"{one}/k8s", f"{other}/k8s"], version="1")
    assert [name for name in files(archive) if "/" in name] == [
        "policies/k8s/policy.yaml",
        "policies/k8s/policy-2.yaml",
    ]


@pytest.mark.parametrize(
    "name", ["../../etc/x.yaml", "/etc/x.yaml", "./.hidden/x.yaml", "policies/../x.yaml", "a" * 300 + "/x.yaml"]
)
def test_a_hostile_name_in_an_archive_stays_below_policies_and_is_read_again(name: str) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for path, text in ((name, POLICY), ("cluster.yaml", MANIFESTS)):
            info = tarfile.TarInfo(path)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    names = list(files(archive_of(raw.getvalue())))
    assert all(part not in ("", ".", "..") for each in names for part in each.split("/"))
    if ".hidden" not in name:  # hidden files of an archive aren't read
        assert names[2].startswith("policies/")


def test_an_archive_of_an_archive_holds_the_same_files() -> None:
    """But for what was left out: the second reading saw none of it."""
    text = f"{MANIFESTS}---\n{POLICY}"
    first = archive_of(text)
    second = archive_of(first.data)
    assert files(first) == files(second)


def test_input_that_has_nothing_to_do_with_policy_makes_no_archive() -> None:
    with pytest.raises(InputError, match="Nothing in the input plays a part"):
        archive_of("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")


def test_the_bytes_are_what_they_were(tmp_path: Path) -> None:
    """Not only equal within one process: a change of format must be meant, and raises ``format``."""
    text = gzip.decompress(archive_of("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n").data)
    assert len(text) == 10240  # one record of tar, by its default blocking factor of 20
    with tarfile.open(fileobj=io.BytesIO(text)) as tar:
        assert tar.getnames() == ["snapshot.json", "objects.json"]
    assert json.loads(files(archive_of("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))["snapshot.json"]) == {
        "apiVersion": "ringfence.dev/v1",
        "kind": "Snapshot",
        "format": 1,
        "ringfence": "1.2.3",
        "annotations": "left out",
        "contents": {"Namespace": 1},
        "leftOut": {"objects": {}, "annotations": 0},
        "references": [],
    }

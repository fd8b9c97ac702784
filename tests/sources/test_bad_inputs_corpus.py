"""The invalid inputs of the external corpus whose fault is of the reading; the rest is of the dialects."""

from __future__ import annotations

import pytest

from ringfence.model.errors import InputError
from ringfence.sources import load_snapshot
from tests.sources.loading import CORPORA, of_code

FOLDER = CORPORA / "bad-inputs" / "dirs"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/corpora is absent")


def test_no_directory_stops_the_run() -> None:
    for directory in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        snapshot = load_snapshot([str(directory)])
        assert snapshot.pods or snapshot.policies or snapshot.namespaces, directory.name


@pytest.mark.parametrize(
    ("directory", "kind"),
    [("anp_bad_path_test_3", "AdminNetworkPolicy"), ("bad_path_namespace_with_same_name", "Namespace")],
)
def test_two_objects_of_one_name(directory: str, kind: str) -> None:
    found = of_code(load_snapshot([str(FOLDER / directory)]), "RF008")
    assert {finding.subject.kind for finding in found if finding.subject is not None} == {kind}


def test_a_directory_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        load_snapshot([str(FOLDER / "ttt")])


def test_a_json_file_that_is_no_manifest() -> None:
    snapshot = load_snapshot([str(FOLDER / "onlineboutique")])
    (finding,) = of_code(snapshot, "RF005")
    assert finding.origin.position.file.endswith("connlist_output.json")
    assert snapshot.pods

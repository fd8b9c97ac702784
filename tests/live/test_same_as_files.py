"""A running cluster and what kubectl writes of it give the same answers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import run
from tests.corpora.places import ROOT, needs_corpora
from tests.live.apiserver import KINDS, Store, kubeconfig, serving


@needs_corpora
def test_what_a_real_server_wrote_answers_alike_over_http(tmp_path: Path) -> None:
    file = ROOT / "apiserver" / "cluster.json"
    store = Store()
    for each in json.loads(file.read_text())["items"]:
        assert (each["apiVersion"].rpartition("/")[0], each["kind"]) in KINDS
        store.add(each)
    with serving(store) as server:
        config = kubeconfig(tmp_path / "config", server)
        live = run("reach", "--kubeconfig", str(config), "--by", "pod", "-o", "csv")
    given = run("reach", str(file), "--by", "pod", "-o", "csv")
    assert live.exit_code == 0
    assert len(live.stdout.splitlines()) > 12  # as many workloads as the corpus has
    assert live.stdout == given.stdout

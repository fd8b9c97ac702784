"""An archive keeps what a mesh's policies depend on, and nothing else of istiod's configuration."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.cli.running import run
from tests.dialects.istio.manifests import CLUSTER, mesh_config, peer_authentication, policy

MESH = CLUSTER + "".join(
    (
        mesh_config(
            "{trustDomain: new, rootNamespace: mesh, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, key: hidden}"
        ),
        policy("{action: DENY, rules: [{}]}", name="dry", annotations='{istio.io/dry-run: "true"}'),
        policy("{rules: [{from: [{source: {principals: [new/ns/shop/sa/web]}}]}]}", namespace="mesh"),
        peer_authentication("{mtls: {mode: STRICT}}", name="z", made="2026-01-01T00:00:00Z"),
        peer_authentication("{mtls: {mode: DISABLE}}", name="a", made="2026-02-01T00:00:00Z"),
    )
)


def test_answers_of_an_archive_are_those_of_the_cluster(tmp_path: Path) -> None:
    original, archive = tmp_path / "cluster.yaml", tmp_path / "a.tar.gz"
    original.write_text(MESH)
    assert run("snapshot", str(original), "--out", str(archive), "-q").exit_code == 0
    before, after = (run("reach", "-q", str(path)).stdout for path in (original, archive))
    assert before == after
    with tarfile.open(archive) as members:
        texts = [members.extractfile(member) for member in members.getmembers() if member.isfile()]
        assert not any(b"hidden" in text.read() for text in texts if text is not None)

"""The messages of Hubble's API are those of the files they are made from."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

from ringfence.flowlogs import hubble_api

HERE = Path(str(resources.files(hubble_api)))


def test_the_descriptors_are_made_from_the_protos_beside_them(tmp_path: Path) -> None:
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    out = tmp_path / "made.binpb"
    status = protoc.main(
        ["protoc", f"-I{HERE}", f"-I{well_known}", "--include_imports", f"--descriptor_set_out={out}", "observer.proto"]
    )
    assert status == 0
    assert out.read_bytes() == (HERE / "descriptors.binpb").read_bytes()


def test_each_proto_says_where_it_comes_from_and_its_licence() -> None:
    for name in ("flow", "observer", "relay"):
        head = (HERE / f"{name}.proto").read_text().splitlines()[:6]
        assert head[:2] == ["// SPDX-License-Identifier: Apache-2.0", "// Copyright Authors of Hubble"]
        assert head[4] == f"// https://github.com/cilium/cilium/blob/main/api/v1/{name}/{name}.proto"

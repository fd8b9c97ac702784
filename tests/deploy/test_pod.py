"""The pod of the chart, as nearly as it can be had without a cluster: its command, user, files and writable paths."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.chart import ROOT, Object, one
from tests.deploy.isolated import isolated, obstacle
from tests.e2e.world import policy
from tests.live.apiserver import Store, serving
from tests.live.certificates import authority
from tests.live.conftest import namespace, pod

PROGRAM = str(Path(sys.executable).with_name("ringfence"))
TOKEN = "0123456789abcdef"
VALUES: Object = {
    "history": {"enabled": True, "cluster": "prod"},
    "persistence": {"enabled": True},
    "auth": {"viewerTokenSecret": {"name": "viewers"}},
}
# The pod's places, under a directory that every machine has, and that is another one for this process.
PLACES = {"/etc/ringfence": "/run/etc/ringfence", "/data": "/run/data"}


@dataclass(frozen=True)
class Running:
    """The address of the running server, and what the API server has."""

    address: str
    store: Store

    def get(self, path: str, token: str = TOKEN, **parameters: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(self.address + path, params=parameters, headers=headers, timeout=30, trust_env=False)


@contextmanager
def running(directory: Path) -> Iterator[Running]:
    """The pod with its service account, in a cluster with two pods."""
    ca = authority(directory)
    store = Store(tokens={"of-the-account"})
    store.add(namespace("shop"), pod("shop", "web", "10.0.0.1", app="web"), pod("shop", "api", "10.0.0.2", app="api"))
    container = one("Deployment", VALUES)["spec"]["template"]["spec"]["containers"][0]
    arguments = [_placed(each) for each in container["args"]]
    arguments = [*(each for each in arguments if not each.startswith("--port=")), "--port=0"]
    account = "/run/secrets/kubernetes.io/serviceaccount"
    secrets = PLACES["/etc/ringfence"]
    prepare = "; ".join(
        (
            "mount -t tmpfs tmpfs /run",
            f"mkdir -p {account} {secrets}/token {secrets}/viewer-token {PLACES['/data']}",
            f"mount -t tmpfs -o mode=1777 tmpfs {PLACES['/data']}",
            f"cp {ca.certificate} {account}/ca.crt",
            f"echo of-the-account >{account}/token",
            f"printf ringfence >{account}/namespace",
            f"echo {TOKEN} >{secrets}/token/token",
            f"echo viewer-{TOKEN} >{secrets}/viewer-token/token",
            # No shell: an image without one would do.
            "for each in sh dash bash; do test ! -e /bin/$each || mount -B /dev/null $(readlink -f /bin/$each); done",
        )
    )
    with serving(store, ca.server("127.0.0.1")) as server:
        port = server.rpartition(":")[2]
        where = ("env", "PATH=/nonexistent", "KUBERNETES_SERVICE_HOST=127.0.0.1", f"KUBERNETES_SERVICE_PORT={port}")
        command = isolated(f"/tmp:{PLACES['/data']}", *where, PROGRAM, *arguments, prepare=prepare)
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                found = re.search(r"http://\S+:(\d+)", process.stdout.readline())
                assert found is not None, process.stderr.read()
                yield Running(f"http://127.0.0.1:{found[1]}", store)
            finally:
                process.kill()


def _placed(argument: str) -> str:
    for path, place in PLACES.items():
        argument = argument.replace(f"={path}/", f"={place}/")
    return argument


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if why := obstacle():
        pytest.skip(why)
    with running(tmp_path_factory.mktemp("pod")) as found:
        yield found


def test_its_probes_are_answered_without_a_token(server: Running) -> None:
    container = one("Deployment", VALUES)["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert server.get(container[probe]["httpGet"]["path"], token="").status_code == 200


def test_everything_else_wants_the_token_of_the_secret(server: Running) -> None:
    assert server.get("/api/v1/cluster", token="").status_code == 401
    assert server.get("/api/v1/cluster", token=f"viewer-{TOKEN}").status_code == 200
    assert server.get("/metrics").status_code == 200


def test_it_follows_the_cluster_by_its_service_account_and_records_changes(server: Running) -> None:
    summary = server.get("/api/v1/cluster").json()["summary"]
    assert summary["pods"] == 2
    assert {each["Authorization"] for each in server.store.headers} == {"Bearer of-the-account"}
    server.store.add(policy("shop", "closed", "api", None))
    asked = {"source": "shop/web", "destination": "shop/api", "port": "8080"}
    for _ in range(300):
        answer = server.get("/api/v1/verdict", **asked).json()
        if answer["rows"][0]["verdict"] == "blocked":
            break
    assert answer["rows"][0]["verdict"] == "blocked"
    page = server.get("/changes")
    assert page.status_code == 200
    assert "closed" in page.text

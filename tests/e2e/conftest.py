"""The clusters that the tests are run against: a stand-in always, a real one where it is named.

``RINGFENCE_E2E_KUBECONFIG=FILE`` (and ``RINGFENCE_E2E_CONTEXT=NAME``) names it. ``KUBECONFIG`` alone never does: the
tests write, if only into namespaces of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, world
from tests.live.apiserver import Store, kubeconfig, serving

FILE, CONTEXT = "RINGFENCE_E2E_KUBECONFIG", "RINGFENCE_E2E_CONTEXT"


@pytest.fixture(scope="session", params=["stand-in", "real cluster"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The namespaces, in each of the clusters."""
    if request.param == "real cluster":
        if FILE not in os.environ:
            pytest.skip(f"no real cluster: {FILE} names none")
        with world(os.environ[FILE], os.environ.get(CONTEXT, "")) as found:
            yield found
        return
    store = Store()
    with serving(store) as server:
        config = kubeconfig(tmp_path_factory.mktemp("e2e") / "config", server)
        with world(str(config), "test") as found:
            yield found
    assert store.objects == {}, "everything is taken away again"

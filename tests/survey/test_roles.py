"""Which pods are forward proxies: by name, or by a port that only they use."""

from __future__ import annotations

import pytest

from ringfence.survey.roles import proxies
from tests.sources.loading import load_text
from tests.survey.manifests import Json, deployment, written


def names(*objects: Json) -> list[str]:
    return [str(pod.workload) for pod in proxies(load_text(written(*objects)).pods)]


@pytest.mark.parametrize(
    ("pod", "is_one"),
    [
        (deployment("squid"), True),
        (deployment("team-squid-cache"), True),
        (deployment("egress-gateway"), True),
        (deployment("out", labels={"app": "forward-proxy"}), True),
        (deployment("out", ports={"proxy": 3128}), True),
        (deployment("out", ports={"socks": 1080}), True),
        # reverse proxies and look-alikes
        (deployment("proxy"), False),
        (deployment("kube-proxy"), False),
        (deployment("squidward"), False),
        (deployment("web", ports={"http": 8080}), False),
        # no pod policy holds for it, and none can be asked to
        (deployment("squid", hostNetwork=True), False),
    ],
)
def test_forward_proxies_are_known_by_name_or_port(pod: Json, is_one: bool) -> None:
    assert bool(names(pod)) is is_one

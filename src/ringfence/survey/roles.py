"""Pods that play a part for the whole cluster, known by the labels and names that their charts give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from ringfence.model.objects import Pod

_NAME_KEYS: Final = ("app.kubernetes.io/name", "k8s-app", "app")
_COMPONENT: Final = "app.kubernetes.io/component"

_CONTROLLERS: Final = re.compile(
    r"ingress-nginx|(.*-)?nginx-ingress(-controller)?|traefik|haproxy-ingress|kubernetes-ingress|contour-envoy|envoy|"
    r"kong(-gateway|-proxy)?|emissary-ingress|ambassador|istio-ingressgateway|apisix|skipper-ingress|pomerium|"
    r"(.*-)?ingress-nginx-controller|rke2-ingress-nginx|gloo-gateway|gateway-proxy"
)
_NO_CONTROLLER: Final = frozenset({"default-backend", "admission-webhook"})
_SCRAPERS: Final = re.compile(r"(.*-)?prometheus(-k8s|-server|-agent)?|vmagent|victoria-metrics-agent|grafana-agent")
_PROXIES: Final = re.compile(
    r"(.*[-_])?(squid|tinyproxy|privoxy|3proxy|dante|socks5?|(forward|egress|http)-?proxy|egress-?gateway)([-_].*)?"
)
_PROXY_PORTS: Final = frozenset({3128, 1080, 8118})
_ENFORCING: Final = frozenset(
    {
        "calico-node",
        "canal",
        "cilium",
        "antrea",
        "antrea-agent",
        "kube-router",
        "weave-net",
        "ovnkube-node",
        "azure-npm",
    }
)
_ROUTING: Final = frozenset({"flannel", "kube-flannel", "kube-flannel-ds"})
_GATEWAY: Final = "gateway.networking.k8s.io/gateway-name"
"""Source: GEP-1762, "In Cluster Gateway Deployments"."""
_ENVOY_GATEWAY: Final = "gateway.envoyproxy.io/owning-gateway-name"
_API_SERVER: Final = "kube-apiserver"


def ingress_controllers(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The pods that serve Ingress objects."""
    found = _known(pods, _CONTROLLERS.fullmatch)
    return tuple(pod for pod in found if pod.labels.get(_COMPONENT) not in _NO_CONTROLLER)


def gateway_pods(pods: Iterable[Pod]) -> dict[str, tuple[Pod, ...]]:
    """The pods that serve each Gateway, ``namespace/name``, by the labels that implementations give them."""
    found: dict[str, list[Pod]] = {}
    for pod in pods:
        if name := pod.labels.get(_GATEWAY):
            found.setdefault(f"{pod.namespace}/{name}", []).append(pod)
        elif name := pod.labels.get(_ENVOY_GATEWAY):
            where = pod.labels.get(f"{_ENVOY_GATEWAY.removesuffix('-name')}-namespace", pod.namespace)
            found.setdefault(f"{where}/{name}", []).append(pod)
    return {gateway: tuple(group) for gateway, group in found.items()}


def enforcing_agents(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The pods of network plugins that enforce NetworkPolicy, each on its node."""
    return _agents(pods, _ENFORCING)


def routing_agents(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The pods of network plugins that connect pods, and leave policy to others."""
    return _agents(pods, _ROUTING)


def _agents(pods: Iterable[Pod], names: frozenset[str]) -> tuple[Pod, ...]:
    return tuple(
        pod
        for pod in pods
        if pod.host_network
        and pod.workload.kind == "DaemonSet"
        and (pod.workload.name in names or any(pod.labels.get(key) in names for key in _NAME_KEYS))
    )


def scrapers(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The pods that collect metrics."""
    return _known(pods, _SCRAPERS.fullmatch)


def api_servers(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The API server's static pods, where the control plane runs them."""
    return tuple(pod for pod in pods if pod.labels.get("component") == _API_SERVER)


def proxies(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """The forward proxies: by name, or by a port that only they use."""
    return tuple(
        pod
        for pod in pods
        if not pod.host_network
        and (
            _PROXIES.fullmatch(pod.workload.name)
            or any(_PROXIES.fullmatch(pod.labels[key]) for key in _NAME_KEYS if key in pod.labels)
            or any(port.number in _PROXY_PORTS for port in pod.ports)
        )
    )


def _known(pods: Iterable[Pod], is_name: Callable[[str], object]) -> tuple[Pod, ...]:
    return tuple(pod for pod in pods if any(is_name(pod.labels[key]) for key in _NAME_KEYS if key in pod.labels))

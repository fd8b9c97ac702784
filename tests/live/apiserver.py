"""An API server over real HTTP: lists, watches, discovery, writing, and the ways in which a server refuses.

It answers as Kubernetes does as far as a client can tell: items of typed lists carry no kind, a page names the next, a
forgotten page is a 410, and what a user may not do is a 403 with a Status.
"""

from __future__ import annotations

import copy
import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

KINDS = {
    ("", "Namespace"): ("v1", "namespaces", False),
    ("", "Node"): ("v1", "nodes", False),
    ("", "Pod"): ("v1", "pods", True),
    ("", "Service"): ("v1", "services", True),
    ("", "ServiceAccount"): ("v1", "serviceaccounts", True),
    ("", "ConfigMap"): ("v1", "configmaps", True),
    ("", "Secret"): ("v1", "secrets", True),
    ("", "Endpoints"): ("v1", "endpoints", True),
    ("", "ReplicationController"): ("v1", "replicationcontrollers", True),
    ("apps", "Deployment"): ("v1", "deployments", True),
    ("apps", "ReplicaSet"): ("v1", "replicasets", True),
    ("apps", "StatefulSet"): ("v1", "statefulsets", True),
    ("apps", "DaemonSet"): ("v1", "daemonsets", True),
    ("batch", "Job"): ("v1", "jobs", True),
    ("batch", "CronJob"): ("v1", "cronjobs", True),
    ("discovery.k8s.io", "EndpointSlice"): ("v1", "endpointslices", True),
    ("networking.k8s.io", "NetworkPolicy"): ("v1", "networkpolicies", True),
    ("networking.k8s.io", "Ingress"): ("v1", "ingresses", True),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): (
        "v1",
        "validatingwebhookconfigurations",
        False,
    ),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): ("v1", "mutatingwebhookconfigurations", False),
    ("apiregistration.k8s.io", "APIService"): ("v1", "apiservices", False),
}
"""What a cluster without any CRD serves."""

EXTRA = {
    ("cilium.io", "CiliumNetworkPolicy"): ("v2", "ciliumnetworkpolicies", True),
    ("projectcalico.org", "NetworkPolicy"): ("v3", "networkpolicies", True),
    ("crd.projectcalico.org", "NetworkPolicy"): ("v1", "networkpolicies", True),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): ("v1alpha2", "clusternetworkpolicies", False),
}
"""Kinds of CRDs that a test may add."""

Asked = tuple[str, dict[str, str]]
"""Path and parameters of a request."""

Fault = Callable[[str, dict[str, str]], tuple[int, Mapping[str, str]] | None]
"""Told a request, says with which status and headers to refuse it; None to answer it."""


@dataclass
class Store:
    """The objects of a cluster, and how the server behaves. ``page`` is the most objects that it puts into one page."""

    objects: dict[tuple[str, str, str, str], Object] = field(default_factory=dict)
    kinds: dict[tuple[str, str], tuple[str, str, bool]] = field(default_factory=lambda: dict(KINDS))
    faults: list[Fault] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {"good"})
    certificates: set[str] = field(default_factory=set)  # common names that are let in without a token
    headers: list[dict[str, str]] = field(default_factory=list)  # of each request
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    version: int = 100
    stuck: bool = False  # every page names the same next page
    events: list[tuple[int, str, str, str, Object]] = field(default_factory=list)
    forgotten: int = 0  # versions up to this one can't be watched from any more
    cut_after: int = 0  # a watch is cut within the event after so many; 0: never
    closing: bool = False
    snapshots: dict[str, list[Object]] = field(default_factory=dict)
    lock: threading.Condition = field(default_factory=threading.Condition)

    def add(self, *objects: Object) -> None:
        """Puts objects in, new or changed."""
        with self.lock:
            for each in objects:
                self.version += 1
                metadata = each["metadata"]
                metadata["resourceVersion"] = str(self.version)
                group = each["apiVersion"].rpartition("/")[0]
                key = group, each["kind"], metadata.get("namespace", ""), metadata["name"]
                kind = "MODIFIED" if key in self.objects else "ADDED"
                self.objects[key] = each
                self.events.append((self.version, group, each["kind"], kind, copy.deepcopy(each)))
            self.lock.notify_all()

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Takes an object away."""
        with self.lock:
            (key,) = (each for each in self.objects if each[1:] == (kind, namespace, name))
            self.version += 1
            gone = copy.deepcopy(self.objects.pop(key))
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.events.append((self.version, key[0], kind, "DELETED", gone))
            self.lock.notify_all()

    def forbid(self, plural: str, namespace: str = "") -> None:
        """Refuses a kind: in the whole cluster without a namespace, else also in that one."""
        self.forbidden.add((plural, namespace))

    def fail(self, times: int, status: int, path: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Refuses the next requests whose path ends so."""
        left = [times]

        def fault(asked: str, parameters: dict[str, str]) -> tuple[int, Mapping[str, str]] | None:
            if left[0] and asked.endswith(path):
                left[0] -= 1
                return status, headers or {}
            return None

        self.faults.append(fault)

    def paths(self) -> list[str]:
        """The paths asked so far."""
        return [path for path, _ in self.requests]


def _status(code: int, message: str) -> bytes:
    return json.dumps(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    ).encode()


def _split(path: str) -> tuple[str, str, list[str]]:
    """Group, version and the rest of the path of an object or list."""
    parts = path.strip("/").split("/")
    return ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the base class
        pass

    def do_GET(self) -> None:
        self._ask()

    def do_POST(self) -> None:
        self._ask()

    def do_PUT(self) -> None:
        self._ask()

    def do_DELETE(self) -> None:
        self._ask()

    def _ask(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parameters = {name: values[-1] for name, values in parse_qs(url.query).items()}
        with self.store.lock:
            self.store.requests.append((url.path, parameters))
            self.store.headers.append({name: ",".join(self.headers.get_all(name, ())) for name in self.headers})
        if not self._known():
            self._send(401, _status(401, "Unauthorized"))
            return
        for fault in self.store.faults:
            refusal = fault(url.path, parameters)
            if refusal is not None:
                self._send(refusal[0], _status(refusal[0], "as the test wants it"), refusal[1])
                return
        if self.command == "GET":
            self._answer(url.path, parameters)
        else:
            self._write(url.path, body)

    def _known(self) -> bool:
        if self.headers.get("Authorization", "").removeprefix("Bearer ") in self.store.tokens:
            return True
        certificate: Any = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        names = {value for part in (certificate or {}).get("subject", ()) for key, value in part if key == "commonName"}
        return bool(names & self.store.certificates)

    def _answer(self, path: str, parameters: dict[str, str]) -> None:
        parts = path.strip("/").split("/")
        if parts == ["apis"]:
            self._send(200, self._groups())
        elif parts[0] == "apis" and len(parts) == 3:
            self._resources(parts[1], parts[2])
        elif parts[0] in ("api", "apis"):
            group, version, rest = _split(path)
            self._objects(group, version, rest, parameters)
        else:
            self._send(404, _status(404, "the server could not find the requested resource"))

    def _write(self, path: str, body: bytes) -> None:
        """Creates, replaces or deletes an object. With a namespace, what is in it goes at once."""
        group, version, rest = _split(path)
        namespace = rest[1] if len(rest) > 2 and rest[0] == "namespaces" else ""
        plural, *names = rest[2:] if namespace else rest
        kind = self._kind(group, version, plural)
        if kind is None:
            self._send(404, _status(404, "the server could not find the requested resource"))
            return
        found: Object = json.loads(body) if body and self.command != "DELETE" else {}
        name = names[0] if names else found.get("metadata", {}).get("name", "")
        there = (group, kind, namespace, name) in self.store.objects
        if there == (self.command == "POST"):
            code, reason = (409, "already exists") if there else (404, "not found")
            self._send(code, _status(code, f'{plural} "{name}" {reason}'))
        elif self.command == "DELETE":
            for _, of_kind, space, each in list(self.store.objects):
                if (of_kind, space, each) == (kind, namespace, name) or (kind == "Namespace" and space == name):
                    self.store.remove(of_kind, space, each)
            self._send(200, json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Success"}).encode())
        else:
            found |= {"apiVersion": f"{group}/{version}" if group else version, "kind": kind}
            if namespace:
                found["metadata"]["namespace"] = namespace
            self.store.add(found)
            self._send(201 if self.command == "POST" else 200, json.dumps(found).encode())

    def _kind(self, group: str, version: str, plural: str) -> str | None:
        served = self.store.kinds.items()
        return next((kind for (each, kind), found in served if (each, *found[:2]) == (group, version, plural)), None)

    def _groups(self) -> bytes:
        versions: dict[str, list[str]] = {}
        for (group, _), (version, _, _) in self.store.kinds.items():
            if group and version not in versions.setdefault(group, []):
                versions[group].append(version)
        groups = [
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{each}", "version": each} for each in served],
                "preferredVersion": {"groupVersion": f"{group}/{served[0]}", "version": served[0]},
            }
            for group, served in versions.items()
        ]
        return json.dumps({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}).encode()

    def _resources(self, group: str, version: str) -> None:
        found = [
            {"name": plural, "kind": kind, "namespaced": namespaced, "verbs": ["get", "list", "watch"]}
            for (each, kind), (served, plural, namespaced) in self.store.kinds.items()
            if (each, served) == (group, version)
        ]
        if not found:
            self._send(404, _status(404, "404 page not found"))
            return
        found += [{**each, "name": f"{each['name']}/status", "verbs": ["get"]} for each in found]
        body = {"kind": "APIResourceList", "groupVersion": f"{group}/{version}", "resources": found}
        self._send(200, json.dumps(body).encode())

    def _objects(self, group: str, version: str, rest: Sequence[str], parameters: dict[str, str]) -> None:
        namespace = rest[1] if len(rest) > 2 and rest[0] == "namespaces" else ""
        plural, *name = rest[2:] if namespace else rest
        kind = self._kind(group, version, plural)
        if kind is None:
            self._send(404, _status(404, "the server could not find the requested resource"))
        elif (plural, name[0] if name and plural == "namespaces" else namespace) in self.store.forbidden:
            # A Role in a namespace may let its users get that Namespace: the request is one in it.
            where = f' in the namespace "{namespace}"' if namespace else " at the cluster scope"
            verb = "get" if name else "list"
            what = f'{plural} is forbidden: User "jane" cannot {verb} resource "{plural}" in API group "{group}"{where}'
            self._send(403, _status(403, what))
        elif name:
            with self.store.lock:
                found = self.store.objects.get((group, kind, namespace, name[0]))
            self._send(200, json.dumps(found).encode()) if found else self._send(404, _status(404, "not found"))
        elif "watch" in parameters:
            self._watch(group, kind, namespace, int(parameters["resourceVersion"]))
        else:
            self._list(group, version, kind, namespace, parameters)

    def _watch(self, group: str, kind: str, namespace: str, since: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if since < self.store.forgotten:
            status = {"kind": "Status", "apiVersion": "v1", "code": 410, "message": "too old resource version"}
            self._chunk(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
            self._chunk(b"")
            return
        sent = 0
        while True:
            with self.store.lock:
                found = [each for each in self.store.events if each[0] > since and each[1:3] == (group, kind)]
                if not found:
                    self.store.lock.wait(0.05)
                if self.store.closing:
                    return
            for version, _, _, verb, each in found:
                if namespace and each["metadata"].get("namespace") != namespace:
                    since = version
                    continue
                line = json.dumps({"type": verb, "object": each}).encode() + b"\n"
                if self.store.cut_after and sent == self.store.cut_after:
                    self._chunk(line[: len(line) // 2])
                    self.close_connection = True
                    self.connection.close()
                    return
                self._chunk(line)
                since, sent = version, sent + 1

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _list(self, group: str, version: str, kind: str, namespace: str, parameters: dict[str, str]) -> None:
        limit, token = int(parameters.get("limit", 0)), parameters.get("continue", "")
        with self.store.lock:
            if token:
                rest = self.store.snapshots.get(token) if self.store.stuck else self.store.snapshots.pop(token, None)
                if rest is None:
                    self._send(410, _status(410, "The provided continue parameter is too old"))
                    return
            else:
                rest = [
                    each
                    for (in_group, of_kind, space, _), each in sorted(self.store.objects.items())
                    if (in_group, of_kind) == (group, kind) and (not namespace or space == namespace)
                ]
            metadata: Object = {"resourceVersion": str(self.store.version)}
            if limit and len(rest) > limit:
                more = "stuck" if self.store.stuck else f"{kind}-{len(self.store.requests)}"
                self.store.snapshots[more] = rest if self.store.stuck else rest[limit:]
                metadata |= {"continue": more, "remainingItemCount": len(rest) - limit}
                rest = rest[:limit]
        items = [{key: value for key, value in each.items() if key not in ("kind", "apiVersion")} for each in rest]
        api_version = f"{group}/{version}" if group else version
        body = {"kind": f"{kind}List", "apiVersion": api_version, "metadata": metadata, "items": items}
        self._send(200, json.dumps(body).encode())

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away, or don't trust the certificate, are none of the server's errors."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(store: Store, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server with these objects, on the loopback address."""
    handler = type("Handler", (_Handler,), {"store": store})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        # The handshake is left to the connection's own thread.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        store.closing = True
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(path: Path, server: str, *, token: str = "good", namespace: str = "") -> Path:
    """Writes a kubeconfig with one context, ``test``."""
    context: Object = {"cluster": "test", "user": "jane"}
    if namespace:
        context["namespace"] = namespace
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "clusters": [{"name": "test", "cluster": {"server": server}}],
                "contexts": [{"name": "test", "context": context}],
                "users": [{"name": "jane", "user": {"token": token}}],
            }
        )
    )
    return path

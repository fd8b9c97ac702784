"""Whether a pod takes part in an Istio mesh, as its labels and those of its namespace tell.

Source: Istio documentation, "Installing the sidecar" (injection: either label disabled means no, else either enabled
means yes) and "Add workloads to an ambient mesh"; the injector gives a pod the label ``security.istio.io/tlsMode``.
"""

from __future__ import annotations

from ringfence.model.labels import Labels
from ringfence.model.objects import Pod

SIDECAR = "sidecar"
AMBIENT = "ambient"

OTHER_PROTOCOLS = "not of the mesh"
"""The name of the rule by which a mesh lets pass what isn't TCP: no author wrote it."""

_INJECTED = "security.istio.io/tlsMode"
_DATAPLANE = "istio.io/dataplane-mode"
_REVISION = "istio.io/rev"
_OF_NAMESPACE = "istio-injection"
_OF_POD = "sidecar.istio.io/inject"


def mesh_mode(pod: Pod, namespace: Labels) -> str:
    """``sidecar`` or ``ambient``; empty for a pod that is in no mesh.

    A pod that runs is in the mesh if it was injected; one that is yet to be made will be if its labels ask for it.
    """
    if pod.host_network:
        return ""
    if _INJECTED in pod.labels:
        return SIDECAR
    if (dataplane_of(pod.labels) or dataplane_of(namespace)) == AMBIENT:
        return AMBIENT
    if pod.addresses:
        return ""
    asked = (namespace.get(_OF_NAMESPACE), pod.labels.get(_OF_POD))
    if "disabled" in asked or "false" in asked:
        return ""
    wanted = "enabled" in asked or "true" in asked or _REVISION in pod.labels or _REVISION in namespace
    return SIDECAR if wanted else ""


def dataplane_of(labels: Labels) -> str:
    """How the labels of a pod or namespace ask for a mesh without sidecars: ``ambient``, ``none``, or nothing."""
    return labels.get(_DATAPLANE, "")

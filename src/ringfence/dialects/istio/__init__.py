"""AuthorizationPolicy and PeerAuthentication ``security.istio.io``: the mesh layer."""

from ringfence.dialects.istio.authorization import read_authorization_policy
from ringfence.dialects.istio.mtls import read_peer_authentication

__all__ = ["read_authorization_policy", "read_peer_authentication"]

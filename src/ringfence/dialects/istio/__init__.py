"""AuthorizationPolicy and PeerAuthentication ``security.istio.io``: the mesh layer."""

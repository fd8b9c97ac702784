"""Which addresses are the Internet's."""

from __future__ import annotations

from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, AddressSet

_PRIVATE = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
)  # fmt: skip
"""Addresses that no packet crosses the Internet with: IANA's special-purpose address registries (RFC 6890).

Ranges set aside for examples are left in: where they turn up they stand for public addresses.
"""


def _internet() -> AddressSet:
    private = AddressSet()
    for cidr in _PRIVATE:
        private |= AddressSet.cidr(cidr)
    return ALL_ADDRESSES - private


INTERNET = _internet()
"""The addresses of the Internet, of both families."""

INTERNET_V4 = INTERNET & ALL_V4

ASSIGNED_V6 = INTERNET & AddressSet.cidr("2000::/3")
"""What IANA assigns of IPv6 (IPv6 Global Unicast Address Assignments): a rule for it is for all of IPv6's Internet."""

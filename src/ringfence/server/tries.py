"""How often somebody may guess."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from typing import Final

MOST: Final = 10
"""Wrong tokens from one place in ``WINDOW`` seconds; after these, none from there is looked at for the rest of it."""

WINDOW: Final = 60.0

_MOST_PLACES: Final = 10_000
_NETWORK_BITS: Final = 64


class Tries:
    """Counts wrong tokens by where they come from: an IPv4 address, or the /64 that an IPv6 address is in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: dict[str, deque[float]] = {}

    def wait(self, peer: str) -> int:
        """Seconds until a token from this address is looked at again; 0 for at once."""
        with self._lock:
            times = self._failed.get(_place(peer))
            if times is None or len(times) < MOST:
                return 0
            left = times[0] + WINDOW - time.monotonic()
            return max(0, int(left) + 1) if left > 0 else 0

    def failed(self, peer: str) -> None:
        """Notes a wrong token. Of more places than can be noted, those that were quiet longest are forgotten."""
        place = _place(peer)
        with self._lock:
            times = self._failed.pop(place, None) or deque(maxlen=MOST)
            times.append(time.monotonic())
            self._failed[place] = times  # the last to be forgotten
            if len(self._failed) > _MOST_PLACES:
                del self._failed[next(iter(self._failed))]


def _place(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(address) >> _NETWORK_BITS << _NETWORK_BITS, _NETWORK_BITS)))
    return str(address)

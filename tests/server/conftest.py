"""One server over the shop for all tests of a module that only ask."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.server.serving import serving, shop


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    with serving(shop()) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as found:
        yield found

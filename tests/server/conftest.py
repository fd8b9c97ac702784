"""One server over the shop for all tests that only ask it, and one browser for those of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.server.serving import serving, shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    with serving(shop()) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from tests.server.browsing import chromium  # which tests without a browser don't wait for

    with chromium() as found:
        yield found

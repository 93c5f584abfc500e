"""What tests of buying start from."""

import pytest_asyncio

from store.session import Database
from tests.domain.orders.shop import Shop
from tests.world import TwoTenants


@pytest_asyncio.fixture
async def shop(database: Database, two_tenants: TwoTenants) -> Shop:
    """A shop open for business."""
    return await Shop.opened(database, two_tenants)

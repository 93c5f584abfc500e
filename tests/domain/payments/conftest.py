"""A till over two companies: wallets to pay into and a sandbox gateway."""

from pathlib import Path

import pytest

from store.session import Database
from tests.domain.payments.till import Till
from tests.world import TwoTenants


@pytest.fixture
def till(database: Database, two_tenants: TwoTenants, tmp_path: Path) -> Till:
    """A till for the first company, with a clock that tests may move."""
    return Till(database, two_tenants.one, tmp_path / "psp")

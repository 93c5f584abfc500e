"""The first tax rates: 9 %, and 10 % from the first day of 1403 in Tehran."""

from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

RATES = sa.table('vat_rates', sa.column('valid_from', types.UtcDateTime()), sa.column('rate', types.DecimalText()))


def upgrade() -> None:
    """Forward."""
    op.bulk_insert(
        RATES,
        [
            {'valid_from': datetime(2015, 3, 20, 20, 30, tzinfo=UTC), 'rate': Decimal(9)},
            {'valid_from': datetime(2024, 3, 19, 20, 30, tzinfo=UTC), 'rate': Decimal(10)},
        ],
    )


def downgrade() -> None:
    """Back."""
    op.execute(RATES.delete())

"""when items were sent."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sent_at', types.UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.drop_column('sent_at')

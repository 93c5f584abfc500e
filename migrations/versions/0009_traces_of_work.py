"""traces of work."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('trace', sa.String(), nullable=True))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_column('trace')


"""signing keys announced."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('auth_signing_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('signs_at', types.UtcDateTime(), nullable=True))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('auth_signing_keys', schema=None) as batch_op:
        batch_op.drop_column('signs_at')


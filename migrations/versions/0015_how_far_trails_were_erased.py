"""how far trails were erased."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('audit_heads', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_to', sa.Integer(), server_default='0', nullable=False))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('audit_heads', schema=None) as batch_op:
        batch_op.drop_column('erased_to')


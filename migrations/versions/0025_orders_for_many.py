"""orders for many."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.create_index('ix_order_items_state', ['organization_id', 'order_id', 'state'], unique=False)

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('job_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('hold_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('is_filling', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('unsold', sa.Integer(), server_default='0', nullable=False))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('unsold')
        batch_op.drop_column('is_filling')
        batch_op.drop_column('hold_id')
        batch_op.drop_column('job_id')

    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.drop_index('ix_order_items_state')


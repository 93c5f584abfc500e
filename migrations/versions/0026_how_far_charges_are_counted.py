"""how far charges are counted."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('bill_runs', schema=None) as batch_op:
        batch_op.alter_column('done',
               existing_type=sa.INTEGER(),
               type_=sa.BigInteger(),
               existing_nullable=False)
        batch_op.alter_column('total',
               existing_type=sa.INTEGER(),
               type_=sa.BigInteger(),
               existing_nullable=False)

    with op.batch_alter_table('billing_books', schema=None) as batch_op:
        batch_op.add_column(sa.Column('counting_to', types.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('counting_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('billing_month', sa.String(), nullable=True))
        batch_op.drop_column('counted_id')

    with op.batch_alter_table('ledger_transfers', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_transfers_posted', ['organization_id', 'posted_at', 'id'], unique=False)

    with op.batch_alter_table('running_charges', schema=None) as batch_op:
        batch_op.add_column(sa.Column('billed_to', types.UtcDateTime(), nullable=True))



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('running_charges', schema=None) as batch_op:
        batch_op.drop_column('billed_to')

    with op.batch_alter_table('ledger_transfers', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_transfers_posted')

    with op.batch_alter_table('billing_books', schema=None) as batch_op:
        batch_op.add_column(sa.Column('counted_id', sa.Uuid(), nullable=True))
        batch_op.drop_column('billing_month')
        batch_op.drop_column('counting_id')
        batch_op.drop_column('counting_to')

    with op.batch_alter_table('bill_runs', schema=None) as batch_op:
        batch_op.alter_column('total',
               existing_type=sa.BigInteger(),
               type_=sa.INTEGER(),
               existing_nullable=False)
        batch_op.alter_column('done',
               existing_type=sa.BigInteger(),
               type_=sa.INTEGER(),
               existing_nullable=False)


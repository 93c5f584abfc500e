"""how cards are found and sorted."""

import sqlalchemy as sa
from alembic import op

from store import ordering, types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.create_index('ix_accounts_top', ['organization_id'], unique=True, postgresql_where=sa.text('parent_id IS NULL'), sqlite_where=sa.text('parent_id IS NULL'))

    with op.batch_alter_table('sims', schema=None) as batch_op:
        batch_op.add_column(sa.Column('by_msisdn', types.Ordered, ordering.or_least('msisdn', types.Ordered), nullable=False))
        batch_op.add_column(sa.Column('by_current_charge', sa.BigInteger(), ordering.or_least('current_charge', sa.BigInteger()), nullable=False))
        batch_op.add_column(sa.Column('by_debt', sa.BigInteger(), ordering.or_least('debt', sa.BigInteger()), nullable=False))
        batch_op.add_column(sa.Column('by_last_usage_at', types.UtcDateTime(), ordering.or_least('last_usage_at', types.UtcDateTime()), nullable=False))
        batch_op.add_column(sa.Column('by_valid_until', types.UtcDateTime(), ordering.or_least('valid_until', types.UtcDateTime()), nullable=False))
        batch_op.drop_index(batch_op.f('ix_sims_line'))
        batch_op.drop_index(batch_op.f('ix_sims_status'))
        batch_op.create_index('ix_sims_status', ['organization_id', 'status', 'id', 'path'], unique=False)
        batch_op.drop_index(batch_op.f('ix_sims_holder'))
        batch_op.create_index('ix_sims_holder', ['organization_id', 'holder_fold', 'id', 'path', 'status'], unique=False)
        batch_op.drop_index(batch_op.f('ix_sims_tree'))
        batch_op.create_index('ix_sims_tree', ['organization_id', 'path', 'by_msisdn', 'id', 'status'], unique=False)
        batch_op.create_index('ix_sims_centre', ['organization_id', 'cost_centre_id'], unique=False)
        batch_op.create_index('ix_sims_charge', ['organization_id', 'by_current_charge', 'id', 'path', 'status'], unique=False)
        batch_op.create_index('ix_sims_data', ['organization_id', 'data_remaining', 'id', 'path', 'status'], unique=False)
        batch_op.create_index('ix_sims_debt', ['organization_id', 'by_debt', 'id', 'path', 'status'], unique=False)
        batch_op.create_index('ix_sims_ends', ['organization_id', 'next_bucket_end_at'], unique=False)
        batch_op.create_index('ix_sims_mode', ['organization_id', 'payment_mode'], unique=False)
        batch_op.create_index('ix_sims_number', ['organization_id', 'by_msisdn', 'id', 'path', 'status'], unique=False)
        batch_op.create_index('ix_sims_plan', ['organization_id', 'plan_id'], unique=False)
        batch_op.create_index('ix_sims_used', ['organization_id', 'by_last_usage_at', 'id', 'path', 'status'], unique=False)
        batch_op.create_index('ix_sims_valid', ['organization_id', 'by_valid_until', 'id', 'path', 'status'], unique=False)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('sims', schema=None) as batch_op:
        batch_op.drop_index('ix_sims_valid')
        batch_op.drop_index('ix_sims_used')
        batch_op.drop_index('ix_sims_plan')
        batch_op.drop_index('ix_sims_number')
        batch_op.drop_index('ix_sims_mode')
        batch_op.drop_index('ix_sims_ends')
        batch_op.drop_index('ix_sims_debt')
        batch_op.drop_index('ix_sims_data')
        batch_op.drop_index('ix_sims_charge')
        batch_op.drop_index('ix_sims_centre')
        batch_op.drop_index('ix_sims_tree')
        batch_op.create_index(batch_op.f('ix_sims_tree'), ['organization_id', 'path', 'msisdn', 'id'], unique=False)
        batch_op.drop_index('ix_sims_holder')
        batch_op.create_index(batch_op.f('ix_sims_holder'), ['organization_id', 'holder_fold', 'id'], unique=False)
        batch_op.drop_index('ix_sims_status')
        batch_op.create_index(batch_op.f('ix_sims_status'), ['organization_id', 'status', 'msisdn'], unique=False)
        batch_op.create_index(batch_op.f('ix_sims_line'), ['organization_id', 'msisdn', 'id'], unique=False)
        batch_op.drop_column('by_valid_until')
        batch_op.drop_column('by_last_usage_at')
        batch_op.drop_column('by_debt')
        batch_op.drop_column('by_current_charge')
        batch_op.drop_column('by_msisdn')

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_top', postgresql_where=sa.text('parent_id IS NULL'), sqlite_where=sa.text('parent_id IS NULL'))


"""payment policies."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('policy_standings',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('policy_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('is_below', sa.Boolean(), nullable=False),
    sa.Column('crossings', sa.Integer(), nullable=False),
    sa.Column('seen', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('organization_id', 'policy_id', 'sim_id', name=op.f('pk_policy_standings'))
    )
    op.create_table('payment_policies',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('trigger_below', sa.BigInteger(), nullable=True),
    sa.Column('trigger_unit', sa.String(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('day_of_month', sa.Integer(), nullable=True),
    sa.Column('threshold', sa.BigInteger(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('notify_emails', types.Json, nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['sim_groups.id'], name=op.f('fk_payment_policies_group_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payment_policies_organization_id')),
    sa.ForeignKeyConstraint(['wallet_id'], ['ledger_accounts.id'], name=op.f('fk_payment_policies_wallet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_policies'))
    )
    with op.batch_alter_table('payment_policies', schema=None) as batch_op:
        batch_op.create_index('ix_payment_policies_group', ['organization_id', 'group_id', 'created_at'], unique=False)

    op.create_table('payment_policy_runs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('policy_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('occasion', sa.String(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('transfer_id', sa.Uuid(), nullable=True),
    sa.Column('failure', types.Json, nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payment_policy_runs_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_payment_policy_runs_sim_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_payment_policy_runs_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_policy_runs'))
    )
    with op.batch_alter_table('payment_policy_runs', schema=None) as batch_op:
        batch_op.create_index('ix_payment_policy_runs_at', ['organization_id', 'policy_id', 'at', 'id'], unique=False)
        batch_op.create_index('ix_payment_policy_runs_occasion', ['organization_id', 'policy_id', 'occasion'], unique=True)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('payment_policy_runs', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_policy_runs_occasion')
        batch_op.drop_index('ix_payment_policy_runs_at')

    op.drop_table('payment_policy_runs')
    with op.batch_alter_table('payment_policies', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_policies_group')

    op.drop_table('payment_policies')
    op.drop_table('policy_standings')

"""the whole ledger: purses of every kind, holds, lots."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('ledger_accounts') as batch_op:
        batch_op.add_column(sa.Column('owner_kind', sa.String(), server_default='ac', nullable=False))
        batch_op.add_column(sa.Column('lot_months', sa.Integer(), nullable=True))
        batch_op.drop_constraint('wallet_above_floor', type_='check')
        batch_op.alter_column('floor', existing_type=sa.BigInteger(), nullable=True)
    op.execute("UPDATE ledger_accounts SET owner_kind = 'og', floor = NULL WHERE kind <> 'WALLET'")
    with op.batch_alter_table('ledger_accounts') as batch_op:
        batch_op.alter_column('owner_kind', existing_type=sa.String(), existing_nullable=False, server_default=None)
        batch_op.create_check_constraint('above_floor', 'floor IS NULL OR balance - held >= floor')
        batch_op.create_check_constraint('holds_are_positive', 'held >= 0')

    op.create_table(
        'ledger_holds',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('ledger_account_id', sa.Uuid(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('remaining', sa.BigInteger(), nullable=False),
        sa.Column('cause_kind', sa.String(), nullable=False),
        sa.Column('cause_id', sa.Uuid(), nullable=False),
        sa.Column('held_at', types.UtcDateTime(), nullable=False),
        sa.CheckConstraint('remaining >= 0 AND remaining <= amount', name='within_amount'),
        sa.ForeignKeyConstraint(['ledger_account_id'], ['ledger_accounts.id'], name=op.f('fk_ledger_holds_ledger_account_id')),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_ledger_holds_organization_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_holds')),
    )
    op.create_index('ix_ledger_holds_account', 'ledger_holds', ['organization_id', 'ledger_account_id', 'held_at'])
    op.create_index('ix_ledger_holds_cause', 'ledger_holds', ['organization_id', 'cause_id'])

    op.create_table(
        'wallet_lots',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('ledger_account_id', sa.Uuid(), nullable=False),
        sa.Column('transfer_id', sa.Uuid(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('remaining', sa.BigInteger(), nullable=False),
        sa.Column('created_at', types.UtcDateTime(), nullable=False),
        sa.Column('expires_at', types.UtcDateTime(), nullable=False),
        sa.CheckConstraint('remaining >= 0 AND remaining <= amount', name='within_amount'),
        sa.ForeignKeyConstraint(['ledger_account_id'], ['ledger_accounts.id'], name=op.f('fk_wallet_lots_ledger_account_id')),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_wallet_lots_organization_id')),
        sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_wallet_lots_transfer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_wallet_lots')),
    )
    op.create_index('ix_wallet_lots_account', 'wallet_lots', ['organization_id', 'ledger_account_id', 'created_at', 'id'])
    op.create_index('ix_wallet_lots_expiry', 'wallet_lots', ['expires_at'])

    op.create_table(
        'lot_uses',
        sa.Column('lot_id', sa.Uuid(), nullable=False),
        sa.Column('transfer_id', sa.Uuid(), nullable=False),
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['lot_id'], ['wallet_lots.id'], name=op.f('fk_lot_uses_lot_id')),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_lot_uses_organization_id')),
        sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_lot_uses_transfer_id')),
        sa.PrimaryKeyConstraint('lot_id', 'transfer_id', name=op.f('pk_lot_uses')),
    )
    op.create_index('ix_lot_uses_transfer', 'lot_uses', ['organization_id', 'transfer_id'])


def downgrade() -> None:
    """Back; purses and house accounts of the new kinds have to be empty."""
    for name in ('lot_uses', 'wallet_lots', 'ledger_holds'):
        op.drop_table(name)
    kinds = "('WALLET', 'REVENUE', 'TAX', 'CLEARING')"
    op.execute(f'DELETE FROM ledger_accounts WHERE entry_count = 0 AND kind NOT IN {kinds}')
    with op.batch_alter_table('ledger_accounts') as batch_op:
        batch_op.drop_constraint('above_floor', type_='check')
        batch_op.drop_constraint('holds_are_positive', type_='check')
    op.execute('UPDATE ledger_accounts SET floor = 0 WHERE floor IS NULL')
    with op.batch_alter_table('ledger_accounts') as batch_op:
        batch_op.alter_column('floor', existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_check_constraint('wallet_above_floor', "kind <> 'WALLET' OR balance - held >= floor")
        batch_op.drop_column('lot_months')
        batch_op.drop_column('owner_kind')

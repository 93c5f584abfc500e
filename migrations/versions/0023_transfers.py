"""transfers: policies in force, what was moved, and lines closed to it."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        'transfer_rules',
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('owner_kind', sa.String(), nullable=False),
        sa.Column('valid_from', types.UtcDateTime(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('terms', types.Json, nullable=False),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_transfer_rules_organization_id')),
        sa.PrimaryKeyConstraint('organization_id', 'owner_kind', 'valid_from', name=op.f('pk_transfer_rules')),
    )
    op.create_table(
        'transfers',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('from_wallet_id', sa.Uuid(), nullable=False),
        sa.Column('to_wallet_id', sa.Uuid(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('fee', sa.BigInteger(), nullable=False),
        sa.Column('moved_at', types.UtcDateTime(), nullable=False),
        sa.Column('policy', sa.String(), nullable=False),
        sa.Column('reference', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['from_wallet_id'], ['ledger_accounts.id'], name=op.f('fk_transfers_from_wallet_id')),
        sa.ForeignKeyConstraint(['id'], ['ledger_transfers.id'], name=op.f('fk_transfers_id')),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_transfers_organization_id')),
        sa.ForeignKeyConstraint(['to_wallet_id'], ['ledger_accounts.id'], name=op.f('fk_transfers_to_wallet_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_transfers')),
    )
    op.create_index('ix_transfers_from', 'transfers', ['organization_id', 'from_wallet_id', 'moved_at'])
    op.create_index('ix_transfers_to', 'transfers', ['organization_id', 'to_wallet_id', 'moved_at'])
    op.create_index('ix_transfers_reference', 'transfers', ['organization_id', 'reference'])
    op.create_table(
        'transfer_opt_outs',
        sa.Column('organization_id', sa.Uuid(), nullable=False),
        sa.Column('sim_id', sa.Uuid(), nullable=False),
        sa.Column('since', types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_transfer_opt_outs_organization_id')),
        sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_transfer_opt_outs_sim_id')),
        sa.PrimaryKeyConstraint('organization_id', 'sim_id', name=op.f('pk_transfer_opt_outs')),
    )


def downgrade() -> None:
    """Back."""
    for name in ('transfer_opt_outs', 'transfers', 'transfer_rules'):
        op.drop_table(name)

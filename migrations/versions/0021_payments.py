"""payments."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('voucher_batches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('activation', sa.String(), nullable=False),
    sa.Column('valid_months', sa.Integer(), nullable=False),
    sa.Column('activated_at', types.UtcDateTime(), nullable=True),
    sa.Column('redeemed_count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_batches'))
    )
    with op.batch_alter_table('voucher_batches', schema=None) as batch_op:
        batch_op.create_index('ix_voucher_batches_created', ['created_at', 'id'], unique=False)

    op.create_table('voucher_guesses',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_voucher_guesses_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_guesses'))
    )
    with op.batch_alter_table('voucher_guesses', schema=None) as batch_op:
        batch_op.create_index('ix_voucher_guesses_at', ['organization_id', 'at'], unique=False)

    op.create_table('payments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('target_kind', sa.String(), nullable=False),
    sa.Column('target_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=True),
    sa.Column('source_id', sa.Uuid(), nullable=True),
    sa.Column('refund_of_id', sa.Uuid(), nullable=True),
    sa.Column('hold_id', sa.Uuid(), nullable=True),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('finished_at', types.UtcDateTime(), nullable=True),
    sa.Column('return_url', sa.String(), nullable=True),
    sa.Column('token', sa.String(), nullable=True),
    sa.Column('terminal', sa.String(), nullable=True),
    sa.Column('authority', sa.String(), nullable=True),
    sa.Column('page_url', sa.String(), nullable=True),
    sa.Column('external_reference', sa.String(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('file_id', sa.Uuid(), nullable=True),
    sa.Column('failure', types.Json, nullable=True),
    sa.Column('transfer_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('amount > 0', name='payment_is_positive'),
    sa.ForeignKeyConstraint(['file_id'], ['files.id'], name=op.f('fk_payments_file_id')),
    sa.ForeignKeyConstraint(['hold_id'], ['ledger_holds.id'], name=op.f('fk_payments_hold_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payments_organization_id')),
    sa.ForeignKeyConstraint(['refund_of_id'], ['payments.id'], name=op.f('fk_payments_refund_of_id')),
    sa.ForeignKeyConstraint(['source_id'], ['ledger_accounts.id'], name=op.f('fk_payments_source_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_payments_transfer_id')),
    sa.ForeignKeyConstraint(['wallet_id'], ['ledger_accounts.id'], name=op.f('fk_payments_wallet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments')),
    sa.UniqueConstraint('organization_id', 'number', name=op.f('uq_payments_organization_id_number')),
    sa.UniqueConstraint('token', name=op.f('uq_payments_token'))
    )
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.create_index('ix_payments_file', ['file_id'], unique=False)
        batch_op.create_index('ix_payments_paper', ['organization_id', 'method', 'external_reference'], unique=False)
        batch_op.create_index('ix_payments_refunds', ['organization_id', 'refund_of_id'], unique=False)
        batch_op.create_index('ix_payments_target', ['organization_id', 'target_id', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_payments_wallet', ['organization_id', 'wallet_id', 'created_at', 'id'], unique=False)

    op.create_table('payment_steps',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payment_steps_organization_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_payment_steps_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_steps'))
    )
    with op.batch_alter_table('payment_steps', schema=None) as batch_op:
        batch_op.create_index('ix_payment_steps_payment', ['organization_id', 'payment_id', 'at'], unique=False)

    op.create_table('vouchers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('redeemed_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['voucher_batches.id'], name=op.f('fk_vouchers_batch_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_vouchers_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vouchers')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_vouchers_code_hash'))
    )
    with op.batch_alter_table('vouchers', schema=None) as batch_op:
        batch_op.create_index('ix_vouchers_batch', ['batch_id'], unique=False)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('vouchers', schema=None) as batch_op:
        batch_op.drop_index('ix_vouchers_batch')

    op.drop_table('vouchers')
    with op.batch_alter_table('payment_steps', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_steps_payment')

    op.drop_table('payment_steps')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index('ix_payments_wallet')
        batch_op.drop_index('ix_payments_target')
        batch_op.drop_index('ix_payments_refunds')
        batch_op.drop_index('ix_payments_paper')
        batch_op.drop_index('ix_payments_file')

    op.drop_table('payments')
    with op.batch_alter_table('voucher_guesses', schema=None) as batch_op:
        batch_op.drop_index('ix_voucher_guesses_at')

    op.drop_table('voucher_guesses')
    with op.batch_alter_table('voucher_batches', schema=None) as batch_op:
        batch_op.drop_index('ix_voucher_batches_created')

    op.drop_table('voucher_batches')

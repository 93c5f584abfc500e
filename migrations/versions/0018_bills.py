"""bills."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('bill_runs',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('month', sa.String(), nullable=False),
    sa.Column('phase', sa.String(), nullable=False),
    sa.Column('after', sa.Uuid(), nullable=True),
    sa.Column('places', types.Json, nullable=False),
    sa.Column('is_held', sa.Boolean(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('opened_at', types.UtcDateTime(), nullable=False),
    sa.Column('finished_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_runs_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'month', name=op.f('pk_bill_runs'))
    )
    op.create_table('billing_books',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('since', types.UtcDateTime(), nullable=False),
    sa.Column('counted_to', types.UtcDateTime(), nullable=False),
    sa.Column('counted_id', sa.Uuid(), nullable=True),
    sa.Column('accrued_to', types.UtcDateTime(), nullable=False),
    sa.Column('accruing_to', types.UtcDateTime(), nullable=True),
    sa.Column('accruing_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_billing_books_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_billing_books'))
    )
    op.create_table('billing_terms',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('is_billed_here', sa.Boolean(), nullable=False),
    sa.Column('cycle_months', sa.Integer(), nullable=False),
    sa.Column('due_days', sa.Integer(), nullable=False),
    sa.Column('credit_limit', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_billing_terms_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_billing_terms_organization_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_billing_terms'))
    )
    with op.batch_alter_table('billing_terms', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_billing_terms_organization_id'), ['organization_id'], unique=False)

    op.create_table('bills',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('month', types.Ordered, nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=False),
    sa.Column('number', sa.String(), nullable=True),
    sa.Column('tax_number', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('counted_to', types.UtcDateTime(), nullable=False),
    sa.Column('issued_at', types.UtcDateTime(), nullable=True),
    sa.Column('due_at', types.UtcDateTime(), nullable=True),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('vat', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', types.DecimalText(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('amount_due', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('paid + amount_due = net + vat', name='bill_adds_up'),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_bills_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bills_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bills')),
    sa.UniqueConstraint('organization_id', 'account_id', 'month', name=op.f('uq_bills_organization_id_account_id_month')),
    sa.UniqueConstraint('organization_id', 'number', name=op.f('uq_bills_organization_id_number')),
    sa.UniqueConstraint('tax_number', name=op.f('uq_bills_tax_number'))
    )
    with op.batch_alter_table('bills', schema=None) as batch_op:
        batch_op.create_index('ix_bills_account', ['organization_id', 'account_id', 'ends_at'], unique=False)
        batch_op.create_index('ix_bills_due', ['organization_id', 'account_id', 'due_at'], unique=False, postgresql_where=sa.text('amount_due > 0'), sqlite_where=sa.text('amount_due > 0'))
        batch_op.create_index('ix_bills_tree', ['organization_id', 'path', 'ends_at'], unique=False)

    op.create_table('bill_notes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=True),
    sa.Column('cost_centre_id', sa.Uuid(), nullable=True),
    sa.Column('service', sa.String(), nullable=True),
    sa.Column('about_bill_id', sa.Uuid(), nullable=True),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('vat', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', types.DecimalText(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('is_booked', sa.Boolean(), nullable=False),
    sa.Column('made_at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.ForeignKeyConstraint(['about_bill_id'], ['bills.id'], name=op.f('fk_bill_notes_about_bill_id')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_bill_notes_account_id')),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centres.id'], name=op.f('fk_bill_notes_cost_centre_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_notes_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_bill_notes_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bill_notes'))
    )
    with op.batch_alter_table('bill_notes', schema=None) as batch_op:
        batch_op.create_index('ix_bill_notes_account', ['organization_id', 'account_id', 'made_at'], unique=False)

    op.create_table('running_charges',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('item', sa.String(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('billed_quantity', sa.BigInteger(), nullable=False),
    sa.Column('billed_net', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_running_charges_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_running_charges_sim_id')),
    sa.PrimaryKeyConstraint('organization_id', 'sim_id', 'starts_at', 'path', 'kind', 'item', name=op.f('pk_running_charges'))
    )
    with op.batch_alter_table('running_charges', schema=None) as batch_op:
        batch_op.create_index('ix_running_charges_place', ['organization_id', 'path', 'starts_at'], unique=False)

    op.create_table('bill_lines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('bill_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=True),
    sa.Column('cost_centre_id', sa.Uuid(), nullable=True),
    sa.Column('service', sa.String(), nullable=True),
    sa.Column('offering_id', sa.Uuid(), nullable=True),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=True),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('vat', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', types.DecimalText(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('placed_by_id', sa.Uuid(), nullable=True),
    sa.Column('transfer_id', sa.Uuid(), nullable=True),
    sa.Column('note_id', sa.Uuid(), nullable=True),
    sa.Column('counted_from', types.UtcDateTime(), nullable=True),
    sa.Column('text', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_bill_lines_account_id')),
    sa.ForeignKeyConstraint(['bill_id'], ['bills.id'], name=op.f('fk_bill_lines_bill_id')),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centres.id'], name=op.f('fk_bill_lines_cost_centre_id')),
    sa.ForeignKeyConstraint(['note_id'], ['bill_notes.id'], name=op.f('fk_bill_lines_note_id')),
    sa.ForeignKeyConstraint(['offering_id'], ['offerings.id'], name=op.f('fk_bill_lines_offering_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_bill_lines_order_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_lines_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_bill_lines_sim_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_bill_lines_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bill_lines')),
    sa.UniqueConstraint('note_id', name=op.f('uq_bill_lines_note_id')),
    sa.UniqueConstraint('organization_id', 'bill_id', 'key', name=op.f('uq_bill_lines_organization_id_bill_id_key')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_bill_lines_transfer_id'))
    )
    with op.batch_alter_table('bill_lines', schema=None) as batch_op:
        batch_op.create_index('ix_bill_lines_bill', ['organization_id', 'bill_id', 'id'], unique=True)
        batch_op.create_index('ix_bill_lines_sim', ['organization_id', 'sim_id', 'bill_id', 'id'], unique=False)

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('overdue_from', types.UtcDateTime(), nullable=True))
        batch_op.create_index('ix_accounts_overdue', ['organization_id', 'overdue_from'], unique=False)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_overdue')
        batch_op.drop_column('overdue_from')

    with op.batch_alter_table('bill_lines', schema=None) as batch_op:
        batch_op.drop_index('ix_bill_lines_sim')
        batch_op.drop_index('ix_bill_lines_bill')

    op.drop_table('bill_lines')
    with op.batch_alter_table('running_charges', schema=None) as batch_op:
        batch_op.drop_index('ix_running_charges_place')

    op.drop_table('running_charges')
    with op.batch_alter_table('bill_notes', schema=None) as batch_op:
        batch_op.drop_index('ix_bill_notes_account')

    op.drop_table('bill_notes')
    with op.batch_alter_table('bills', schema=None) as batch_op:
        batch_op.drop_index('ix_bills_tree')
        batch_op.drop_index('ix_bills_due', postgresql_where=sa.text('amount_due > 0'), sqlite_where=sa.text('amount_due > 0'))
        batch_op.drop_index('ix_bills_account')

    op.drop_table('bills')
    with op.batch_alter_table('billing_terms', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_billing_terms_organization_id'))

    op.drop_table('billing_terms')
    op.drop_table('billing_books')
    op.drop_table('bill_runs')

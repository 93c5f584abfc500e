"""papers of bills."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('tax_memories',
    sa.Column('memory_id', sa.String(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('memory_id', name=op.f('pk_tax_memories'))
    )
    op.create_table('bill_disputes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('bill_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('credited', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('ticket_id', sa.Uuid(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('opened_at', types.UtcDateTime(), nullable=False),
    sa.Column('resolved_at', types.UtcDateTime(), nullable=True),
    sa.CheckConstraint('credited IS NULL OR (credited >= 0 AND credited <= amount)', name='credited_within_dispute'),
    sa.ForeignKeyConstraint(['bill_id'], ['bills.id'], name=op.f('fk_bill_disputes_bill_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_disputes_organization_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_bill_disputes_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bill_disputes'))
    )
    with op.batch_alter_table('bill_disputes', schema=None) as batch_op:
        batch_op.create_index('ix_bill_disputes_bill', ['organization_id', 'bill_id', 'opened_at'], unique=False)

    op.create_table('bill_documents',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('bill_id', sa.Uuid(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['bill_id'], ['bills.id'], name=op.f('fk_bill_documents_bill_id')),
    sa.ForeignKeyConstraint(['file_id'], ['files.id'], name=op.f('fk_bill_documents_file_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_documents_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'bill_id', 'media_type', name=op.f('pk_bill_documents'))
    )
    with op.batch_alter_table('bill_documents', schema=None) as batch_op:
        batch_op.create_index('ix_bill_documents_file', ['file_id'], unique=True)

    op.create_table('bill_reminders',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('bill_id', sa.Uuid(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('told_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['bill_id'], ['bills.id'], name=op.f('fk_bill_reminders_bill_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_reminders_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'bill_id', 'days', name=op.f('pk_bill_reminders'))
    )
    op.create_table('bill_dispute_lines',
    sa.Column('dispute_id', sa.Uuid(), nullable=False),
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['dispute_id'], ['bill_disputes.id'], name=op.f('fk_bill_dispute_lines_dispute_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bill_lines.id'], name=op.f('fk_bill_dispute_lines_line_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_bill_dispute_lines_organization_id')),
    sa.PrimaryKeyConstraint('dispute_id', 'line_id', name=op.f('pk_bill_dispute_lines'))
    )
    with op.batch_alter_table('bill_dispute_lines', schema=None) as batch_op:
        batch_op.create_index('ix_bill_dispute_lines_line', ['organization_id', 'line_id'], unique=False)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('bill_dispute_lines', schema=None) as batch_op:
        batch_op.drop_index('ix_bill_dispute_lines_line')

    op.drop_table('bill_dispute_lines')
    op.drop_table('bill_reminders')
    with op.batch_alter_table('bill_documents', schema=None) as batch_op:
        batch_op.drop_index('ix_bill_documents_file')

    op.drop_table('bill_documents')
    with op.batch_alter_table('bill_disputes', schema=None) as batch_op:
        batch_op.drop_index('ix_bill_disputes_bill')

    op.drop_table('bill_disputes')
    op.drop_table('tax_memories')

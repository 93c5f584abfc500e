"""budgets and approvals."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('approval_delegations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('from_person_id', sa.Uuid(), nullable=False),
    sa.Column('to_person_id', sa.Uuid(), nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['from_person_id'], ['persons.id'], name=op.f('fk_approval_delegations_from_person_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_approval_delegations_organization_id')),
    sa.ForeignKeyConstraint(['to_person_id'], ['persons.id'], name=op.f('fk_approval_delegations_to_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_delegations'))
    )
    with op.batch_alter_table('approval_delegations', schema=None) as batch_op:
        batch_op.create_index('ix_approval_delegations_from', ['organization_id', 'from_person_id', 'valid_to'], unique=False)
        batch_op.create_index('ix_approval_delegations_to', ['to_person_id', 'valid_to'], unique=False)

    op.create_table('budgets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('month', types.Ordered, nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('thresholds', types.Json, nullable=False),
    sa.Column('is_set', sa.Boolean(), nullable=False),
    sa.Column('spent', sa.BigInteger(), nullable=False),
    sa.Column('committed', sa.BigInteger(), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_budgets_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_budgets')),
    sa.UniqueConstraint('organization_id', 'subject_id', 'month', name=op.f('uq_budgets_organization_id_subject_id_month'))
    )
    with op.batch_alter_table('budgets', schema=None) as batch_op:
        batch_op.create_index('ix_budgets_month', ['organization_id', 'month'], unique=False)

    op.create_table('spendings',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('cause_id', sa.Uuid(), nullable=False),
    sa.Column('cause_kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('parts', types.Json, nullable=False),
    sa.Column('api_token_id', sa.Uuid(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_spendings_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'cause_id', name=op.f('pk_spendings'))
    )
    op.create_table('token_budgets',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('api_token_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_token_budgets_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'api_token_id', name=op.f('pk_token_budgets'))
    )
    op.create_table('token_days',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('api_token_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('spent', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_token_days_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'api_token_id', 'day', name=op.f('pk_token_days'))
    )
    op.create_table('approval_bands',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('from_amount', sa.BigInteger(), nullable=False),
    sa.Column('approver_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_approval_bands_account_id')),
    sa.ForeignKeyConstraint(['approver_id'], ['persons.id'], name=op.f('fk_approval_bands_approver_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_approval_bands_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_bands')),
    sa.UniqueConstraint('organization_id', 'account_id', 'from_amount', name=op.f('uq_approval_bands_organization_id_account_id_from_amount'))
    )
    op.create_table('approvals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('requester_id', sa.Uuid(), nullable=True),
    sa.Column('requested_at', types.UtcDateTime(), nullable=False),
    sa.Column('due_at', types.UtcDateTime(), nullable=False),
    sa.Column('plan', types.Json, nullable=False),
    sa.Column('is_over_band', sa.Boolean(), nullable=False),
    sa.Column('over', types.Json, nullable=False),
    sa.Column('hold_id', sa.Uuid(), nullable=True),
    sa.Column('decided_by', types.Json, nullable=True),
    sa.Column('decided_at', types.UtcDateTime(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('changed_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_approvals_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_approvals_organization_id')),
    sa.ForeignKeyConstraint(['requester_id'], ['persons.id'], name=op.f('fk_approvals_requester_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals'))
    )
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.create_index('ix_approvals_changed', ['changed_at'], unique=False)
        batch_op.create_index('ix_approvals_due', ['state', 'due_at'], unique=False)
        batch_op.create_index('ix_approvals_inbox', ['organization_id', 'state', 'requested_at', 'id'], unique=False)
        batch_op.create_index('ix_approvals_subject', ['organization_id', 'subject_id'], unique=False)

    op.create_table('approval_asked',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('approval_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_approval_asked_approval_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_approval_asked_organization_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_approval_asked_person_id')),
    sa.PrimaryKeyConstraint('organization_id', 'approval_id', 'person_id', name=op.f('pk_approval_asked'))
    )
    with op.batch_alter_table('approval_asked', schema=None) as batch_op:
        batch_op.create_index('ix_approval_asked_person', ['person_id', 'approval_id'], unique=False)

    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cost_centre_id', sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_order_items_cost_centre_id'), 'cost_centres', ['cost_centre_id'], ['id'])



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_order_items_cost_centre_id'), type_='foreignkey')
        batch_op.drop_column('cost_centre_id')

    with op.batch_alter_table('approval_asked', schema=None) as batch_op:
        batch_op.drop_index('ix_approval_asked_person')

    op.drop_table('approval_asked')
    with op.batch_alter_table('approvals', schema=None) as batch_op:
        batch_op.drop_index('ix_approvals_subject')
        batch_op.drop_index('ix_approvals_inbox')
        batch_op.drop_index('ix_approvals_due')
        batch_op.drop_index('ix_approvals_changed')

    op.drop_table('approvals')
    op.drop_table('approval_bands')
    op.drop_table('token_days')
    op.drop_table('token_budgets')
    op.drop_table('spendings')
    with op.batch_alter_table('budgets', schema=None) as batch_op:
        batch_op.drop_index('ix_budgets_month')

    op.drop_table('budgets')
    with op.batch_alter_table('approval_delegations', schema=None) as batch_op:
        batch_op.drop_index('ix_approval_delegations_to')
        batch_op.drop_index('ix_approval_delegations_from')

    op.drop_table('approval_delegations')

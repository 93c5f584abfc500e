"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('auth_limit_windows',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('hits', types.Json, nullable=False),
    sa.Column('expires_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_auth_limit_windows'))
    )
    with op.batch_alter_table('auth_limit_windows', schema=None) as batch_op:
        batch_op.create_index('ix_auth_limit_windows_expiry', ['expires_at'], unique=False)

    op.create_table('auth_signing_keys',
    sa.Column('kid', sa.String(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('key_id', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('retired_at', types.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_auth_signing_keys')),
    sa.UniqueConstraint('seq', name=op.f('uq_auth_signing_keys_seq'))
    )
    op.create_table('idempotency_keys',
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('mutation', sa.String(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.Column('first_used_at', types.UtcDateTime(), nullable=False),
    sa.Column('outcome', types.Json, nullable=True),
    sa.PrimaryKeyConstraint('actor_id', 'mutation', 'key', name=op.f('pk_idempotency_keys'))
    )
    op.create_table('offerings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('names', types.Json, nullable=False),
    sa.Column('descriptions', types.Json, nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('net_price', sa.BigInteger(), nullable=False),
    sa.Column('allowances', types.Json, nullable=False),
    sa.Column('valid_days', sa.Integer(), nullable=True),
    sa.Column('activations', types.Json, nullable=False),
    sa.Column('max_queued', sa.Integer(), nullable=False),
    sa.Column('is_rolled_over', sa.Boolean(), nullable=False),
    sa.Column('payment_modes', types.Json, nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('search', types.Ordered, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offerings')),
    sa.UniqueConstraint('code', name=op.f('uq_offerings_code'))
    )
    op.create_table('organizations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_fold', types.Ordered, nullable=False),
    sa.Column('legal_id', sa.String(), nullable=False),
    sa.Column('economic_code', sa.String(), nullable=True),
    sa.Column('contacts', types.Json, nullable=False),
    sa.Column('locale', sa.String(), nullable=False),
    sa.Column('last_seq', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organizations')),
    sa.UniqueConstraint('legal_id', name=op.f('uq_organizations_legal_id'))
    )
    op.create_table('outbox',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('payload', types.Json, nullable=False),
    sa.Column('key', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('run_at', types.UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_by', sa.String(), nullable=True),
    sa.Column('lease_until', types.UtcDateTime(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['state', 'run_at'], unique=False)
        batch_op.create_index('ix_outbox_subject', ['subject', 'state', 'seq'], unique=False)

    op.create_table('persons',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_fold', types.Ordered, nullable=False),
    sa.Column('mobile', sa.String(), nullable=True),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('locale', sa.String(), nullable=True),
    sa.Column('line_changed_at', types.UtcDateTime(), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_persons')),
    sa.UniqueConstraint('email', name=op.f('uq_persons_email')),
    sa.UniqueConstraint('mobile', name=op.f('uq_persons_mobile'))
    )
    op.create_table('vat_rates',
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('rate', types.DecimalText(), nullable=False),
    sa.PrimaryKeyConstraint('valid_from', name=op.f('pk_vat_rates'))
    )
    op.create_table('accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_fold', types.Ordered, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('payment_mode', sa.String(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_accounts_organization_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['accounts.id'], name=op.f('fk_accounts_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('organization_id', 'number', name=op.f('uq_accounts_organization_id_number'))
    )
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.create_index('ix_accounts_tree', ['organization_id', 'path'], unique=True)

    op.create_table('audit_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('is_operator', sa.Boolean(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('changes', types.Json, nullable=False),
    sa.Column('change_count', sa.Integer(), nullable=False),
    sa.Column('failure', types.Json, nullable=True),
    sa.Column('previous_hash', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_audit_entries_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries')),
    sa.UniqueConstraint('organization_id', 'seq', name=op.f('uq_audit_entries_organization_id_seq'))
    )
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entries_at', ['organization_id', 'at', 'seq'], unique=False)

    op.create_table('audit_heads',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_audit_heads_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_audit_heads'))
    )
    op.create_table('auth_challenges',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('identity', sa.String(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('is_withheld', sa.Boolean(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(), nullable=False),
    sa.Column('used_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_challenges_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_challenges'))
    )
    with op.batch_alter_table('auth_challenges', schema=None) as batch_op:
        batch_op.create_index('ix_auth_challenges_expiry', ['expires_at'], unique=False)

    op.create_table('auth_recovery_codes',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('used_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_recovery_codes_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'hash', name=op.f('pk_auth_recovery_codes'))
    )
    op.create_table('auth_totps',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.String(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.Column('pending_key_id', sa.String(), nullable=True),
    sa.Column('pending', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_totps_person_id')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_auth_totps'))
    )
    op.create_table('cost_centres',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_cost_centres_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_centres')),
    sa.UniqueConstraint('organization_id', 'code', name=op.f('uq_cost_centres_organization_id_code'))
    )
    op.create_table('files',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_files_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_files'))
    )
    op.create_table('ledger_accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('floor', sa.BigInteger(), nullable=False),
    sa.Column('ceiling', sa.BigInteger(), nullable=True),
    sa.Column('entry_count', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind <> 'WALLET' OR balance - held >= floor", name='wallet_above_floor'),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_ledger_accounts_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_accounts')),
    sa.UniqueConstraint('organization_id', 'kind', 'owner_id', name=op.f('uq_ledger_accounts_organization_id_kind_owner_id'))
    )
    op.create_table('ledger_transfers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('posted_at', types.UtcDateTime(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('cause_kind', sa.String(), nullable=True),
    sa.Column('cause_id', sa.Uuid(), nullable=True),
    sa.Column('memo', sa.String(), nullable=True),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_ledger_transfers_organization_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['ledger_transfers.id'], name=op.f('fk_ledger_transfers_reverses_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_transfers')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_ledger_transfers_reverses_id'))
    )
    with op.batch_alter_table('ledger_transfers', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_transfers_cause', ['organization_id', 'cause_id'], unique=False)

    op.create_table('number_series',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('series', sa.String(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_number_series_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'series', name=op.f('pk_number_series'))
    )
    op.create_table('tickets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('search', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('state_since', types.UtcDateTime(), nullable=False),
    sa.Column('priority', sa.String(), nullable=False),
    sa.Column('about_kind', sa.String(), nullable=True),
    sa.Column('about_id', sa.Uuid(), nullable=True),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('opened_at', types.UtcDateTime(), nullable=False),
    sa.Column('due_at', types.UtcDateTime(), nullable=True),
    sa.Column('assignee_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['assignee_id'], ['persons.id'], name=op.f('fk_tickets_assignee_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_tickets_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('organization_id', 'number', name=op.f('uq_tickets_organization_id_number'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index('ix_tickets_list', ['organization_id', 'opened_at', 'id'], unique=False)
        batch_op.create_index('ix_tickets_desk', ['opened_at', 'id'], unique=False)

    op.create_table('account_edges',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_edges_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_account_edges_organization_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['accounts.id'], name=op.f('fk_account_edges_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_edges'))
    )
    with op.batch_alter_table('account_edges', schema=None) as batch_op:
        batch_op.create_index('ix_account_edges_account', ['organization_id', 'account_id', 'valid_from'], unique=True)
        batch_op.create_index('ix_account_edges_tree', ['organization_id', 'path', 'valid_from'], unique=False)

    op.create_table('audit_subjects',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entries.id'], name=op.f('fk_audit_subjects_entry_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_audit_subjects_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'subject_id', 'seq', name=op.f('pk_audit_subjects'))
    )
    with op.batch_alter_table('audit_subjects', schema=None) as batch_op:
        batch_op.create_index('ix_audit_subjects_entry', ['entry_id'], unique=False)

    op.create_table('auth_api_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('prefix', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('permissions', types.Json, nullable=False),
    sa.Column('networks', types.Json, nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(), nullable=False),
    sa.Column('last_used_at', types.UtcDateTime(), nullable=True),
    sa.Column('revoked_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_auth_api_tokens_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_auth_api_tokens_organization_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_api_tokens_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_api_tokens')),
    sa.UniqueConstraint('hash', name=op.f('uq_auth_api_tokens_hash'))
    )
    with op.batch_alter_table('auth_api_tokens', schema=None) as batch_op:
        batch_op.create_index('ix_auth_api_tokens_list', ['organization_id', 'created_at', 'id'], unique=False)

    op.create_table('auth_sessions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sa.String(), nullable=True),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('last_used_at', types.UtcDateTime(), nullable=False),
    sa.Column('proven_at', types.UtcDateTime(), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(), nullable=False),
    sa.Column('revoked_at', types.UtcDateTime(), nullable=True),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('ticket_id', sa.Uuid(), nullable=True),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_auth_sessions_organization_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['auth_sessions.id'], name=op.f('fk_auth_sessions_parent_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_auth_sessions_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_auth_sessions_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_sessions'))
    )
    with op.batch_alter_table('auth_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_auth_sessions_parent', ['parent_id'], unique=False)
        batch_op.create_index('ix_auth_sessions_person', ['person_id', 'created_at'], unique=False)
        batch_op.create_index('ix_auth_sessions_view', ['organization_id', 'expires_at'], unique=False)

    op.create_table('ledger_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('transfer_id', sa.Uuid(), nullable=False),
    sa.Column('ledger_account_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('posted_at', types.UtcDateTime(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('balance_after', sa.BigInteger(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.ForeignKeyConstraint(['ledger_account_id'], ['ledger_accounts.id'], name=op.f('fk_ledger_entries_ledger_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_ledger_entries_organization_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_ledger_entries_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entries')),
    sa.UniqueConstraint('organization_id', 'ledger_account_id', 'seq', name=op.f('uq_ledger_entries_organization_id_ledger_account_id_seq'))
    )
    with op.batch_alter_table('ledger_entries', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_entries_posted', ['organization_id', 'ledger_account_id', 'posted_at'], unique=False)
        batch_op.create_index('ix_ledger_entries_transfer', ['transfer_id'], unique=False)

    op.create_table('memberships',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_memberships_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_memberships_organization_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_memberships_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index('ix_memberships_organization', ['organization_id', 'valid_from'], unique=False)
        batch_op.create_index('ix_memberships_person', ['person_id', 'valid_from'], unique=False)

    op.create_table('orders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('external_reference', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('placed_by_id', sa.Uuid(), nullable=True),
    sa.Column('placed_at', types.UtcDateTime(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('vat', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', types.DecimalText(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('purchase_order_number', sa.String(), nullable=True),
    sa.Column('memo', sa.String(), nullable=True),
    sa.Column('receipt_emails', types.Json, nullable=False),
    sa.Column('locale', sa.String(), nullable=False),
    sa.Column('receipt_file_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_orders_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_orders_organization_id')),
    sa.ForeignKeyConstraint(['receipt_file_id'], ['files.id'], name=op.f('fk_orders_receipt_file_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('organization_id', 'external_reference', name=op.f('uq_orders_organization_id_external_reference')),
    sa.UniqueConstraint('organization_id', 'number', name=op.f('uq_orders_organization_id_number'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_history', ['organization_id', 'placed_at', 'id'], unique=False)
        batch_op.create_index('ix_orders_receipt', ['receipt_file_id'], unique=False)
        batch_op.create_index('ix_orders_tree', ['organization_id', 'path', 'placed_at'], unique=False)

    op.create_table('sim_counters',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.CheckConstraint('count >= 0', name='sim_counter_not_negative'),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sim_counters_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_counters_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'account_id', 'status', name=op.f('pk_sim_counters'))
    )
    op.create_table('sims',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('path', types.Ordered, nullable=False),
    sa.Column('msisdn', types.Ordered, nullable=True),
    sa.Column('iccid', sa.String(), nullable=False),
    sa.Column('imsi', sa.String(), nullable=False),
    sa.Column('imei', sa.String(), nullable=True),
    sa.Column('locked_imei', sa.String(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('status_reason', sa.String(), nullable=True),
    sa.Column('status_since', types.UtcDateTime(), nullable=False),
    sa.Column('resumes_at', types.UtcDateTime(), nullable=True),
    sa.Column('barring', sa.String(), nullable=False),
    sa.Column('barred_by', sa.String(), nullable=True),
    sa.Column('change_id', sa.Uuid(), nullable=True),
    sa.Column('payment_mode', sa.String(), nullable=False),
    sa.Column('activated_at', types.UtcDateTime(), nullable=True),
    sa.Column('valid_until', types.UtcDateTime(), nullable=True),
    sa.Column('grace_until', types.UtcDateTime(), nullable=True),
    sa.Column('holder_name', sa.String(), nullable=True),
    sa.Column('holder_fold', types.Ordered, nullable=False),
    sa.Column('employee_number', sa.String(), nullable=True),
    sa.Column('cost_centre_id', sa.Uuid(), nullable=True),
    sa.Column('tags', sa.String(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=True),
    sa.Column('balance', sa.BigInteger(), nullable=True),
    sa.Column('credit_limit', sa.BigInteger(), nullable=True),
    sa.Column('debt', sa.BigInteger(), nullable=True),
    sa.Column('current_charge', sa.BigInteger(), nullable=True),
    sa.Column('figures_at', types.UtcDateTime(), nullable=False),
    sa.Column('figures_source', sa.String(), nullable=False),
    sa.Column('last_usage_at', types.UtcDateTime(), nullable=True),
    sa.Column('data_remaining', sa.BigInteger(), nullable=False),
    sa.Column('next_bucket_end_at', types.UtcDateTime(), nullable=True),
    sa.Column('search', types.Ordered, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sims_account_id')),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centres.id'], name=op.f('fk_sims_cost_centre_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sims_organization_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['offerings.id'], name=op.f('fk_sims_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sims')),
    sa.UniqueConstraint('iccid', name=op.f('uq_sims_iccid')),
    sa.UniqueConstraint('imsi', name=op.f('uq_sims_imsi')),
    sa.UniqueConstraint('msisdn', name=op.f('uq_sims_msisdn'))
    )
    with op.batch_alter_table('sims', schema=None) as batch_op:
        batch_op.create_index('ix_sims_holder', ['organization_id', 'holder_fold', 'id'], unique=False)
        batch_op.create_index('ix_sims_line', ['organization_id', 'msisdn', 'id'], unique=False)
        batch_op.create_index('ix_sims_status', ['organization_id', 'status', 'msisdn'], unique=False)
        batch_op.create_index('ix_sims_tree', ['organization_id', 'path', 'msisdn', 'id'], unique=False)

    op.create_table('auth_refresh_tokens',
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(), nullable=False),
    sa.Column('used_at', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['auth_sessions.id'], name=op.f('fk_auth_refresh_tokens_session_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_auth_refresh_tokens'))
    )
    with op.batch_alter_table('auth_refresh_tokens', schema=None) as batch_op:
        batch_op.create_index('ix_auth_refresh_tokens_expiry', ['expires_at'], unique=False)
        batch_op.create_index('ix_auth_refresh_tokens_session', ['session_id'], unique=False)

    op.create_table('order_steps',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_steps_order_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_order_steps_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_steps'))
    )
    with op.batch_alter_table('order_steps', schema=None) as batch_op:
        batch_op.create_index('ix_order_steps_order', ['organization_id', 'order_id', 'at'], unique=False)

    op.create_table('products',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('offering_id', sa.Uuid(), nullable=False),
    sa.Column('order_item_id', sa.Uuid(), nullable=True),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=True),
    sa.Column('ends_at', types.UtcDateTime(), nullable=True),
    sa.Column('is_renewing', sa.Boolean(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['offering_id'], ['offerings.id'], name=op.f('fk_products_offering_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_products_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_products_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products'))
    )
    with op.batch_alter_table('products', schema=None) as batch_op:
        batch_op.create_index('ix_products_item', ['order_item_id'], unique=True)
        batch_op.create_index('ix_products_sim', ['organization_id', 'sim_id', 'status'], unique=False)

    op.create_table('puk_attempts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('is_shown', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_puk_attempts_organization_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_puk_attempts_person_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_puk_attempts_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_puk_attempts'))
    )
    with op.batch_alter_table('puk_attempts', schema=None) as batch_op:
        batch_op.create_index('ix_puk_attempts_person', ['person_id', 'at'], unique=False)

    op.create_table('sim_apns',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('network_identifier', sa.String(), nullable=False),
    sa.Column('operator_identifier', sa.String(), nullable=True),
    sa.Column('pdn_type', sa.String(), nullable=False),
    sa.Column('ip_allocation', sa.String(), nullable=False),
    sa.Column('static_address', sa.String(), nullable=True),
    sa.Column('qos_class', sa.Integer(), nullable=True),
    sa.Column('arp', sa.Integer(), nullable=True),
    sa.Column('ambr_uplink', sa.BigInteger(), nullable=True),
    sa.Column('ambr_downlink', sa.BigInteger(), nullable=True),
    sa.Column('charging_characteristics', sa.String(), nullable=True),
    sa.Column('is_visited_allowed', sa.Boolean(), nullable=False),
    sa.Column('is_private', sa.Boolean(), nullable=False),
    sa.Column('auth_type', sa.String(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('activated_at', types.UtcDateTime(), nullable=True),
    sa.Column('as_of', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_apns_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_sim_apns_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sim_apns'))
    )
    with op.batch_alter_table('sim_apns', schema=None) as batch_op:
        batch_op.create_index('ix_sim_apns_sim', ['organization_id', 'sim_id'], unique=False)

    op.create_table('sim_placements',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sim_placements_account_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_placements_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_sim_placements_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sim_placements'))
    )
    with op.batch_alter_table('sim_placements', schema=None) as batch_op:
        batch_op.create_index('ix_sim_placements_account', ['organization_id', 'account_id', 'valid_from'], unique=False)
        batch_op.create_index('ix_sim_placements_sim', ['organization_id', 'sim_id', 'valid_from'], unique=True)

    op.create_table('sim_secrets',
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_secrets_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_sim_secrets_sim_id')),
    sa.PrimaryKeyConstraint('sim_id', name=op.f('pk_sim_secrets'))
    )
    op.create_table('sim_states',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sim_states_organization_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_sim_states_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sim_states'))
    )
    with op.batch_alter_table('sim_states', schema=None) as batch_op:
        batch_op.create_index('ix_sim_states_sim', ['organization_id', 'sim_id', 'valid_from'], unique=False)

    op.create_table('buckets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=True),
    sa.Column('offering_id', sa.Uuid(), nullable=True),
    sa.Column('usage_type', sa.String(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), nullable=False),
    sa.Column('max_overrun', sa.BigInteger(), nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=True),
    sa.Column('as_of', types.UtcDateTime(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['offering_id'], ['offerings.id'], name=op.f('fk_buckets_offering_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_buckets_organization_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_buckets_product_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_buckets_sim_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_buckets'))
    )
    with op.batch_alter_table('buckets', schema=None) as batch_op:
        batch_op.create_index('ix_buckets_product', ['product_id'], unique=False)
        batch_op.create_index('ix_buckets_sim', ['organization_id', 'sim_id', 'priority'], unique=False)

    op.create_table('order_items',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('offering_id', sa.Uuid(), nullable=False),
    sa.Column('sim_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('activation', sa.String(), nullable=False),
    sa.Column('activate_at', types.UtcDateTime(), nullable=True),
    sa.Column('is_renewing', sa.Boolean(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('vat', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', types.DecimalText(), nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=True),
    sa.Column('transfer_id', sa.Uuid(), nullable=True),
    sa.Column('failure', types.Json, nullable=True),
    sa.ForeignKeyConstraint(['offering_id'], ['offerings.id'], name=op.f('fk_order_items_offering_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_items_order_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_order_items_organization_id')),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_order_items_product_id')),
    sa.ForeignKeyConstraint(['sim_id'], ['sims.id'], name=op.f('fk_order_items_sim_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['ledger_transfers.id'], name=op.f('fk_order_items_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_items'))
    )
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.create_index('ix_order_items_order', ['organization_id', 'order_id', 'position'], unique=True)
        batch_op.create_index('ix_order_items_sim', ['organization_id', 'sim_id'], unique=False)



def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.drop_index('ix_order_items_sim')
        batch_op.drop_index('ix_order_items_order')

    op.drop_table('order_items')
    with op.batch_alter_table('buckets', schema=None) as batch_op:
        batch_op.drop_index('ix_buckets_sim')
        batch_op.drop_index('ix_buckets_product')

    op.drop_table('buckets')
    with op.batch_alter_table('sim_states', schema=None) as batch_op:
        batch_op.drop_index('ix_sim_states_sim')

    op.drop_table('sim_states')
    op.drop_table('sim_secrets')
    with op.batch_alter_table('sim_placements', schema=None) as batch_op:
        batch_op.drop_index('ix_sim_placements_sim')
        batch_op.drop_index('ix_sim_placements_account')

    op.drop_table('sim_placements')
    with op.batch_alter_table('sim_apns', schema=None) as batch_op:
        batch_op.drop_index('ix_sim_apns_sim')

    op.drop_table('sim_apns')
    with op.batch_alter_table('puk_attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_puk_attempts_person')

    op.drop_table('puk_attempts')
    with op.batch_alter_table('products', schema=None) as batch_op:
        batch_op.drop_index('ix_products_sim')
        batch_op.drop_index('ix_products_item')

    op.drop_table('products')
    with op.batch_alter_table('order_steps', schema=None) as batch_op:
        batch_op.drop_index('ix_order_steps_order')

    op.drop_table('order_steps')
    with op.batch_alter_table('auth_refresh_tokens', schema=None) as batch_op:
        batch_op.drop_index('ix_auth_refresh_tokens_session')
        batch_op.drop_index('ix_auth_refresh_tokens_expiry')

    op.drop_table('auth_refresh_tokens')
    with op.batch_alter_table('sims', schema=None) as batch_op:
        batch_op.drop_index('ix_sims_tree')
        batch_op.drop_index('ix_sims_status')
        batch_op.drop_index('ix_sims_line')
        batch_op.drop_index('ix_sims_holder')

    op.drop_table('sims')
    op.drop_table('sim_counters')
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_tree')
        batch_op.drop_index('ix_orders_receipt')
        batch_op.drop_index('ix_orders_history')

    op.drop_table('orders')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index('ix_memberships_person')
        batch_op.drop_index('ix_memberships_organization')

    op.drop_table('memberships')
    with op.batch_alter_table('ledger_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_entries_transfer')
        batch_op.drop_index('ix_ledger_entries_posted')

    op.drop_table('ledger_entries')
    with op.batch_alter_table('auth_sessions', schema=None) as batch_op:
        batch_op.drop_index('ix_auth_sessions_view')
        batch_op.drop_index('ix_auth_sessions_person')
        batch_op.drop_index('ix_auth_sessions_parent')

    op.drop_table('auth_sessions')
    with op.batch_alter_table('auth_api_tokens', schema=None) as batch_op:
        batch_op.drop_index('ix_auth_api_tokens_list')

    op.drop_table('auth_api_tokens')
    with op.batch_alter_table('audit_subjects', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_subjects_entry')

    op.drop_table('audit_subjects')
    with op.batch_alter_table('account_edges', schema=None) as batch_op:
        batch_op.drop_index('ix_account_edges_tree')
        batch_op.drop_index('ix_account_edges_account')

    op.drop_table('account_edges')
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.drop_index('ix_tickets_desk')
        batch_op.drop_index('ix_tickets_list')

    op.drop_table('tickets')
    op.drop_table('number_series')
    with op.batch_alter_table('ledger_transfers', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_transfers_cause')

    op.drop_table('ledger_transfers')
    op.drop_table('ledger_accounts')
    op.drop_table('files')
    op.drop_table('cost_centres')
    op.drop_table('auth_totps')
    op.drop_table('auth_recovery_codes')
    with op.batch_alter_table('auth_challenges', schema=None) as batch_op:
        batch_op.drop_index('ix_auth_challenges_expiry')

    op.drop_table('auth_challenges')
    op.drop_table('audit_heads')
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entries_at')

    op.drop_table('audit_entries')
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_tree')

    op.drop_table('accounts')
    op.drop_table('vat_rates')
    op.drop_table('persons')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_subject')
        batch_op.drop_index('ix_outbox_due')

    op.drop_table('outbox')
    op.drop_table('organizations')
    op.drop_table('offerings')
    op.drop_table('idempotency_keys')
    op.drop_table('auth_signing_keys')
    with op.batch_alter_table('auth_limit_windows', schema=None) as batch_op:
        batch_op.drop_index('ix_auth_limit_windows_expiry')

    op.drop_table('auth_limit_windows')

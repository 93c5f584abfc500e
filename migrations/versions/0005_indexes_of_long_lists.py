"""indexes of fragments that know where numbers begin, and of long lists that know what filters pass by."""

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

ORDERS = {
    'number': 'by_msisdn', 'status': 'status', 'holder': 'holder_fold', 'charge': 'by_current_charge', 'debt': 'by_debt',
    'data': 'data_remaining', 'used': 'by_last_usage_at', 'valid': 'by_valid_until',
}
WALKED = ['id', 'path', 'status', 'payment_mode', 'next_bucket_end_at', 'by_debt', 'by_last_usage_at', 'plan_id', 'cost_centre_id']
WALKED_BEFORE = ['id', 'path', 'status']


def _reorder(walked: list[str]) -> None:
    with op.batch_alter_table('sims', schema=None) as batch_op:
        for name, column in ORDERS.items():
            batch_op.drop_index(f'ix_sims_{name}')
            batch_op.create_index(f'ix_sims_{name}', ['organization_id', column, *(other for other in walked if other != column)])


def upgrade() -> None:
    """Forward."""
    _reorder(WALKED)
    if op.get_bind().dialect.name == 'sqlite':
        for trigger in ('made', 'changed', 'gone'):
            op.execute(f'DROP TRIGGER IF EXISTS sims_fragments_{trigger}')
        op.execute('DROP TABLE IF EXISTS sims_fragments_words')
    op.execute('DROP TABLE IF EXISTS sims_fragments')  # made anew after the migrations: numbers have other parts now

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_history')
        batch_op.create_index('ix_orders_history', ['organization_id', 'placed_at', 'id', 'path', 'state', 'placed_by_id'])
        batch_op.drop_index('ix_orders_tree')

    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entries_at')
        batch_op.create_index('ix_audit_entries_at', ['organization_id', 'at', 'seq', 'path', 'is_operator'])
        batch_op.create_index('ix_audit_entries_person', ['organization_id', 'person_id', 'at', 'seq'])
        batch_op.create_index('ix_audit_entries_action', ['organization_id', 'action', 'at', 'seq'])


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entries_action')
        batch_op.drop_index('ix_audit_entries_person')
        batch_op.drop_index('ix_audit_entries_at')
        batch_op.create_index('ix_audit_entries_at', ['organization_id', 'at', 'seq'])

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_tree', ['organization_id', 'path', 'placed_at'])
        batch_op.drop_index('ix_orders_history')
        batch_op.create_index('ix_orders_history', ['organization_id', 'placed_at', 'id'])

    _reorder(WALKED_BEFORE)

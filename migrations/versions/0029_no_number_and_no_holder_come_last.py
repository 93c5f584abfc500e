"""no number and no holder come last."""

import sqlalchemy as sa
from alembic import op

from store import ordering, types

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

WALKED = ['id', 'path', 'status', 'payment_mode', 'next_bucket_end_at', 'by_debt', 'by_last_usage_at', 'plan_id', 'cost_centre_id']


def _add(name: str, computed: sa.Computed) -> None:
    """Adds a key to sort by; SQLite takes none into a table that is there but one it computes on reading."""
    is_stored = op.get_bind().dialect.name != 'sqlite'
    op.add_column('sims', sa.Column(name, types.Ordered, sa.Computed(computed.sqltext, persisted=is_stored), nullable=False))


def _number(computed: sa.Computed) -> None:
    """Computes the key of numbers in another way, which no engine does in place."""
    for index in ('ix_sims_number', 'ix_sims_tree', 'ix_sims_holder'):
        op.drop_index(index, 'sims')
    op.drop_column('sims', 'by_msisdn')
    _add('by_msisdn', computed)
    op.create_index('ix_sims_tree', 'sims', ['organization_id', 'path', 'by_msisdn', 'id', 'status'])
    op.create_index('ix_sims_number', 'sims', ['organization_id', 'by_msisdn', *WALKED])


def upgrade() -> None:
    """Forward."""
    _number(ordering.or_last('msisdn'))
    _add('by_holder', ordering.or_last('holder_fold'))
    op.create_index('ix_sims_holder', 'sims', ['organization_id', 'by_holder', *WALKED])


def downgrade() -> None:
    """Back."""
    _number(ordering.or_least('msisdn', types.Ordered))
    op.drop_column('sims', 'by_holder')
    op.create_index('ix_sims_holder', 'sims', ['organization_id', 'holder_fold', *WALKED])

"""moves in time."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table('organizations') as batch_op:
        batch_op.add_column(sa.Column('next_move_at', types.UtcDateTime(), nullable=True))
        batch_op.create_index('ix_organizations_next_move', ['next_move_at'])
    with op.batch_alter_table('accounts') as batch_op:
        batch_op.add_column(sa.Column('former_paths', types.Json, server_default='[]', nullable=False))
    with op.batch_alter_table('accounts') as batch_op:
        batch_op.alter_column('former_paths', existing_type=types.Json, existing_nullable=False, server_default=None)
    op.create_index('ix_account_edges_begin', 'account_edges', ['organization_id', 'valid_from'])
    op.create_index('ix_sim_placements_begin', 'sim_placements', ['organization_id', 'valid_from'])


def downgrade() -> None:
    """Back."""
    op.drop_index('ix_sim_placements_begin', table_name='sim_placements')
    op.drop_index('ix_account_edges_begin', table_name='account_edges')
    with op.batch_alter_table('accounts') as batch_op:
        batch_op.drop_column('former_paths')
    with op.batch_alter_table('organizations') as batch_op:
        batch_op.drop_index('ix_organizations_next_move')
        batch_op.drop_column('next_move_at')

"""registered documents."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('trusted_documents',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('registered_at', types.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_trusted_documents_organization_id')),
    sa.PrimaryKeyConstraint('organization_id', 'digest', name=op.f('pk_trusted_documents'))
    )


def downgrade() -> None:
    """Back."""
    op.drop_table('trusted_documents')

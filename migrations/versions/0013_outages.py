"""outages."""

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table('incidents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('locale', sa.String(), nullable=False),
    sa.Column('words', types.Json, nullable=False),
    sa.Column('services', types.Json, nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents'))
    )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.create_index('ix_incidents_period', ['ends_at', 'starts_at'], unique=False)

    op.create_table('incident_changes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('incident_id', sa.Uuid(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('by', types.Json, nullable=False),
    sa.Column('changes', types.Json, nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_changes_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident_changes'))
    )
    with op.batch_alter_table('incident_changes', schema=None) as batch_op:
        batch_op.create_index('ix_incident_changes_incident', ['incident_id', 'at'], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table('incident_changes')
    op.drop_table('incidents')

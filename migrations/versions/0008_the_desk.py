"""the desk: departments, told deadlines, when answered tickets close."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

NETWORK, BILLING = ("si", "pr", "bu", "ur"), ("or", "oi", "wa", "lt", "le", "of")
ACCESS = ("pe", "mb", "se", "at", "au", "al")


def upgrade() -> None:
    """Forward; what was answered before may be brought back for seven days as it was then."""
    with op.batch_alter_table('tickets') as batch_op:
        batch_op.add_column(sa.Column('department', sa.String(), nullable=False, server_default='customers'))
        batch_op.add_column(sa.Column('late_told_at', types.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('closes_at', types.UtcDateTime(), nullable=True))
    tickets = sa.table(
        'tickets', sa.column('id', sa.Uuid()), sa.column('about_kind', sa.String()), sa.column('department', sa.String()),
        sa.column('state', sa.String()), sa.column('state_since', types.UtcDateTime()), sa.column('closes_at', types.UtcDateTime()),
    )
    for name, kinds in (('network', NETWORK), ('billing', BILLING), ('access', ACCESS)):
        op.execute(tickets.update().where(tickets.c.about_kind.in_(kinds)).values(department=name))
    connection = op.get_bind()
    answered = connection.execute(sa.select(tickets.c.id, tickets.c.state_since).where(tickets.c.state == 'RESOLVED')).all()
    for id, since in answered:
        connection.execute(tickets.update().where(tickets.c.id == id).values(closes_at=since + timedelta(days=7)))
    with op.batch_alter_table('tickets') as batch_op:
        batch_op.alter_column('department', existing_type=sa.String(), server_default=None)
        batch_op.create_index('ix_tickets_due', ['due_at'], unique=False)
        batch_op.create_index('ix_tickets_closing', ['closes_at'], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table('tickets') as batch_op:
        batch_op.drop_index('ix_tickets_closing')
        batch_op.drop_index('ix_tickets_due')
        batch_op.drop_column('closes_at')
        batch_op.drop_column('late_told_at')
        batch_op.drop_column('department')

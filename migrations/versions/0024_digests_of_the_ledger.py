"""digests of what never changes in the ledger."""

import hashlib
import json
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from store import types

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

AT_ONCE = 1_000
TRANSFER = ('id', 'organization_id', 'posted_at', 'reason', 'by', 'cause_kind', 'cause_id', 'memo', 'reverses_id')
SEALED = {
    'ledger_entries': ('id', 'organization_id', 'transfer_id', 'ledger_account_id', 'seq', 'posted_at', 'amount', 'balance_after', 'path'),
    'ledger_accounts': ('id', 'organization_id', 'kind', 'owner_kind', 'owner_id', 'floor', 'ceiling', 'lot_months'),
    'ledger_holds': ('id', 'organization_id', 'ledger_account_id', 'amount', 'cause_kind', 'cause_id', 'held_at'),
    'wallet_lots': ('id', 'organization_id', 'ledger_account_id', 'transfer_id', 'amount', 'created_at', 'expires_at'),
}
KINDS = {
    'posted_at': types.UtcDateTime(), 'held_at': types.UtcDateTime(), 'created_at': types.UtcDateTime(), 'expires_at': types.UtcDateTime(),
    'by': types.Json, 'seq': sa.BigInteger(), 'amount': sa.BigInteger(), 'balance_after': sa.BigInteger(), 'floor': sa.BigInteger(),
    'ceiling': sa.BigInteger(), 'lot_months': sa.Integer(),
}


def _kind(name):
    return KINDS.get(name) or (sa.Uuid() if name == 'id' or name.endswith('_id') else sa.String())


def _table(name, columns):
    return sa.table(name, *(sa.column(column, _kind(column)) for column in columns), sa.column('digest', sa.String()))


def _value(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace('+00:00', 'Z')
    return str(value) if isinstance(value, uuid.UUID) else value


def _written(names, row):
    values = [_value(row[name]) for name in names]
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(',', ':')).encode()


def _pages(connection, statement, id):
    """The rows of a statement by id, some at a time."""
    last = None
    while True:
        rows = connection.execute((statement if last is None else statement.where(id > last)).order_by(id).limit(AT_ONCE)).mappings().all()
        if not rows:
            return
        yield rows
        last = rows[-1]['id']


def upgrade() -> None:
    """Forward: what is there is sealed as it is."""
    connection = op.get_bind()
    for name, columns in SEALED.items():
        with op.batch_alter_table(name) as batch_op:
            batch_op.add_column(sa.Column('digest', sa.String(), server_default='', nullable=False))
        table = _table(name, columns)
        statement = sa.select(*(table.c[column] for column in columns))
        if name == 'ledger_entries':
            transfers = sa.table('ledger_transfers', *(sa.column(column, _kind(column)) for column in TRANSFER))
            statement = statement.add_columns(*(transfers.c[column].label(f'of_{column}') for column in TRANSFER))
            statement = statement.select_from(table.join(transfers, transfers.c.id == table.c.transfer_id))
        for rows in _pages(connection, statement, table.c.id):
            sealed = []
            for row in rows:
                before = _written(TRANSFER, {column: row[f'of_{column}'] for column in TRANSFER}) if name == 'ledger_entries' else b''
                sealed.append({'key': row['id'], 'seal': hashlib.sha256(before + _written(columns, row)).hexdigest()})
            connection.execute(sa.update(table).where(table.c.id == sa.bindparam('key')).values(digest=sa.bindparam('seal')), sealed)
        with op.batch_alter_table(name) as batch_op:
            batch_op.alter_column('digest', existing_type=sa.String(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    """Back."""
    for name in SEALED:
        with op.batch_alter_table(name) as batch_op:
            batch_op.drop_column('digest')

// Reads the fleet page with the statements of the hand-written endpoints, for servers in this environment.
import { readFileSync } from 'node:fs';
import pg from 'pg';

const given = JSON.parse(readFileSync(process.env.BENCH_STATEMENTS, 'utf8'));
const [INT8, TIMESTAMPTZ] = [20, 1184];
pg.types.setTypeParser(INT8, Number);
// PostgreSQL writes instants in the session's time zone (UTC here) and leaves the zeros at the end of a fraction out.
pg.types.setTypeParser(TIMESTAMPTZ, (text) => {
  const [whole, fraction] = text.slice(0, -3).split('.');
  return `${whole.replace(' ', 'T')}${fraction ? `.${fraction.padEnd(6, '0')}` : ''}Z`;
});

const pool = new pg.Pool({ max: 10, options: '-c timezone=UTC' });
const run = async (name, values) => (await pool.query({ name, text: given[name], values })).rows;

const globalId = (code, id) => Buffer.concat([Buffer.from(code), Buffer.from(id.replaceAll('-', ''), 'hex')]).toString('base64url');
const idOf = (text) => Buffer.from(text, 'base64url').subarray(2).toString('hex');
const cursor = (row) => Buffer.from(`["${given.order}","${row.msisdn ?? given.numberless}",{"u":"${row.id.replaceAll('-', '')}"}]`).toString('base64url');
const placeOf = (text) => {
  const [, msisdn, id] = JSON.parse(Buffer.from(text, 'base64url').toString());
  return [msisdn, id.u];
};
const money = (minor) => (minor === null ? null : { amount: minor, currency: 'IRR' });

export async function account(id) {
  const [row] = await run('account', [idOf(id)]);
  return { key: row.id, organizationId: row.organization_id, id: globalId('ac', row.id), name: row.name };
}

export async function simsOf(source, { first, after }) {
  const values = [source.key, given.locale, first + 1, null, null];
  const found = after ? await run('after', [...values, ...placeOf(after)]) : await run('first', values);
  const rows = found.slice(0, first);
  const ids = rows.map((row) => row.id);
  const buckets = new Map(ids.map((id) => [id, []]));
  for (const row of await run('buckets', [source.organizationId, ids, given.locale, given.main, new Date()])) {
    const unit = given.units[row.usage_type];
    buckets.get(row.sim_id).push({
      name: row.name,
      remaining: { amount: row.remaining, unit },
      total: { amount: row.total, unit },
      validFor: { endsAt: row.ends_at },
    });
  }
  const edges = rows.map((row) => ({ cursor: cursor(row), node: card(row, buckets.get(row.id)) }));
  return { pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null }, edges };
}

function card(row, buckets) {
  const due = row.debt === null || row.current_charge === null ? null : row.debt + row.current_charge;
  return {
    id: globalId('si', row.id),
    msisdn: row.msisdn,
    iccid: row.iccid,
    status: row.status,
    statusReason: row.status_reason,
    holder: row.holder_name ? { name: row.holder_name } : null,
    plan: row.plan ? { name: row.plan } : null,
    lastUsageAt: row.last_usage_at,
    figures: {
      remainingCreditLimit: money(due === null || row.credit_limit === null ? null : row.credit_limit - due),
      balance: money(row.balance),
      debt: money(row.debt),
      currentCharge: money(row.current_charge),
      payable: money(due),
      asOf: row.figures_at,
      source: row.figures_source,
    },
    buckets,
  };
}

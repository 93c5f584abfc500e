-- What PostGraphile shows: views and composite types shaped like the page's JSON, and smart comments that say how they hang together.
-- A row of nulls is null, so that a figure that doesn't apply is; the planner sees through rows, not through functions that make them.
-- {locale} and {main} are put in by the benchmark.
drop schema if exists peers_nested cascade;
create schema peers_nested;

create type peers_nested.holder as (name text);
create type peers_nested.money as (amount bigint, currency text);
create type peers_nested.quantity as (amount bigint, unit text);
create type peers_nested.period as (starts_at timestamptz, ends_at timestamptz);
create type peers_nested.figures as (
  remaining_credit_limit peers_nested.money, balance peers_nested.money, debt peers_nested.money, current_charge peers_nested.money,
  payable peers_nested.money, as_of timestamptz, source text
);

create view peers_nested.account as select id, name from accounts;

create view peers_nested.plan as select id, coalesce(names ->> '{locale}', names ->> 'EN') as name from offerings;

create view peers_nested.sim as
select
  a.id as account_id, s.id, s.organization_id, s.by_msisdn as place, s.msisdn, s.iccid, s.status, s.status_reason,
  row(nullif(s.holder_name, ''))::peers_nested.holder as holder, s.plan_id, s.last_usage_at,
  row(
    row(m.remaining, case when m.remaining is not null then 'IRR' end)::peers_nested.money,
    row(s.balance, case when s.balance is not null then 'IRR' end)::peers_nested.money,
    row(s.debt, case when s.debt is not null then 'IRR' end)::peers_nested.money,
    row(s.current_charge, case when s.current_charge is not null then 'IRR' end)::peers_nested.money,
    row(m.payable, case when m.payable is not null then 'IRR' end)::peers_nested.money,
    s.figures_at, s.figures_source
  )::peers_nested.figures as figures
from accounts a
join sims s on s.organization_id = a.organization_id and s.path >= a.path and s.path < left(a.path, -1) || '/'
cross join lateral (select s.debt + s.current_charge as payable, s.credit_limit - s.debt - s.current_charge as remaining) m;

create view peers_nested.bucket as
select
  b.id, b.organization_id, b.sim_id, coalesce(o.names ->> '{locale}', o.names ->> 'EN', '{main}') as name,
  row(b.remaining, u.unit)::peers_nested.quantity as remaining, row(b.total, u.unit)::peers_nested.quantity as total,
  row(b.starts_at, b.ends_at)::peers_nested.period as valid_for, b.status <> 'ACTIVE' or b.starts_at > now() as is_waiting, b.priority
from buckets b
join (values ('VOICE', 'SECOND'), ('DATA', 'BYTE'), ('SMS', 'MESSAGE'), ('MONETARY', 'RIAL'), ('OTHER', 'MESSAGE')) u (usage_type, unit)
  on u.usage_type = b.usage_type
left join offerings o on o.id = b.offering_id
where b.ends_at is null or b.ends_at > now();

comment on view peers_nested.account is '@primaryKey id';
comment on view peers_nested.plan is '@primaryKey id';
comment on view peers_nested.sim is E'@primaryKey account_id,id\n@unique organization_id,id\n@foreignKey (account_id) references peers_nested.account (id)|@foreignFieldName sims\n@foreignKey (plan_id) references peers_nested.plan (id)|@fieldName plan';
comment on view peers_nested.bucket is E'@primaryKey id\n@foreignKey (organization_id, sim_id) references peers_nested.sim (organization_id, id)|@foreignFieldName bucketConnection|@foreignSimpleFieldName buckets|@behavior +list';

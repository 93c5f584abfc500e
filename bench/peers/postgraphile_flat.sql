-- What PostGraphile shows where it may answer flat: views with the page's columns, and smart comments that say how they hang together.
-- {locale} and {main} are put in by the benchmark.
drop schema if exists peers_flat cascade;
create schema peers_flat;

create view peers_flat.account as select id, name from accounts;

create view peers_flat.plan as select id, coalesce(names ->> '{locale}', names ->> 'EN') as name from offerings;

create view peers_flat.sim as
select
  a.id as account_id, s.id, s.organization_id, s.by_msisdn as place, s.msisdn, s.iccid, s.status, s.status_reason, s.holder_name,
  s.plan_id, s.last_usage_at, s.credit_limit - s.debt - s.current_charge as remaining_credit_limit, s.balance, s.debt, s.current_charge,
  s.debt + s.current_charge as payable, s.figures_at as as_of, s.figures_source as source
from accounts a
join sims s on s.organization_id = a.organization_id and s.path >= a.path and s.path < left(a.path, -1) || '/';

create view peers_flat.bucket as
select
  b.id, b.organization_id, b.sim_id, coalesce(o.names ->> '{locale}', o.names ->> 'EN', '{main}') as name, b.remaining, b.total,
  case b.usage_type when 'VOICE' then 'SECOND' when 'DATA' then 'BYTE' when 'MONETARY' then 'RIAL' else 'MESSAGE' end as unit,
  b.ends_at, b.status <> 'ACTIVE' or b.starts_at > now() as is_waiting, b.priority
from buckets b
left join offerings o on o.id = b.offering_id
where b.ends_at is null or b.ends_at > now();

comment on view peers_flat.account is '@primaryKey id';
comment on view peers_flat.plan is '@primaryKey id';
comment on view peers_flat.sim is E'@primaryKey account_id,id\n@unique organization_id,id\n@foreignKey (account_id) references peers_flat.account (id)|@foreignFieldName sims\n@foreignKey (plan_id) references peers_flat.plan (id)|@fieldName plan';
comment on view peers_flat.bucket is E'@primaryKey id\n@foreignKey (organization_id, sim_id) references peers_flat.sim (organization_id, id)|@foreignFieldName bucketConnection|@foreignSimpleFieldName buckets|@behavior +list';

"""The fleet page by hand: Starlette, asyncpg and a JSON encoder, behind the same token, session and scope as the product's.

Three ways: `raw_dict` two statements, dictionaries and orjson; `raw_structs` the same with msgspec; `raw_sql` JSON built by PostgreSQL.
It imports little: what a process holds in memory, the collector of garbage goes through, and an endpoint of one's own holds little.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import jwt
import msgspec
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.policy import MASKED, READS, RIGHTS, STAFF
from bench.opaque import ACCOUNT, ORDER, SIM, cursor, global_id
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Kind, decode_as
from domain.kernel.paging import key_of
from domain.kernel.permissions import Permission, Role
from domain.kernel.quantity import UNIT_OF

POOL = 10
NEEDED = {Permission.ACCOUNT_READ, Permission.SIM_READ, Permission.WALLET_READ}
ALGORITHM, AUDIENCE, CLAIMS = "EdDSA", "simurgh", ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]
LANGUAGES, FALLBACK = ("FA", "EN", "RU", "BG"), "FA"
DOTS = "•••"
UNITS = {str(kind): unit.value for kind, unit in UNIT_OF.items()}
MOST_BUCKETS = 50

WHO = """
select p.locale, m.role, m.organization_id, a.path, s.ticket_id, s.organization_id as viewed_id, t.state as ticket_state
from auth_sessions s
join persons p on p.id = s.person_id
join memberships m on m.person_id = p.id and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3)
left join accounts a on a.id = m.account_id
left join tickets t on t.id = s.ticket_id
where s.id = $1 and s.person_id = $2 and s.revoked_at is null and s.expires_at > $3
"""

SIMS = """
select a.id as account_id, a.name as account_name, a.organization_id, s.id, s.msisdn, s.iccid, s.status, s.status_reason, s.holder_name,
  coalesce(o.names ->> $2, o.names ->> 'EN') as plan, s.last_usage_at, s.balance, s.credit_limit, s.debt, s.current_charge, s.figures_at,
  s.figures_source
from accounts a
left join lateral (
  select * from sims
  where organization_id = a.organization_id and path >= a.path and path < left(a.path, -1) || '/' {after}
  order by by_msisdn, id
  limit $3
) s on true
left join offerings o on o.id = s.plan_id
where a.id = $1 and ($4::uuid[] is null or exists (
  select from unnest($4::uuid[], $5::text[]) reach (organization_id, path)
  where a.organization_id = reach.organization_id and starts_with(a.path, reach.path)
))
order by s.by_msisdn, s.id
"""
FIRST, AFTER = SIMS.format(after=""), SIMS.format(after="and by_msisdn >= $6 and (by_msisdn, id) > ($6, $7)")

BUCKETS = """
select b.sim_id, coalesce(o.names ->> $3, o.names ->> 'EN', $4) as name, b.usage_type, b.remaining, b.total, b.ends_at
from buckets b
left join offerings o on o.id = b.offering_id
where b.organization_id = $1 and b.sim_id = any($2) and (b.ends_at is null or b.ends_at > $5)
order by b.status <> 'ACTIVE' or b.starts_at > $5, b.priority, b.id
"""


class Refused(Exception):
    """No answer for this one: its HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks and what they reach: parts of organizations by path, or everything where `organizations` is null."""

    language: str | None
    organizations: list[UUID] | None
    paths: list[str]
    is_masked: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a fleet in some language."""

    account_id: UUID
    first: int
    key: tuple[Any, ...] | None
    language: str
    main: str  # what a main balance is called


Answer = Callable[[Any, Caller, Wanted, datetime], Awaitable[bytes]]


class Endpoint:
    """Checks who asks, reads what is asked, and answers in one of the ways below."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._issuer = os.environ["BENCH_ISSUER"]
        self._keys = {key["kid"]: jwt.PyJWK(key).key for key in orjson.loads(os.environ["BENCH_JWKS"])["keys"]}
        self._main: Mapping[str, str] = orjson.loads(os.environ["BENCH_MAIN"])
        self._pool: Any = None

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Keeps the pool open; asyncpg prepares each statement once a connection."""
        async with asyncpg.create_pool(min_size=POOL, max_size=POOL) as self._pool:
            yield

    async def __call__(self, request: Request) -> Response:
        """Answers one request."""
        try:
            person_id, session_id = self._claims(request.headers.get("authorization", ""))
            now = datetime.now(UTC)
            async with self._pool.acquire() as connection:
                caller = _caller(await connection.fetch(WHO, session_id, person_id, now))
                language = _language(request.headers.get("accept-language", "")) or caller.language or FALLBACK
                wanted = _wanted(await request.body(), language, self._main[language])
                return Response(await self._answer(connection, caller, wanted, now), media_type="application/json")
        except Refused as refused:
            return Response(status_code=refused.status)

    def _claims(self, header: str) -> tuple[UUID, UUID]:
        """Person and session of a genuine token that is alive."""
        token = header.removeprefix("Bearer ")
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            options: jwt.types.Options = {"require": CLAIMS, "strict_aud": True}
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=self._issuer, options=options)
            return UUID(claims["sub"]), UUID(claims["sid"])
        except (jwt.PyJWTError, KeyError, ValueError):
            raise Refused(401) from None


def _caller(rows: Sequence[Any]) -> Caller:
    """Somebody who may read accounts, cards and money somewhere; in a support view, of that organization alone."""
    if not rows:
        raise Refused(401)
    roles = {Role(row["role"]) for row in rows}
    language, view, state = rows[0]["locale"], rows[0]["ticket_id"], rows[0]["ticket_state"]
    if view is not None:
        if state in (None, "CLOSED") or not any(Permission.SUPPORT_VIEW in RIGHTS[role] for role in roles) or not NEEDED <= READS:
            raise Refused(401)
        return Caller(language, [rows[0]["viewed_id"]], [""], True)
    held = [(Role(row["role"]), row) for row in rows if RIGHTS[Role(row["role"])] >= NEEDED]
    if not held:
        raise Refused(403)
    if any(role in STAFF for role, _ in held):
        return Caller(language, None, [], bool(roles & MASKED))
    paths = ["" if role is Role.PROFILE_MANAGER else row["path"] for role, row in held]
    return Caller(language, [row["organization_id"] for _, row in held], paths, bool(roles & MASKED))


def _language(header: str) -> str | None:
    """The best of Accept-Language that is spoken here."""
    offered = [(part.partition(";")[0].strip()[:2].upper(), part.partition("q=")[2] or "1") for part in header.split(",")]
    spoken = [(float(weight), language) for language, weight in offered if language in LANGUAGES]
    return max(spoken, key=lambda offer: offer[0])[1] if spoken else None


def _wanted(body: bytes, language: str, main: str) -> Wanted:
    try:
        variables = orjson.loads(body)["variables"]
        account_id, first, after = decode_as(Kind.ACCOUNT, variables["account"]), int(variables["first"]), variables.get("after")
        if not 1 <= first <= 200:
            raise Refused(400)
        return Wanted(account_id, first, key_of(ORDER, after, "after") if after else None, language, main)
    except (ValueError, KeyError, TypeError, InvalidInput):
        raise Refused(400) from None
    except NotFound:
        raise Refused(404) from None


async def _read(connection: Any, caller: Caller, wanted: Wanted, now: datetime) -> tuple[Any, Sequence[Any], bool, Mapping[UUID, Any]]:
    """The account, the cards of its page, whether others follow, and the buckets of each card."""
    given = (wanted.account_id, wanted.language, wanted.first + 1, caller.organizations, caller.paths)
    rows = await (connection.fetch(FIRST, *given) if wanted.key is None else connection.fetch(AFTER, *given, *wanted.key))
    if not rows:
        raise Refused(404)
    account, has_next = rows[0], len(rows) > wanted.first
    cards = rows[: wanted.first] if account["id"] else []
    ids = [row["id"] for row in cards]
    buckets: dict[UUID, list[Any]] = defaultdict(list)
    for bucket in await connection.fetch(BUCKETS, account["organization_id"], ids, wanted.language, wanted.main, now):
        buckets[bucket[0]].append(bucket)
    return account, cards, has_next, buckets


def _to_pay(row: Any) -> tuple[int | None, int | None]:
    """What is to pay, and what is left of the credit limit."""
    debt, charge, limit = row["debt"], row["current_charge"], row["credit_limit"]
    if debt is None or charge is None:
        return None, None
    return debt + charge, None if limit is None else limit - debt - charge


def _masked(name: str) -> str:
    return " ".join(word[:1] + DOTS for word in name.split())


# ---- dictionaries and orjson ----------------------------------------------------------------------------------------------------


async def dicts(connection: Any, caller: Caller, wanted: Wanted, now: datetime) -> bytes:
    """The reference: what one writes first, without slips."""
    account, cards, has_next, buckets = await _read(connection, caller, wanted, now)
    edges = [
        {"cursor": cursor(row["msisdn"], row["id"]), "node": _card(row, buckets[row["id"]], is_masked=caller.is_masked)} for row in cards
    ]
    page = {"pageInfo": {"hasNextPage": has_next, "endCursor": edges[-1]["cursor"] if edges else None}, "edges": edges}
    shown = {"id": global_id(ACCOUNT, account["account_id"]), "name": account["account_name"], "sims": page}
    return orjson.dumps({"data": {"account": shown}}, option=orjson.OPT_UTC_Z)


def _card(row: Any, buckets: Sequence[Any], *, is_masked: bool) -> dict[str, Any]:
    name, (due, left) = row["holder_name"], _to_pay(row)
    return {
        "id": global_id(SIM, row["id"]),
        "msisdn": row["msisdn"],
        "iccid": row["iccid"],
        "status": row["status"],
        "statusReason": row["status_reason"],
        "holder": {"name": _masked(name) if is_masked else name} if name else None,
        "plan": {"name": row["plan"]} if row["plan"] else None,
        "lastUsageAt": row["last_usage_at"],
        "figures": {
            "remainingCreditLimit": _amount(left),
            "balance": _amount(row["balance"]),
            "debt": _amount(row["debt"]),
            "currentCharge": _amount(row["current_charge"]),
            "payable": None if due is None else {"amount": str(due), "currency": "IRR"},
            "asOf": row["figures_at"],
            "source": row["figures_source"],
        },
        "buckets": [
            {
                "name": name,
                "remaining": {"amount": str(remaining), "unit": UNITS[kind]},
                "total": {"amount": str(total)},
                "validFor": {"endsAt": ends_at},
            }
            for _, name, kind, remaining, total, ends_at in buckets[:MOST_BUCKETS]
        ],
    }


def _amount(minor: int | None) -> dict[str, str] | None:
    return None if minor is None else {"amount": str(minor)}


# ---- msgspec structs ------------------------------------------------------------------------------------------------------------


def _struct(name: str, *fields: str) -> Any:
    return msgspec.defstruct(name, fields, gc=False)


_Name = _struct("Name", "name")
_Amount = _struct("Amount", "amount")
_Money = _struct("Money", "amount", "currency")
_Quantity = _struct("Quantity", "amount", "unit")
_Ends = _struct("Ends", "endsAt")
_Bucket = _struct("Bucket", "name", "remaining", "total", "validFor")
_Figures = _struct("Figures", "remainingCreditLimit", "balance", "debt", "currentCharge", "payable", "asOf", "source")
_Sim = _struct("Sim", "id", "msisdn", "iccid", "status", "statusReason", "holder", "plan", "lastUsageAt", "figures", "buckets")
_Edge = _struct("Edge", "cursor", "node")
_PageInfo = _struct("PageInfo", "hasNextPage", "endCursor")
_Page = _struct("Page", "pageInfo", "edges")
_Account = _struct("Account", "id", "name", "sims")
_encode = msgspec.json.Encoder().encode


async def structs(connection: Any, caller: Caller, wanted: Wanted, now: datetime) -> bytes:
    """The same reads into structs, which are cheaper to make and to encode."""
    account, cards, has_next, buckets = await _read(connection, caller, wanted, now)
    edges = [_Edge(cursor(row["msisdn"], row["id"]), _sim(row, buckets[row["id"]], is_masked=caller.is_masked)) for row in cards]
    page = _Page(_PageInfo(has_next, edges[-1].cursor if edges else None), edges)
    return _encode({"data": {"account": _Account(global_id(ACCOUNT, account["account_id"]), account["account_name"], page)}})


def _sim(row: Any, buckets: Sequence[Any], *, is_masked: bool) -> Any:
    name, plan, (due, left) = row["holder_name"], row["plan"], _to_pay(row)
    balance, debt, charge = row["balance"], row["debt"], row["current_charge"]
    figures = _Figures(
        None if left is None else _Amount(str(left)), None if balance is None else _Amount(str(balance)),
        None if debt is None else _Amount(str(debt)), None if charge is None else _Amount(str(charge)),
        None if due is None else _Money(str(due), "IRR"), row["figures_at"], row["figures_source"],
    )  # fmt: skip
    return _Sim(
        global_id(SIM, row["id"]), row["msisdn"], row["iccid"], row["status"], row["status_reason"],
        _Name(_masked(name) if is_masked else name) if name else None, _Name(plan) if plan else None, row["last_usage_at"], figures,
        [
            _Bucket(name, _Quantity(str(remaining), UNITS[kind]), _Amount(str(total)), _Ends(ends_at))
            for _, name, kind, remaining, total, ends_at in buckets[:MOST_BUCKETS]
        ],
    )  # fmt: skip


# ---- JSON by PostgreSQL ---------------------------------------------------------------------------------------------------------


def _sql_id(code: str, column: str) -> str:
    return f"translate(encode('{code}'::bytea || uuid_send({column}), 'base64'), '+/', '-_')"


def _sql_instant(column: str) -> str:
    """RFC 3339 in UTC, fractions only where there are any."""
    return f"""replace(to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')"""


def _sql_amount(number: str) -> str:
    return f"case when {number} is not null then json_build_object('amount', ({number})::text) end"


_SQL_PLACE = f"""'["{ORDER}","' || s.by_msisdn || '",{{"u":"' || replace(s.id::text, '-', '') || '"}}]'"""
_SQL_CURSOR = f"translate(encode(convert_to({_SQL_PLACE}, 'UTF8'), 'base64'), E'+/=\\n', '-_')"
_SQL_WORDS = "regexp_split_to_table(btrim(s.holder_name), '\\s+') word"
_SQL_HOLDER = f"case when $8 then (select string_agg(left(word, 1) || '{DOTS}', ' ') from {_SQL_WORDS}) else s.holder_name end"
_SQL_UNIT = "case b.usage_type " + " ".join(f"when '{kind}' then '{unit}'" for kind, unit in UNITS.items()) + " end"
_SQL_BUCKETS = f"""
  coalesce((select json_agg(json_build_object(
      'name', coalesce(o.names ->> $2, o.names ->> 'EN', $6),
      'remaining', json_build_object('amount', b.remaining::text, 'unit', {_SQL_UNIT}),
      'total', json_build_object('amount', b.total::text), 'validFor', json_build_object('endsAt', {_sql_instant("b.ends_at")})
    ) order by b.status <> 'ACTIVE' or b.starts_at > $7, b.priority, b.id)
    from buckets b left join offerings o on o.id = b.offering_id
    where b.organization_id = s.organization_id and b.sim_id = s.id and (b.ends_at is null or b.ends_at > $7)
  ), '[]')
"""
_SQL_NODE = f"""
  json_build_object(
    'id', {_sql_id("si", "s.id")}, 'msisdn', s.msisdn, 'iccid', s.iccid, 'status', s.status, 'statusReason', s.status_reason,
    'holder', case when s.holder_name <> '' then json_build_object('name', {_SQL_HOLDER}) end,
    'plan', case when o.id is not null then json_build_object('name', coalesce(o.names ->> $2, o.names ->> 'EN')) end,
    'lastUsageAt', {_sql_instant("s.last_usage_at")},
    'figures', json_build_object(
      'remainingCreditLimit', {_sql_amount("s.credit_limit - s.debt - s.current_charge")}, 'balance', {_sql_amount("s.balance")},
      'debt', {_sql_amount("s.debt")}, 'currentCharge', {_sql_amount("s.current_charge")},
      'payable', case when s.debt + s.current_charge is not null
        then json_build_object('amount', (s.debt + s.current_charge)::text, 'currency', 'IRR') end,
      'asOf', {_sql_instant("s.figures_at")}, 'source', s.figures_source
    ),
    'buckets', {_SQL_BUCKETS}
  )
"""
SQL = f"""
select json_build_object('data', json_build_object('account', json_build_object(
  'id', {_sql_id("ac", "a.id")}, 'name', a.name, 'sims', (
    select json_build_object(
      'pageInfo', json_build_object('hasNextPage', count(*) = $3, 'endCursor', max(place) filter (where number = least(total, $3 - 1))),
      'edges', coalesce(json_agg(json_build_object('cursor', place, 'node', node) order by number) filter (where number < $3), '[]')
    )
    from (
      select {_SQL_CURSOR} as place, {_SQL_NODE} as node, s.number, s.total
      from (
        select *, row_number() over (order by by_msisdn, id) as number, count(*) over () as total from (
          select * from sims
          where organization_id = a.organization_id and path >= a.path and path < left(a.path, -1) || '/' {{after}}
          order by by_msisdn, id
          limit $3
        ) page
      ) s
      left join offerings o on o.id = s.plan_id
    ) shown
  )
)))::text
from accounts a
where a.id = $1 and ($4::uuid[] is null or exists (
  select from unnest($4::uuid[], $5::text[]) reach (organization_id, path)
  where a.organization_id = reach.organization_id and starts_with(a.path, reach.path)
))
"""
SQL_FIRST = SQL.replace("{after}", "")
SQL_AFTER = SQL.replace("{after}", "and by_msisdn >= $9 and (by_msisdn, id) > ($9, $10)")


async def by_sql(connection: Any, caller: Caller, wanted: Wanted, now: datetime) -> bytes:
    """PostgreSQL writes the whole answer."""
    given = (
        wanted.account_id, wanted.language, wanted.first + 1, caller.organizations, caller.paths, wanted.main, now,
        caller.is_masked,
    )  # fmt: skip
    fetch = connection.fetchval
    answer: str | None = await (fetch(SQL_FIRST, *given) if wanted.key is None else fetch(SQL_AFTER, *given, *wanted.key))
    if answer is None:
        raise Refused(404)
    return answer.encode()


def _app(answer: Answer) -> Starlette:
    endpoint = Endpoint(answer)
    return Starlette(routes=[Route("/graphql", endpoint.__call__, methods=["POST"])], lifespan=endpoint.lifespan)


def raw_dict() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    return _app(dicts)


def raw_structs() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    return _app(structs)


def raw_sql() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    return _app(by_sql)

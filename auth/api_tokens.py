"""API tokens: made by a person who has just proven themselves, shown once, never worth more than their maker."""

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from auth import policy, rules
from auth.actor import Actor
from auth.tables import ApiToken
from auth.wiring import Auth
from domain.accounts.tables import Account
from domain.approvals.spending import set_daily_budget
from domain.audit.writing import Result, Work
from domain.kernel.errors import InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.permissions import Permission

_PREFIX = 14  # smg_<env>_ and a few characters: enough to recognise, too few to guess


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a token is asked to be; `networks` as CIDR, none for any; `daily_budget` in rials, null for no bound of its own."""

    name: str
    account_id: UUID
    permissions: Sequence[Permission]
    networks: Sequence[str]
    expires_at: datetime
    daily_budget: int | None = None


async def api_token_create(work: Work, auth: Auth, actor: Actor, wanted: NewToken) -> Result:
    """Makes a token: `api_token` and, only here, its `secret`.

    Raises `StepUpRequired`, `NotFound` for an account out of scope, `InvalidInput`, and `NotEligible` for rights the maker lacks there.
    """
    actor.own_session()
    actor.proof.require(work.at)
    name = wanted.name.strip()
    if not 1 <= len(name) <= 80:
        raise InvalidInput("auth.token_name", field=("name",))
    if not work.at < wanted.expires_at <= work.at + rules.TOKEN_LIFE:
        raise InvalidInput("auth.token_expiry", field=("expiresAt",))
    account = await _account(work, wanted.account_id)
    work.within(account.organization_id, account.path)
    if wanted.daily_budget is not None and wanted.daily_budget < 0:
        raise InvalidInput("approvals.limit", field=("dailyBudget", "amount"))
    permissions = _permissions(actor, account, wanted.permissions)
    networks = _networks(wanted.networks)
    secret = rules.token_text(auth.environment, "".join(secrets.choice(rules.BASE62) for _ in range(30)))
    token = ApiToken(
        id=uuid7(),
        organization_id=account.organization_id,
        account_id=account.id,
        person_id=actor.person_id,
        name=name,
        prefix=secret[:_PREFIX],
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        permissions=permissions,
        networks=networks,
        by=actor.ref.as_json(),
        created_at=work.at,
        expires_at=wanted.expires_at,
    )
    work.sql.add(token)
    work.subjects.add(token.id)
    work.changed(None, name, "account", None, account.name)
    work.changed(None, name, "permissions", None, ", ".join(permissions))
    work.changed(None, name, "networks", None, ", ".join(networks) or None)
    work.changed(None, name, "expiresAt", None, wanted.expires_at.isoformat())
    if wanted.daily_budget is not None:
        work.changed(None, name, "dailyBudget", None, wanted.daily_budget, money=Money(wanted.daily_budget))
        await set_daily_budget(work.sql, account.organization_id, token.id, wanted.daily_budget)
    return {"api_token": token.id, "secret": secret}


async def api_token_revoke(work: Work, token_id: UUID) -> Result:
    """Ends a token at once: `api_token`; one that ended before is `StateConflict`."""
    statement = select(ApiToken, Account.path).join(Account, col(Account.id) == ApiToken.account_id).where(ApiToken.id == token_id)
    limited = work.scope.limit(statement, col(ApiToken.organization_id), col(Account.path))
    found = (await work.sql.execute(limited.with_for_update(of=ApiToken))).one_or_none()
    if found is None:
        raise NotFound(field=("apiTokenId",))
    token, path = found
    work.within(token.organization_id, path, token.id)
    if token.revoked_at is not None:
        raise StateConflict("auth.token_revoked", field=("apiTokenId",))
    token.revoked_at = work.at
    work.changed(Ref(Kind.API_TOKEN, token.id), token.name, "revokedAt", None, "now")
    return {"api_token": token.id}


async def _account(work: Work, account_id: UUID) -> Account:
    statement = work.scope.limit(select(Account).where(Account.id == account_id), col(Account.organization_id), col(Account.path))
    account = (await work.sql.scalars(statement)).one_or_none()
    if account is None:
        raise NotFound(field=("accountId",))
    return account


def _permissions(actor: Actor, account: Account, wanted: Sequence[Permission]) -> list[str]:
    """The rights in order; a token never holds more than its maker holds over that whole subtree."""
    if not wanted:
        raise InvalidInput("auth.token_permissions", field=("permissions",))
    for permission in wanted:
        held = any(permission in grant.permissions and grant.reach.covers(account.organization_id, account.path) for grant in actor.grants)
        if permission not in policy.TOKEN_RIGHTS or not held:
            raise NotEligible("auth.token_right", field=("permissions",), right=permission.value)
    return sorted({permission.value for permission in wanted})


def _networks(wanted: Sequence[str]) -> list[str]:
    if len(wanted) > rules.TOKEN_NETWORKS:
        raise InvalidInput("auth.token_networks", field=("networks",), most=rules.TOKEN_NETWORKS)
    try:
        return sorted({str(ipaddress.ip_network(text.strip())) for text in wanted})
    except ValueError:
        raise InvalidInput("auth.network", field=("networks",)) from None

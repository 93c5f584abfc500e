"""Cards chosen by a table: numbers and serials in any column and spelling, each line told that names no card of ours."""

import io
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.audit.writing import Command, Done
from domain.files.rules import CSV, Limits
from domain.files.tables import File, Purpose
from domain.files.uploads import Offer, take
from domain.jobs import running
from domain.jobs.service import Many, carry_out_many
from domain.jobs.states import JobRowState
from domain.jobs.tables import Job, JobRow
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.sims import service as sims
from domain.sims.listing import listed
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatusReason
from store.outbox import Later, Task
from store.session import Database
from tests.world import NOW, MovableClock, Tenant, TwoTenants

BAR = sims.block_request(Bar(SimStatusReason.LOST), None)


class Clean:
    """A scanner that finds nothing."""

    async def scan(self, content: object) -> str | None:
        return None


async def sent(database: Database, tenant: Tenant, lines: Sequence[str]) -> UUID:
    """An upload of the profile manager's."""
    offer = Offer(tenant.id, tenant.profile_manager.id, "cards.csv", CSV)
    file = await take(database, Clean(), offer, io.BytesIO("\n".join(lines).encode()), limits=Limits(), at=NOW)
    return file.id


async def block(
    database: Database, tenant: Tenant, upload_id: UUID, mode: MutationMode = MutationMode.APPLY, *, token: str | None = None,
    as_account_manager: bool = False,
) -> Done:  # fmt: skip
    """Blocks the cards of a table, leaving out what can't be done."""
    actor = tenant.as_account_manager() if as_account_manager else tenant.as_profile_manager()
    many = Many(sims.BLOCK, BAR, SimSelection(upload_id=upload_id), BulkErrorPolicy.SKIP_FAILED)
    scope = actor.scope(Permission.SIM_BLOCK, NOW)
    return await carry_out_many(database, scope, Command("simBlock", mode, "", token), many, at=NOW)


def spelled(msisdn: str | None) -> str:
    """A number as people write it."""
    assert msisdn
    return "0" + msisdn[3:]


async def test_each_line_becomes_a_row_or_tells_why_not(database: Database, two_tenants: TwoTenants) -> None:
    one, foreign = two_tenants.one, two_tenants.other.sims[0]
    lines = [
        "شماره,name", f"{spelled(one.sims[0].msisdn)},Sara", f",{one.sims[1].iccid}", "", "nobody knows,9.89E+11", f"{one.sims[0].msisdn},again",
        f"{foreign.msisdn},somebody else's", f"{one.sims[6].msisdn},not in use",
    ]  # fmt: skip
    upload_id = await sent(database, one, lines)

    planned = await block(database, one, upload_id, MutationMode.PLAN)

    assert {change.label for change in planned.plan.changes} == {one.sims[0].msisdn, one.sims[1].msisdn}
    told = {(row.line, row.reason.code.value, row.reason.message_key) for row in planned.plan.exclusions}
    assert told == {
        (5, "INVALID_INPUT", "jobs.bad_line"), (6, "INVALID_INPUT", "jobs.twice"), (7, "NOT_FOUND", "jobs.unknown_line"),
        (8, "STATE_CONFLICT", "sims.not_in_use"),
    }  # fmt: skip

    done = await block(database, one, upload_id, token=planned.plan.token)
    assert done.result
    handler = running.handlers(database, MovableClock(), sims.DEEDS)["jobs.run"]
    try:
        await handler(Task(1, "jobs.run", "job", {"job_id": done.result["job"].hex}, 1))
    except Later:
        pytest.fail("four rows are one chunk")

    async with database.read() as session:
        job = (await session.scalars(select(Job))).one()
        rows = (await session.scalars(select(JobRow).order_by(JobRow.index))).all()
        file = (await session.scalars(select(File))).one()
    assert (job.total, job.succeeded, job.failed) == (6, 2, 4)
    assert [(row.index, row.state) for row in rows] == [(2, "SUCCEEDED"), (3, "SUCCEEDED"), *((line, "FAILED") for line in (5, 6, 7, 8))]
    assert {row.label for row in rows if row.state == JobRowState.FAILED} >= {"nobody knows", foreign.msisdn}
    assert file.purpose == Purpose.SELECTION


async def test_an_upload_serves_its_sender_once(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    upload_id = await sent(database, one, [str(one.sims[0].msisdn)])

    with pytest.raises(NotFound):
        await block(database, one, upload_id, as_account_manager=True)
    with pytest.raises(NotFound):
        await block(database, two_tenants.other, upload_id, MutationMode.PLAN)
    with pytest.raises(NotFound):
        await block(database, one, uuid7(), MutationMode.PLAN)
    assert (await block(database, one, upload_id)).result
    with pytest.raises(NotFound):
        await block(database, one, upload_id)


def test_a_header_is_none_when_it_names_a_card() -> None:
    (line,) = listed(io.BytesIO(b"09121234567\n"), most=10)
    assert (line.number, line.names) == (1, ["+989121234567"])
    assert [line.number for line in listed(io.BytesIO("number\n\n۰۹۱۲۱۲۳۴۵۶۷\n".encode()), most=10)] == [3]


def test_more_lines_than_a_job_may_have_are_refused() -> None:
    with pytest.raises(InvalidInput):
        listed(io.BytesIO(b"number\n" + b"09121234567\n" * 11), most=10)

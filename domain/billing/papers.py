"""The work of papers after a bill is issued: its tax number, then its PDF, CSV and XLSX, made once and kept as files."""

import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, cast
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.billing import paper, sheets
from domain.billing.paper import BillPaper, BillPrinter, PaperLine, PaperSum
from domain.billing.rows import LINE, BillLineRow, line_row
from domain.billing.seller import Seller
from domain.billing.sending import give_tax_numbers
from domain.billing.states import ISSUED, BillState
from domain.billing.tables import Bill, BillDocument, BillLine
from domain.billing.wording import description
from domain.catalogue.queries import in_language
from domain.catalogue.tables import Offering
from domain.files.service import keep_stream
from domain.files.tables import File, Purpose
from domain.files.writing import MEDIA_TYPES, ExportFormat, text_of, workbook
from domain.kernel.calendar import JalaliMonth
from domain.kernel.clock import Clock
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price
from domain.kernel.quantity import UsageType
from domain.sims.tables import Sim
from store.outbox import GiveUp, Handler, Letter, Task
from store.session import Database, Session

PAPERS = "billing.papers"
AT_ONCE = 2_000
_SERVICES: Sequence[str | None] = (*UsageType, None)


def letter(bill: Bill) -> Letter:
    """The work of making a bill's papers, to be put into the transaction that issues it."""
    assert bill.issued_at is not None  # noqa: S101 (called at issue)
    return Letter(PAPERS, {"bill": bill.id.hex}, f"bill_papers:{bill.id}", bill.issued_at, f"{PAPERS}:{bill.id}")


def papers_handler(database: Database, printer: BillPrinter, clock: Clock, seller: Seller) -> Handler:
    """Numbers a bill for the tax system and makes its papers, once."""

    async def make(task: Task) -> None:
        bill_id = UUID(task.payload["bill"])
        async with database.write() as session:
            bill = (await session.scalars(select(Bill).where(col(Bill.id) == bill_id).with_for_update())).one()
            if BillState(bill.state) not in ISSUED:
                raise GiveUp(f"bill {bill_id} isn't issued")
            await give_tax_numbers(session, [bill], seller.memory_id)
            made = (await session.scalars(select(BillDocument.media_type).where(col(BillDocument.bill_id) == bill_id))).all()
        if not made:
            await _make(database, printer, clock, seller, bill)

    return make


async def _make(database: Database, printer: BillPrinter, clock: Clock, seller: Seller, bill: Bill) -> None:
    with tempfile.TemporaryFile() as csv, tempfile.TemporaryFile() as xlsx:
        async with database.read() as session:
            organization = await session.get_one(Organization, bill.organization_id)
            account = await session.get_one(Account, bill.account_id)
        locale = Locale(organization.locale)
        sums = await _tables(database, bill, csv, xlsx, is_rtl=locale.is_rtl)
        total = sum((one.price.net.minor for one in sums), 0), sum((one.price.vat.minor for one in sums), 0)
        if total != (bill.net, bill.vat):
            raise GiveUp(f"bill {bill.number} says {bill.net} + {bill.vat}, its lines {total[0]} + {total[1]}")
        async with database.read() as session:
            lines = await _lines(session, bill, locale)
        told = _told(seller, organization, account, bill, sums, lines)
        pdf = await printer.render(told, locale)
        async with database.write() as session:
            locked = (await session.scalars(select(Bill.id).where(col(Bill.id) == bill.id).with_for_update())).one()
            if (await session.scalars(select(BillDocument.bill_id).where(col(BillDocument.bill_id) == locked))).first() is not None:
                return
            with tempfile.TemporaryFile() as printed:
                printed.write(pdf)
                for media_type, ending, content in (
                    (paper.MEDIA_TYPE, "pdf", printed),
                    (MEDIA_TYPES[ExportFormat.CSV], "csv", csv),
                    (MEDIA_TYPES[ExportFormat.XLSX], "xlsx", xlsx),
                ):
                    await _keep(session, bill, media_type, f"bill-{bill.number}.{ending}", cast(BinaryIO, content), clock)


async def _keep(session: Session, bill: Bill, media_type: str, name: str, content: BinaryIO, clock: Clock) -> None:
    file = File(
        id=uuid7(), organization_id=bill.organization_id, name=name, media_type=media_type, size_bytes=content.seek(0, 2),
        purpose=Purpose.BILL, created_at=clock.now(),
    )  # fmt: skip
    await keep_stream(session, file, content)
    session.add(BillDocument(organization_id=bill.organization_id, bill_id=bill.id, media_type=media_type, file_id=file.id))
    await session.flush()


async def _tables(database: Database, bill: Bill, csv: Any, xlsx: Any, *, is_rtl: bool) -> Sequence[PaperSum]:
    """Writes all lines into both tables, with flat memory; returns what they come to by service and VAT rate."""
    sums: dict[tuple[str | None, Decimal], list[int]] = defaultdict(lambda: [0, 0, 0])
    csv.write(text_of(ExportFormat.CSV, sheets.TITLES, (), is_first=True))
    with workbook(xlsx, sheets.TITLES, is_rtl=is_rtl) as add:
        async for rows in _pages(database, bill):
            csv.write(text_of(ExportFormat.CSV, sheets.TITLES, rows, is_first=False))
            add(rows)
            for row in rows:
                part = sums[row[_SERVICE], Decimal(row[_RATE])]
                part[0], part[1], part[2] = part[0] + row[_NET], part[1] + row[_VAT], part[2] + 1
    order = sorted(sums, key=lambda key: (_SERVICES.index(key[0]), key[1]))
    made = []
    for service, rate in order:
        net, vat, count = sums[service, rate]
        made.append(PaperSum(UsageType(service) if service else None, Price(Money(net), Money(vat), rate), count))
    return made


_SERVICE, _NET, _VAT, _RATE = (sheets.TITLES.index(title) for title in ("service", "net", "vat", "vat_rate"))


async def _pages(database: Database, bill: Bill) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """All lines in the order of their ids, some thousand at a time, each in a read of its own."""
    here = (col(BillLine.organization_id) == bill.organization_id, col(BillLine.bill_id) == bill.id)
    statement, after = sheets.statement().where(*here).order_by(col(BillLine.id)).limit(AT_ONCE), None
    while True:
        wanted = statement if after is None else statement.where(col(BillLine.id) > after)
        async with database.read() as session:
            found = (await session.execute(wanted)).all()
        if not found:
            return
        after = found[-1][0]
        yield [sheets.row(row) for row in found]


async def _lines(session: Session, bill: Bill, locale: Locale) -> Sequence[PaperLine]:
    """The lines that are printed, by service, card by card."""
    shown: list[PaperLine] = []
    for service in _SERVICES:
        left = paper.MOST_PRINTED - len(shown)
        if left:
            shown += await _lines_of(session, bill, service, left, locale)
    return shown


async def _lines_of(session: Session, bill: Bill, service: str | None, most: int, locale: Locale) -> Sequence[PaperLine]:
    columns: Any = (BillLine, Sim.msisdn, Sim.iccid, Account.name, Offering.names)
    statement: Select[Any] = (
        select(*columns)
        .select_from(BillLine)
        .join(Account, col(Account.id) == col(BillLine.account_id))
        .outerjoin(Sim, col(Sim.id) == col(BillLine.sim_id))
        .outerjoin(Offering, col(Offering.id) == col(BillLine.offering_id))
        .where(col(BillLine.organization_id) == bill.organization_id, col(BillLine.bill_id) == bill.id)
        .where(col(BillLine.service).is_not_distinct_from(service))
        .order_by(col(Sim.msisdn), col(BillLine.id))
        .limit(most)
    )
    return [
        _printed(_row(line, bill), msisdn or iccid or account, in_language(names, locale) if names else None, locale)
        for line, msisdn, iccid, account, names in await session.execute(statement)
    ]


def _row(line: BillLine, bill: Bill) -> BillLineRow:
    return line_row([getattr(line, name) for name in LINE], bill.counted_to)


def _printed(line: BillLineRow, subject: str, offering: str | None, locale: Locale) -> PaperLine:
    return PaperLine(line.kind, line.service, subject, description(line, offering, locale), line.quantity, line.price)


def _told(
    seller: Seller, organization: Organization, account: Account, bill: Bill, sums: Sequence[PaperSum], lines: Sequence[PaperLine]
) -> BillPaper:
    assert bill.number and bill.issued_at and bill.due_at  # noqa: S101 (an issued bill has them)
    return BillPaper(
        seller=seller,
        organization_name=organization.name,
        legal_id=organization.legal_id,
        economic_code=organization.economic_code,
        account_number=account.number,
        account_name=account.name,
        number=bill.number,
        tax_number=bill.tax_number,
        month=JalaliMonth.parse(bill.month),
        starts_at=bill.starts_at,
        ends_at=bill.ends_at,
        issued_at=bill.issued_at,
        due_at=bill.due_at,
        sums=sums,
        lines=lines,
        line_count=sum(one.count for one in sums),
    )

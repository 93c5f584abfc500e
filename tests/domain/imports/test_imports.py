"""Files are imported whole or not at all, twice makes no difference, and every fault is named by line, column, value and reason."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlmodel import SQLModel, col

from domain import registry
from domain.accounts.tables import Account, AccountKind, CostCentre
from domain.audit.chain import first_broken
from domain.audit.tables import AuditEntry
from domain.files.records import open_records
from domain.imports.columns import SIMS
from domain.imports.report import MASK, Report, by_line, write_rejects
from domain.imports.service import Wish, import_accounts, import_sims
from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.messages import text as text_in
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM
from domain.kernel.sealing import Sealed, Sealer
from domain.sims.states import BarredBy, Barring, SimStatus
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimSecret, SimState
from domain.sims.transitions import RESUME
from domain.wallet.tables import LedgerAccount
from store.outbox import OutboxRow
from store.session import Database
from tests.world import NOW, counted_statements, luhn

HERE = Path(__file__).parent
SEALER = Sealer("a master key of the tests")
WISH = Wish(by=SYSTEM, at=NOW)
SKIP = replace(WISH, policy=BulkErrorPolicy.SKIP_FAILED)
LEGAL_ID = "10380284790"
ACCOUNTS = """legal id,company,account number,account name,parent,payment mode
10380284790,Arya Trading,100,General account,,postpaid
10380284790,,111,Sales,110,prepaid
10380284790,,110,Tehran,100,postpaid
"""


def written(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


@pytest.fixture
async def with_accounts(database: Database, tmp_path: Path) -> Database:
    """A database with three accounts, two of them postpaid."""
    report = await import_accounts(database, written(tmp_path / "accounts.csv", ACCOUNTS), WISH)
    assert report.is_written
    return database


async def sizes(database: Database) -> dict[str, int]:
    """How many rows every table has."""
    async with database.read() as session:
        return {table.__tablename__: await count(session, table) for table in registry.TABLES}  # type: ignore[attr-defined]


async def count(session: object, table: type[SQLModel]) -> int:
    return int((await session.execute(select(func.count()).select_from(table))).scalar_one())  # type: ignore[attr-defined]


def told(report: Report) -> list[tuple[int, str, str, str]]:
    return [(r.line, r.column, r.value, r.reason.message_key) for r in sorted(report.rejects, key=lambda r: r.line)]


def sims_file(path: Path, rows: Iterable[Sequence[object]], header: str = "legal id,account,msisdn,iccid,imsi,status,puk,puk2,holder") -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def row(number: int, account: str = "110") -> list[object]:
    iccid, status = luhn(f"899835{number:012d}"), "ACTIVE" if number % 4 else "BLOCKED"
    return [LEGAL_ID, account, f"0935{number:07d}", iccid, f"43235{number:010d}", status, f"{number:08d}", "12345678", f"دارندهٔ {number}"]


async def test_accounts_hang_in_a_tree_whatever_their_order_and_have_wallets(with_accounts: Database) -> None:
    async with with_accounts.read() as session:
        accounts = {account.number: account for account in await session.scalars(select(Account))}
        wallets = set(await session.scalars(select(LedgerAccount.owner_id)))
        entry = (await session.scalars(select(AuditEntry))).one()

    assert {number: account.kind for number, account in accounts.items()} == {
        "100": AccountKind.CORPORATE_GENERAL, "110": AccountKind.BILLING, "111": AccountKind.SUB,
    }  # fmt: skip
    assert accounts["111"].path.startswith(accounts["110"].path) and accounts["110"].path.startswith(accounts["100"].path)
    assert wallets == {account.id for account in accounts.values()}
    assert (entry.action, entry.changes[0]["field"], entry.changes[0]["after"]) == ("import", "accounts", "3")


async def test_every_fault_of_a_dirty_accounts_file_is_named(database: Database, tmp_path: Path) -> None:
    before = await sizes(database)

    report = await import_accounts(database, HERE / "dirty_accounts.csv", WISH)

    assert told(report) == [
        (6, "شناسه ملی", "10380284791", "error.legal_id"),
        (7, "شماره حساب", "", "import.required"),
        (8, "نوع پرداخت", "پول نقد", "import.word"),
        (10, "شماره حساب", "100", "import.duplicate"),
        (11, "حساب بالادست", "", "import.second_top"),
        (12, "حساب بالادست", "113", "import.parent_rejected"),
        (13, "حساب بالادست", "999", "import.unknown_parent"),
        (14, "حساب بالادست", "117", "import.circle"),
        (15, "حساب بالادست", "116", "import.circle"),
        (16, "نام شرکت", "Another name", "import.other_name"),
        (17, "شناسه ملی", "1.038E+10", "import.scientific"),
        (18, "", "", "import.surplus_cells"),
        (19, "حساب بالادست", "112", "import.parent_rejected"),
        (20, "نام شرکت", "", "import.organization_name"),
    ]
    assert (report.ignored, report.made_count, report.is_written) == (("یادداشت",), 0, False)
    assert await sizes(database) == before

    skipping = await import_accounts(database, HERE / "dirty_accounts.csv", SKIP)

    assert (skipping.made, skipping.is_written, told(skipping)) == ({"بازرگانی آریا": 3}, True, told(report))


async def test_every_fault_of_a_dirty_sims_file_is_named(with_accounts: Database, tmp_path: Path) -> None:
    before = await sizes(with_accounts)

    report = await import_sims(with_accounts, HERE / "dirty_sims.csv", WISH, SEALER)

    assert told(report) == [
        (9, "شماره موبایل", "9.89351E+11", "import.scientific"),
        (10, "Serial", "8998350000000000000", "import.rounded"),
        (11, "Serial", "8998350000000000012", "error.iccid"),
        (12, "IMSI", "4323500000", "error.imsi"),
        (13, "imei", "490154203237519", "error.imei"),
        (14, "وضعیت", "sleeping", "import.word"),
        (15, "تاریخ فعال‌سازی", "31/12/2025", "import.date_order"),
        (16, "تاریخ فعال‌سازی", "1403-13-01", "import.date"),
        (17, "debt", "120,000 تومان", "import.toman"),
        (18, "موجودی", "-5", "import.negative"),
        (19, "موجودی", "50000", "import.other_payment_mode"),
        (20, "PUK", MASK, "import.puk_short"),
        (21, "HOLDER", "x" * 201, "import.too_long"),
        (21, "PUK", MASK, "import.puk"),
        (22, "PUK", "", "import.puk_pair"),
        (23, "Account", "999", "import.unknown_account"),
        (24, "Legal ID", "10101234565", "import.unknown_organization"),
        (25, "Legal ID", "10380284791", "error.legal_id"),
        (26, "Serial", "8998350000000000011", "import.duplicate"),
        (27, "IMSI", "432350000000002", "import.duplicate"),
        (28, "شماره موبایل", "+98 935 000 0001", "import.duplicate"),
        (29, "شماره موبایل", "", "import.number_needed"),
        (30, "تاریخ فعال‌سازی", "1403-01-01", "import.not_activated"),
        (31, "bar", "ALL", "import.barring"),
        (32, "reason", "LOST", "import.no_reason"),
        (33, "suspended-until", "1406-01-01", "import.resumes"),
        (34, "تاریخ فعال‌سازی", "2099-01-01", "import.future"),
        (35, "status since", "2020-01-01", "import.before_activation"),
        (36, "plan", "NO-SUCH-PLAN", "import.unknown_plan"),
        (37, "labels", "|".join(f"t{i}" for i in range(21)), "import.tags"),
        (38, "Serial", "", "import.required"),
        (39, "HOLDER", "bad \x07 bell", "import.control_character"),
        (40, "debt", "12.5", "import.amount"),
        (41, "Account", "", "import.required"),
        (43, "", "", "import.surplus_cells"),
    ]
    duplicates = [reject.reason.params["line"] for reject in report.rejects if reject.reason.message_key == "import.duplicate"]
    assert (duplicates, report.ignored, report.rows) == (["2", "3", "2"], ("colour",), 39)
    assert await sizes(with_accounts) == before


async def test_the_good_rows_of_a_dirty_file_are_imported_when_asked_for(with_accounts: Database) -> None:
    report = await import_sims(with_accounts, HERE / "dirty_sims.csv", SKIP, SEALER)

    async with with_accounts.read() as session:
        sims = {sim.imsi[-2:]: sim for sim in await session.scalars(select(Sim))}
        secret = (await session.scalars(select(SimSecret))).one()
        centre = (await session.scalars(select(CostCentre))).one()
        wake = (await session.scalars(select(OutboxRow))).one()
        states = Counter(map(tuple, await session.execute(select(SimState.status, col(SimState.valid_to).is_(None)))))
    first, lost, spare, paused = (sims[serial] for serial in ("01", "02", "03", "38"))
    assert (report.made_count, len(sims)) == (5, 5)
    assert (first.msisdn, first.holder_name, first.tags, first.debt) == ("+989350000001", "سارا نیک‌آذین", "|field|vip|", 1_200_000)
    assert first.valid_until is not None and str(first.valid_until) == "2027-03-20 20:30:00+00:00"  # the end of 1405-12-29 in Tehran
    assert (first.cost_centre_id, centre.code) == (centre.id, "1204")
    assert all(part in first.search for part in ("09350000001", "سارانیکاذین", "1204"))
    assert SEALER.open(Sealed(secret.key_id, secret.sealed), "sim_secrets", first.id) == b"0000012312345678"
    assert (lost.msisdn, lost.status, lost.barring, lost.barred_by) == ("+989350000002", SimStatus.BLOCKED, Barring.ALL, BarredBy.COMPANY)
    assert (spare.msisdn, spare.status, spare.activated_at) == (None, SimStatus.READY_TO_ACTIVATE, None)
    assert paused.resumes_at is not None and paused.barring == Barring.ALL
    assert (wake.kind, wake.run_at, wake.payload["sim_id"]) == (RESUME, paused.resumes_at, paused.id.hex)
    assert states == {("ACTIVE", True): 2, ("ACTIVE", False): 2, ("BLOCKED", True): 1, ("SUSPENDED", True): 1, ("READY_TO_ACTIVATE", True): 1}


async def test_rejects_are_written_in_the_operators_language_and_show_no_puk(with_accounts: Database, tmp_path: Path) -> None:
    report = await import_sims(with_accounts, HERE / "dirty_sims.csv", WISH, SEALER)

    for locale in Locale:
        target = io.BytesIO()
        write_rejects(target, HERE / "dirty_sims.csv", SIMS, by_line(report.rejects), locale)
        content = target.getvalue().decode("utf-8-sig")
        header, *rows = csv.reader(content.splitlines())
        with open_records(HERE / "dirty_sims.csv") as records:
            assert header == [*records.titles, text_in("import.rejects_line", locale), text_in("import.rejects_reason", locale)]
            sent = {str(number): cells for number, cells in records.rows}
        assert [row[-2] for row in rows] == [str(line) for line in sorted({reject.line for reject in report.rejects})]
        first = next(row for row in rows if row[-2] == "9")
        assert first[header.index("شماره موبایل")] == "9.89351E+11"
        assert first[-1] == f"شماره موبایل: {report.rejects[0].words(locale)}"
        secret = {place for place, title in enumerate(header) if title.lower().startswith(("puk", "پوک"))}
        assert secret and not {sent[row[-2]][place] for row in rows for place in secret} - {""} & set(",".join(map(",".join, rows)).split(","))


async def test_ten_thousand_cards_are_imported_once(with_accounts: Database, tmp_path: Path) -> None:
    path = sims_file(tmp_path / "sims.csv", (row(number, ("100", "110")[number % 2]) for number in range(10_000)))
    before = await sizes(with_accounts)

    dry = await import_sims(with_accounts, path, replace(WISH, is_dry_run=True), SEALER)
    assert (dry.made_count, dry.is_written, await sizes(with_accounts)) == (10_000, False, before)

    with counted_statements(with_accounts) as statements:
        report = await import_sims(with_accounts, path, WISH, SEALER)
    assert (report.made_count, report.present, report.rejects) == (10_000, 0, [])
    assert len(statements) <= 10 * 8 + 20

    after = await sizes(with_accounts)
    again = await import_sims(with_accounts, path, WISH, SEALER)
    assert (again.made_count, again.present, again.rejects) == (0, 10_000, [])
    assert await sizes(with_accounts) == after
    assert after["sims"] == after["sim_secrets"] == after["sim_placements"] == after["sim_states"] == 10_000
    async with with_accounts.read() as session:
        cards = select(Sim.account_id, Sim.status, func.count()).group_by(col(Sim.account_id), col(Sim.status))
        counters = select(SimCounter.account_id, SimCounter.status, SimCounter.count)
        assert set(map(tuple, await session.execute(cards))) == set(map(tuple, await session.execute(counters)))
        assert await session.scalar(select(func.count()).select_from(SimPlacement).where(col(SimPlacement.valid_to).is_(None))) == 10_000
        organization: UUID = (await session.scalars(select(Account.organization_id).limit(1))).one()
        assert await first_broken(session, organization) is None
        sealed = bytes((await session.execute(text("SELECT sealed FROM sim_secrets LIMIT 1"))).scalar_one())
        assert b"0000" not in sealed


async def test_a_card_that_is_there_with_other_identifiers_is_named(with_accounts: Database, tmp_path: Path) -> None:
    await import_sims(with_accounts, sims_file(tmp_path / "first.csv", [row(1), row(2), row(3)]), WISH, SEALER)
    other_number, other_imsi, taken, same = row(1), row(2), row(9), row(3)
    other_number[2], other_imsi[4], taken[2] = "09359999999", "432359999999999", row(3)[2]

    report = await import_sims(with_accounts, sims_file(tmp_path / "second.csv", [other_number, other_imsi, taken]), SKIP, SEALER)
    again = await import_sims(with_accounts, sims_file(tmp_path / "third.csv", [same]), WISH, SEALER)

    assert told(report) == [
        (2, "msisdn", "09359999999", "import.differs"),
        (3, "imsi", "432359999999999", "import.differs"),
        (4, "msisdn", "09350000003", "import.taken"),
    ]
    assert report.rejects[0].reason.params == {"value": "+989350000001"}
    assert (report.made_count, again.present) == (0, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_files_are_read_whatever_program_wrote_them(tmp_path: Path, database: Database, encoding: str, delimiter: str) -> None:
    content = f"\n{ACCOUNTS.replace('Sales', 'فروش').replace('legal id', 'شناسه ملي')}\n".replace(",", delimiter).replace("\n", "\r\n")

    report = await import_accounts(database, written(tmp_path / "accounts.csv", content, encoding), WISH)

    assert (report.made, report.rejects) == ({"Arya Trading": 3}, [])
    async with database.read() as session:
        assert (await session.scalars(select(Account.name).where(Account.number == "111"))).one() == "فروش"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("", "import.empty"),
        ("\n \n", "import.empty"),
        ("number,name\n1,2\n", "import.missing_columns"),
        (ACCOUNTS.replace("company", "Account-Number"), "import.double_column"),
        (ACCOUNTS + '10380284790,,120,"Never closed,100,prepaid\n', "import.broken_quotes"),
    ],
)
async def test_a_file_that_cant_be_read_is_refused_as_a_whole(database: Database, tmp_path: Path, content: str, key: str) -> None:
    before = await sizes(database)

    with pytest.raises(InvalidInput) as refusal:
        await import_accounts(database, written(tmp_path / "file.csv", content), WISH)

    assert refusal.value.message_key == key
    assert await sizes(database) == before


async def test_a_first_line_of_excel_and_its_formulas_are_understood(database: Database, tmp_path: Path) -> None:
    rows = '"=""10380284790""";Arya;"=""0100""";Top;;prepaid\n'
    content = "sep=;\nlegal id;company;account number;account name;parent;payment mode\n" + rows

    report = await import_accounts(database, written(tmp_path / "file.csv", content), WISH)

    assert report.rejects == []
    async with database.read() as session:
        assert (await session.scalars(select(Account.number))).one() == "0100"

"""The columns of the files that can be imported: names, the headers they go by, how a cell is read. `docs/importing.md` shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.imports import cells
from domain.imports.words import BARRINGS, DIRECTIONS, PAYMENT_MODES, REASONS, SERVICES, STATUSES, key

MOST_KNOWN = 2_000
"""How many cells a column remembers."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `aliases` are other headers it goes by; `is_required` means every row has a value."""

    name: str
    aliases: tuple[str, ...]
    parse: Callable[[str], Any]
    doc: str
    is_required: bool = False
    is_secret: bool = False
    is_unique: bool = False
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def read(self, cell: str) -> Any:
        """The value of a cell; what stands in many rows is read once. Raises `InvalidInput`."""
        value = self.known.get(cell)
        if value is None:
            cells.refuse_fault(cell)
            value = self.parse(cell)
            if not self.is_unique and not self.is_secret and len(self.known) < MOST_KNOWN:
                self.known[cell] = value
        return value


LEGAL_ID = Column(
    "organization_legal_id", ("legal id", "national id", "شناسه ملی", "شناسه ملی شرکت"), cells.legal_id,
    "National id of the legal entity: 11 digits with check digit.", is_required=True,
)  # fmt: skip

ACCOUNTS: Sequence[Column] = (
    LEGAL_ID,
    Column(
        "organization_name", ("company", "organization", "نام شرکت", "شرکت"), cells.text,
        "Name of the legal entity; needed on its first row when the system doesn't know it yet.",
    ),
    Column("economic_code", ("کد اقتصادی",), cells.economic_code, "Economic code: 11, 12 or 14 digits; used when the entity is new."),
    Column(
        "number", ("account number", "account", "شماره حساب", "حساب"), cells.code,
        "Number of the account, unique in the organization.", is_required=True,
    ),
    Column("name", ("account name", "title", "نام حساب", "عنوان حساب", "نام"), cells.text, "Name of the account.", is_required=True),
    Column(
        "parent_number", ("parent", "parent account", "شماره حساب بالادست", "حساب بالادست", "حساب مادر"), cells.code,
        "Number of the account above, in any row or already there; empty for the corporate general account at the top.",
    ),
    Column(
        "payment_mode", ("payment", "نوع پرداخت", "نحوه پرداخت"), cells.word(PAYMENT_MODES),
        "PREPAID or POSTPAID (اعتباری, دائمی).", is_required=True,
    ),
)  # fmt: skip

SIMS: Sequence[Column] = (
    LEGAL_ID,
    Column(
        "account_number", ("account", "شماره حساب", "حساب"), cells.code,
        "Number of the account that the card stands under; it has to exist.", is_required=True,
    ),
    Column(
        "msisdn", ("number", "mobile", "phone", "phone number", "شماره", "شماره تلفن", "شماره موبایل", "شماره همراه", "موبایل"),
        cells.msisdn, "Mobile number in any spelling (09…, +98…, Persian digits); empty on a spare card.", is_unique=True,
    ),
    Column(
        "iccid", ("sim serial", "serial", "سریال", "سریال سیم‌کارت", "شماره سریال"), cells.iccid,
        "Serial of the card, 19 or 20 digits with check digit; a card is known by it when a file is imported again.", is_required=True,
        is_unique=True,
    ),
    Column("imsi", ("شناسه مشترک",), cells.imsi, "Subscriber identity, 15 digits.", is_required=True, is_unique=True),
    Column("imei", ("device", "دستگاه", "شناسه دستگاه"), cells.imei, "Device last seen, 15 digits with check digit.", is_unique=True),
    Column("locked_imei", ("imei lock", "locked device", "دستگاه مجاز", "قفل دستگاه"), cells.imei, "Only device that may use the card."),
    Column(
        "status", ("state", "وضعیت"), cells.word(STATUSES),
        "READY_TO_ACTIVATE, ACTIVE, BLOCKED, SUSPENDED, CAP_EXCEEDED, IMEI_MISMATCH or TERMINATED (آماده, فعال, مسدود, تعلیق …); "
        "when empty: ACTIVE with an activation date, READY_TO_ACTIVATE without.",
    ),
    Column(
        "status_reason", ("reason", "علت", "دلیل", "علت وضعیت"), cells.word(REASONS),
        "Why it is barred: LOST, UNPAID, REQUEST, FRAUD or POLICY (مفقودی, بدهی, درخواست, تقلب, قاعده). "
        "UNPAID and FRAUD count as set by the operator, POLICY by the system, the others by the company.",
    ),
    Column("status_since", ("status date", "تاریخ وضعیت"), cells.begin, "When that state began; the activation or the import when empty."),
    Column("resumes_at", ("suspended until", "تعلیق تا"), cells.begin, "When a SUSPENDED card works again."),
    Column(
        "barring", ("bar", "محدودیت"), cells.word(BARRINGS),
        "NONE, OUTGOING or ALL (یک‌طرفه, دوطرفه); when empty ALL on a barred card, NONE on others.",
    ),
    Column(
        "payment_mode", ("payment", "نوع پرداخت", "نحوه پرداخت"), cells.word(PAYMENT_MODES),
        "PREPAID or POSTPAID (اعتباری, دائمی); the account's when empty.",
    ),
    Column("holder_name", ("holder", "employee", "name", "دارنده", "نام دارنده", "نام کارمند", "نام"), cells.text, "Who carries it."),
    Column("employee_number", ("employee no", "personnel number", "کد پرسنلی", "شماره پرسنلی"), cells.code, "Number of that employee."),
    Column("cost_centre_code", ("cost centre", "cost center", "مرکز هزینه", "کد مرکز هزینه"), cells.code, "Cost centre; made when new."),
    Column("cost_centre_name", ("cost center name", "نام مرکز هزینه"), cells.text, "Name of a cost centre that is new."),
    Column("tags", ("labels", "برچسب", "برچسب‌ها"), cells.tags, "Labels apart by | or a comma, at most 20."),
    Column("plan_code", ("plan", "tariff", "طرح", "تعرفه", "کد طرح"), cells.code, "Code of the tariff plan in the catalogue."),
    Column("activated_at", ("activation date", "تاریخ فعال‌سازی"), cells.begin, "When the line was activated."),
    Column("valid_until", ("expiry", "validity", "اعتبار تا", "تاریخ انقضا"), cells.end, "Last day, or instant, that the line is valid."),
    Column("balance", ("credit balance", "موجودی", "مانده"), cells.rials, "Money left on a prepaid line, in rials."),
    Column("credit_limit", ("limit", "سقف اعتبار"), cells.rials, "Credit limit of a postpaid line, in rials."),
    Column("debt", ("بدهی",), cells.rials, "Unpaid bills of a postpaid line, in rials."),
    Column("current_charge", ("current usage", "کارکرد جاری", "کارکرد"), cells.rials, "Usage not billed yet of a postpaid line, in rials."),
    Column("puk1", ("puk", "پوک", "پوک ۱"), cells.puk, "PUK1, 8 digits; kept sealed and never shown in a rejects file.", is_secret=True),
    Column("puk2", ("پوک ۲",), cells.puk, "PUK2, 8 digits; PUK1 and PUK2 come together or not at all.", is_secret=True),
)  # fmt: skip


MSISDN = next(column for column in SIMS if column.name == "msisdn")

HOLDERS: Sequence[Column] = (
    Column(MSISDN.name, MSISDN.aliases, cells.msisdn, "Number of the card, in any spelling.", is_required=True, is_unique=True),
    *(column for column in SIMS if column.name in ("holder_name", "employee_number", "cost_centre_code", "cost_centre_name", "tags")),
)

USAGE: Sequence[Column] = (
    Column(
        "record_id", ("record", "cdr id", "id", "شناسه رکورد", "شناسه"), cells.code,
        "What the sender knows the record by; the same again is the same record.", is_required=True, is_unique=True,
    ),
    Column(MSISDN.name, MSISDN.aliases, cells.msisdn, "Number of the card, in any spelling.", is_required=True),
    Column(
        "service", ("type", "usage type", "سرویس", "نوع مصرف"), cells.word(SERVICES), "VOICE, DATA or SMS (مکالمه, دیتا, پیامک).",
        is_required=True,
    ),
    Column("direction", ("جهت",), cells.word(DIRECTIONS), "OUTGOING or INCOMING (خروجی, ورودی); OUTGOING when empty."),
    Column("other_party", ("other number", "called number", "طرف مقابل", "شماره مقابل"), cells.code, "Number or address at the other end."),
    Column("destination", ("country", "مقصد"), cells.text, "Where it went, as the network names it."),
    Column("is_roaming", ("roaming", "رومینگ"), cells.truth, "TRUE abroad; FALSE when empty."),
    Column(
        "started_at", ("start", "time", "date", "زمان", "زمان شروع", "تاریخ"), cells.begin, "When it began, with the time of day.",
        is_required=True,
    ),
    Column("duration_seconds", ("duration", "مدت"), cells.whole, "How long it took, in seconds."),
    Column("quantity", ("volume", "amount", "مقدار", "حجم"), cells.whole, "Seconds, bytes or parts that were counted.", is_required=True),
    Column("charge", ("cost", "price", "هزینه", "مبلغ"), cells.rials, "Price without tax in rials; 0 when empty."),
    Column("is_included", ("included", "در بسته"), cells.truth, "TRUE when a bundle paid for it; FALSE when empty."),
)  # fmt: skip


def by_header(columns: Sequence[Column]) -> Mapping[str, Column]:
    """Columns by the keys of every header they go by."""
    return {key(header): column for column in columns for header in (column.name, *column.aliases)}


def as_table(columns: Sequence[Column]) -> str:
    """The columns as a Markdown table, for the documentation."""
    rows = [
        f"| `{column.name}`{' *' if column.is_required else ''} | {' · '.join(column.aliases)} | {column.doc.replace('|', '&#124;')} |"
        for column in columns
    ]
    return "\n".join(["| Column (* required) | also called | what stands in it |", "|---|---|---|", *rows])

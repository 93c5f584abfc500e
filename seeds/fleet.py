"""Writes the demo companies' accounts and SIM cards as files in the importer's own format, row by row, for any number of cards."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from stdnum import luhn

from domain.accounts.tables import PaymentMode
from domain.imports.columns import ACCOUNTS, SIMS, Column
from domain.kernel.calendar import JalaliDay, in_tehran
from domain.kernel.locale import Locale
from domain.kernel.text import digits_persian
from domain.sims.states import SimStatus, SimStatusReason
from seeds import names
from seeds.companies import NIKAZIN_GROUP, Branch, Company
from seeds.dice import Dice
from seeds.names import Script

Row = Mapping[str, str]

S, R = SimStatus, SimStatusReason
PREFIXES = ("900", "901", "902", "903", "905", "930", "933", "935", "936", "937", "938", "939")
STATUSES: Sequence[tuple[SimStatus, SimStatusReason | None, int]] = (
    (S.ACTIVE, None, 9000),
    (S.READY_TO_ACTIVATE, None, 520),
    (S.BLOCKED, R.LOST, 130),
    (S.BLOCKED, R.REQUEST, 60),
    (S.BLOCKED, R.UNPAID, 90),
    (S.BLOCKED, R.FRAUD, 20),
    (S.SUSPENDED, R.REQUEST, 60),
    (S.CAP_EXCEEDED, R.POLICY, 60),
    (S.IMEI_MISMATCH, R.POLICY, 30),
    (S.TERMINATED, R.REQUEST, 30),
)
"""How many cards in ten thousand are in which state."""
TAGS = ("watch", "vip", "field", "driver", "iot", "roaming", "ناوگان", "شب‌کار")
CREDIT_LIMITS = (3_000_000, 5_000_000, 10_000_000, 20_000_000)
SCRIPTS: Mapping[Locale, tuple[tuple[Script, ...], tuple[int, ...]]] = {
    Locale.FA: (tuple(Script), (88, 7, 5)),
    Locale.EN: (tuple(Script), (10, 85, 5)),
    Locale.BG: (tuple(Script), (5, 5, 90)),
}

FEATURED: Sequence[Row] = (
    {"msisdn": "09350000412", "holder_name": "مریم رستگار", "account_number": "121", "tags": "watch|vip", "plan_code": "PLAN-PROFESSIONAL"},
    {"msisdn": "09350000418", "holder_name": "کاوه بهرامی", "account_number": "122", "tags": "watch"},
    {
        "msisdn": "09360001107", "holder_name": "خودرو ۲۱", "account_number": "111", "status": "مسدود", "status_reason": "گم‌شده",
        "tags": "watch|driver",
    },
    {"msisdn": "09020002236", "holder_name": "Olga Marinova", "account_number": "124", "tags": "watch|roaming"},
    {"msisdn": "09350000533", "holder_name": "کارت‌خوان ۳۱۴", "account_number": "123", "status": "آماده فعال‌سازی", "tags": "watch"},
    {"msisdn": "09370000091", "holder_name": "پویا نیک‌منش", "account_number": "131", "status": S.CAP_EXCEEDED, "status_reason": R.POLICY},
    {"msisdn": "09300007715", "holder_name": "Георгий Ильин", "account_number": "110", "tags": "watch"},
    {
        "msisdn": "09010004470", "holder_name": "دوربین انبار ۲", "account_number": "1111", "status": S.IMEI_MISMATCH,
        "status_reason": R.POLICY, "imei": "490154203237518", "locked_imei": "356938035643809", "tags": "iot",
    },
    {"msisdn": "", "holder_name": "", "account_number": "110", "status": S.READY_TO_ACTIVATE, "tags": "یدک"},
    {"msisdn": "", "holder_name": "", "account_number": "120", "status": S.READY_TO_ACTIVATE, "tags": "یدک"},
    {"msisdn": "09350000601", "holder_name": "", "account_number": "112"},
    {"msisdn": "09350000602", "account_number": "112", "status": S.BLOCKED, "status_reason": R.UNPAID, "debt": "۱۸٬۴۰۰٬۰۰۰"},
    {
        "msisdn": "09350000603", "account_number": "121", "status": S.BLOCKED, "status_reason": R.UNPAID, "barring": "یک‌طرفه",
        "debt": "۲٬۳۱۵٬۰۰۰",
    },
    {"msisdn": "09350000604", "account_number": "121", "status": S.SUSPENDED, "status_reason": R.REQUEST},
    {"msisdn": "09350000605", "account_number": "1121", "status": S.BLOCKED, "status_reason": R.FRAUD},
    {"msisdn": "09350000606", "account_number": "1112", "status": S.TERMINATED, "status_reason": R.REQUEST},
    {"msisdn": "09350000607", "holder_name": names.LONG[0], "account_number": "112", "tags": "شب‌کار"},
    {"msisdn": "09350000608", "holder_name": names.LONG[1], "account_number": "124"},
    {"msisdn": "09350000609", "holder_name": names.LONG[2], "account_number": "124"},
    {"msisdn": "09350000610", "holder_name": names.MIXED[0], "account_number": "121"},
    {"msisdn": "09350000611", "holder_name": names.MIXED[1], "account_number": "122"},
    {"msisdn": "09350000612", "holder_name": names.MIXED[2], "account_number": "123"},
    {"msisdn": "09410000613", "holder_name": "مودم دفتر شیراز", "account_number": "123", "tags": "iot"},
    {"msisdn": "09350000001", "holder_name": "سارا نیک‌آذین", "account_number": "100", "tags": "vip"},
    {"msisdn": "09350000002", "holder_name": "امید رستگار", "account_number": "110", "tags": "vip"},
)  # fmt: skip
"""Cards of the first company that show one edge case each; the first ones are those of the app's mock-ups."""


def write_accounts(path: Path, companies: Iterable[Company]) -> None:
    """Writes every company's accounts."""
    _write(path, ACCOUNTS, (row for company in companies for row in _accounts(company)))


def write_sims(path: Path, dice: Dice, companies: Iterable[tuple[Company, int]], *, at: datetime) -> None:
    """Writes so many cards of each company, the featured ones first and all of them."""
    _write(path, SIMS, sims(dice, companies, at))


def _write(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in columns], restval="")
        writer.writeheader()
        writer.writerows(rows)


def _accounts(company: Company) -> Iterator[Row]:
    for branch in company.branches:
        yield {
            "organization_legal_id": company.legal_id, "organization_name": company.name, "economic_code": company.economic_code,
            "number": branch.number, "name": branch.name, "parent_number": branch.parent, "payment_mode": branch.payment_mode,
        }  # fmt: skip


def sims(dice: Dice, companies: Iterable[tuple[Company, int]], at: datetime) -> Iterator[Row]:
    """Rows of so many cards of each company, the featured ones first and all of them."""
    draw, serial = dice.stream("fleet"), 0
    for company, count in companies:
        featured = FEATURED if company is NIKAZIN_GROUP else ()
        branches = {branch.number: branch for branch in company.branches}
        places = list(branches), list(accumulate(branch.share for branch in company.branches))
        for index in range(max(count, len(featured))):
            serial += 1
            given = featured[index] if index < len(featured) else {}
            number = given["account_number"] if given else draw.choices(places[0], cum_weights=places[1])[0]
            yield _sim(draw, company, branches[number], serial, given, at)


def _sim(draw: Random, company: Company, branch: Branch, serial: int, given: Row, at: datetime) -> Row:
    """One card: what is given, and chance for the rest."""
    status, reason = (given.get("status", S.ACTIVE), given.get("status_reason", "")) if given else _status(draw)
    is_ready = status in (S.READY_TO_ACTIVATE, "آماده فعال‌سازی")
    centre = draw.choice(company.cost_centres)
    activated = at - timedelta(days=int(390 * draw.random() ** 0.7) + 1, minutes=draw.randrange(600)) if not is_ready else None
    if given and activated:
        activated = at - timedelta(days=380)
    row: dict[str, str] = {
        "organization_legal_id": company.legal_id,
        "account_number": branch.number,
        "msisdn": f"0{PREFIXES[draw.randrange(len(PREFIXES))]}{10_000 + serial * 7:07d}",
        "iccid": f"899835{serial:012d}{luhn.calc_check_digit(f'899835{serial:012d}')}",
        "imsi": f"43235{1_000_000 + serial:010d}",
        "imei": _imei(draw),
        "status": status,
        "status_reason": reason or "",
        "payment_mode": branch.payment_mode,
        "holder_name": _holder(draw, company),
        "employee_number": str(draw.randint(1000, 9999)) if draw.random() < 0.7 else "",
        "cost_centre_code": centre[0],
        "cost_centre_name": centre[1],
        "tags": "|".join(draw.sample(TAGS, draw.choice((0, 0, 0, 1, 1, 2)))),
        "plan_code": _plan(draw, branch.payment_mode),
        "activated_at": _day(company.locale, activated) if activated else "",
        "valid_until": _day(company.locale, at + timedelta(days=draw.choice((2, 9, 40, 90, 200, 330, 500)))) if activated else "",
        "puk1": f"{draw.randrange(10**8):08d}",
        "puk2": f"{draw.randrange(10**8):08d}",
    }
    row |= _money(draw, branch.payment_mode, is_ready)
    row |= _turned(draw, company, status, activated, at)
    if is_ready and draw.random() < 0.2:
        row["msisdn"], row["holder_name"] = "", ""
    return row | dict(given)


def _status(draw: Random) -> tuple[SimStatus, SimStatusReason | None]:
    status, reason, _ = draw.choices(STATUSES, [weight for *_, weight in STATUSES])[0]
    return status, reason


def _holder(draw: Random, company: Company) -> str:
    scripts, weights = SCRIPTS[company.locale]
    script, chance = draw.choices(scripts, weights)[0], draw.random()
    return "" if chance < 0.02 else names.thing(draw, script) if chance < 0.17 else names.person(draw, script)


def _imei(draw: Random) -> str:
    digits = f"35{draw.randrange(10**12):012d}"
    return f"{digits}{luhn.calc_check_digit(digits)}"


def _plan(draw: Random, mode: PaymentMode) -> str:
    if mode is PaymentMode.PREPAID:
        return "PLAN-PREPAID"
    return draw.choice(("PLAN-STANDARD", "PLAN-STANDARD", "PLAN-PROFESSIONAL"))


def _money(draw: Random, mode: PaymentMode, is_ready: bool) -> dict[str, str]:
    """Rials, as the operator's own systems would export them; what runs in this month comes from usage."""
    if mode is PaymentMode.PREPAID:
        return {"balance": str(0 if is_ready else draw.randrange(0, 900_000, 1_000))}
    debt = draw.randrange(150_000, 4_000_000, 10_000) if draw.random() < 0.08 and not is_ready else 0
    return {"credit_limit": str(draw.choice(CREDIT_LIMITS)), "debt": str(debt)}


def _turned(draw: Random, company: Company, status: str, activated: datetime | None, at: datetime) -> dict[str, str]:
    """When a card that isn't simply active came into its state, and when that ends."""
    if status == S.ACTIVE or activated is None:
        return {}
    ago = min((at - activated) * 0.9, timedelta(minutes=draw.randint(90, 60 * 24 * 20)))
    columns = {"status_since": _moment(company.locale, at - ago)}
    if status == S.SUSPENDED:
        columns["resumes_at"] = _moment(company.locale, at + timedelta(days=draw.randint(1, 20)))
    return columns


def _day(locale: Locale, moment: datetime) -> str:
    """A day as that company's people write it."""
    day = in_tehran(moment).date()
    if locale is Locale.FA:
        return digits_persian(str(JalaliDay.of(moment)).replace("-", "/"))
    return f"{day:%d.%m.%Y}" if locale is Locale.BG else day.isoformat()


def _moment(locale: Locale, moment: datetime) -> str:
    return f"{_day(locale, moment)} {in_tehran(moment):%H:%M}"

"""The companies of a demo world: three with account trees four deep, and grown ones of any size whose trees and names are counted up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.accounts.tables import PaymentMode
from domain.kernel.locale import Locale
from domain.kernel.text import digits_persian
from seeds.identities import ALBORZ, ARVAND, BALKAN, GROWN, NIKAZIN, ZAGROS, Identity
from seeds.size import Size

PRE, POST = PaymentMode.PREPAID, PaymentMode.POSTPAID


@dataclass(frozen=True, slots=True)
class Habits:
    """How a company buys and calls: since when, an order for so many cards, how many at a time, what (weights), denser lately by a power.

    One line in `recorded` has its usage records in the document store; the others have their figures only.
    """

    since: timedelta = timedelta(days=182)
    cards_per_order: int = 9
    at_once: Sequence[int] = (1, 1, 2, 3, 5, 8, 12, 25, 40, 60)
    lately: float = 1.6
    recorded: int = 1
    wanted: Mapping[str, int] = field(
        default_factory=lambda: {
            "DATA-30D-15G": 30, "DATA-30D-50G": 12, "DATA-90D-120G": 6, "DATA-7D-7G": 8, "DATA-1D-2G": 4, "DATA-30D-NIGHT-40G": 3,
            "VOICE-30D-300M": 12, "SMS-30D-500": 5, "MIX-30D-TEAM": 14, "MIX-30D-FIELD": 10, "ROAM-10D-5G": 3, "IOT-365D-1G": 4,
        }
    )  # fmt: skip


GROWN_HABITS = Habits(
    since=timedelta(days=365), cards_per_order=24, at_once=(5, 12, 25, 40, 60, 80, 100, 100), lately=5.0, recorded=100,
    wanted={"DATA-30D-15G": 8, "DATA-90D-120G": 12, "VOICE-30D-300M": 3, "MIX-30D-TEAM": 30, "MIX-30D-FIELD": 40, "IOT-365D-1G": 7},
)  # fmt: skip
"""A year of monthly bundles for whole accounts, so that a card has about three live buckets."""


@dataclass(frozen=True, slots=True)
class Branch:
    """An account; `share` is its part of the company's SIM cards against the other branches'."""

    number: str
    name: str
    parent: str
    payment_mode: PaymentMode
    share: int


@dataclass(frozen=True, slots=True)
class Company:
    """A legal entity; `share` is its part of the demo companies' SIM cards, `payers` the accounts with money in their wallets."""

    legal_id: str
    name: str
    economic_code: str
    locale: Locale
    contacts: list[dict[str, Any]]
    share: int
    branches: Sequence[Branch]
    cost_centres: Sequence[tuple[str, str]]
    payers: tuple[str, ...]
    apn: str
    habits: Habits = Habits()


NIKAZIN_GROUP = Company(
    NIKAZIN, "گروه نیک‌آذین", "411155896321", Locale.FA,
    [{"name": "دبیرخانه", "phone": "+982188000100", "email": "office@nikazin.example"}],
    1000,
    (
        Branch("100", "گروه نیک‌آذین، حساب کل", "", POST, 12),
        Branch("110", "نیک‌آذین لجستیک", "100", POST, 30),
        Branch("111", "ناوگان شمال", "110", POST, 110),
        Branch("1111", "انبار قم", "111", PRE, 36),
        Branch("1112", "پایانهٔ رشت", "111", PRE, 29),
        Branch("112", "ناوگان جنوب", "110", POST, 140),
        Branch("1121", "اسکلهٔ بندرعباس", "112", POST, 45),
        Branch("120", "نیک‌آذین فروش", "100", POST, 40),
        Branch("121", "فروش تهران", "120", POST, 190),
        Branch("1211", "ویزیتورهای غرب تهران", "121", POST, 95),
        Branch("122", "پخش کرج", "120", POST, 70),
        Branch("123", "شعبهٔ شیراز", "120", POST, 55),
        Branch("124", "صادرات", "120", POST, 30),
        Branch("130", "نیک‌آذین انرژی", "100", PRE, 60),
        Branch("131", "پایش و فناوری", "130", PRE, 58),
        Branch("140", "Nikazin International، نمایندگی‌های آسیای میانه، قفقاز و بالکان (در دست راه‌اندازی)", "100", POST, 0),
    ),
    (("1010", "ستاد"), ("1204", "حمل‌ونقل جاده‌ای"), ("1205", "انبارداری"), ("2100", "فروش حضوری"), ("2110", "صادرات"), ("3300", "پایش")),
    ("100", "110", "130"), "nikazin.corp",
)  # fmt: skip

ALBORZ_COLD_CHAIN = Company(
    ALBORZ, "Alborz Cold Chain", "411188740955", Locale.EN,
    [{"name": "Front desk", "phone": "+982144000200", "email": "desk@alborz.example"}],
    140,
    (
        Branch("A-1", "Alborz Cold Chain, general account", "", POST, 6),
        Branch("A-11", "Refrigerated fleet", "A-1", POST, 70),
        Branch("A-111", "Sensors on board", "A-11", PRE, 34),
        Branch("A-1111", "Trial sensors", "A-111", PRE, 8),
        Branch("A-12", "Depots", "A-1", POST, 22),
    ),
    (("CC-10", "Operations"), ("CC-20", "Depots")),
    ("A-1", "A-11"), "alborz.iot",
)  # fmt: skip

BALKAN_TRANSIT = Company(
    BALKAN, "Балкан Транзит", "411162003478", Locale.BG,
    [{"name": "Деловодство", "phone": "+982122000300", "email": "office@balkan.example"}],
    60,
    (
        Branch("B-1", "Балкан Транзит, обща сметка", "", POST, 4),
        Branch("B-11", "Шофьори", "B-1", POST, 36),
        Branch("B-12", "Склад Техеран", "B-1", PRE, 20),
    ),
    (("Б-1", "Превози"),),
    ("B-1",), "balkan.gps",
)  # fmt: skip

COMPANIES: Sequence[Company] = (NIKAZIN_GROUP, ALBORZ_COLD_CHAIN, BALKAN_TRANSIT)
GROWN_NAMES = {1_000: (ARVAND, "پخش محلی اروند", "arvand.corp"), 100_000: (ZAGROS, "پخش سراسری زاگرس", "zagros.corp")}
CARDS_PER_ACCOUNT = 250
LEVELS = ("منطقهٔ", "ناوگان", "انبار")


def companies(size: Size) -> list[tuple[Company, int]]:
    """The companies of a world with how many SIM cards each has; the first takes what the shares of the others leave."""
    first, *rest = COMPANIES
    shares = sum(company.share for company in COMPANIES)
    others = [(company, max(1, size.cards * company.share // shares)) for company in rest]
    return [(first, size.cards - sum(count for _, count in others)), *others, *((grown(cards), cards) for cards in size.grown)]


def grown_managers(size: Size) -> list[Identity]:
    """The managers of the grown companies of a world."""
    legal_ids = {company.legal_id for company in map(grown, size.grown)}
    return [one for one in GROWN if {legal_id for legal_id, _ in one.places} <= legal_ids]


def grown(cards: int) -> Company:
    """A company with an account for some 250 cards, hanging three levels deep below its top; it buys by its regions."""
    legal_id, name, apn = GROWN_NAMES[cards]
    width = max(2, round((cards / CARDS_PER_ACCOUNT) ** (1 / len(LEVELS))))
    top = Branch("1", name, "", POST, 1)
    branches = [top, *_below(top, width, LEVELS)]
    office = {"name": "دبیرخانه", "phone": "+982188000400", "email": f"office@{apn.partition('.')[0]}.example"}
    return Company(
        legal_id, name, legal_id, Locale.FA, [office], 0, branches,
        (("10", "ستاد"), ("20", "پخش مویرگی"), ("30", "سردخانه"), ("40", "فروش")),
        tuple(branch.number for branch in branches if len(branch.number) <= 2), apn, GROWN_HABITS,
    )  # fmt: skip


def _below(parent: Branch, width: int, levels: Sequence[str]) -> Iterator[Branch]:
    """Everything below an account, whose number its number begins with; the lower, the more cards."""
    if not levels:
        return
    for place in range(1, width + 1):
        number = f"{parent.number}{place}"
        mode = PRE if place == width and len(levels) == 1 else POST
        share = 40 + 17 * place % 50 if len(levels) == 1 else 6 // len(levels)
        branch = Branch(number, f"{levels[0]} {digits_persian(number[1:])}", parent.number, mode, share)
        yield branch
        yield from _below(branch, width, levels[1:])

"""The three companies of the demo world: legal entities, account trees four deep, cost centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.accounts.tables import PaymentMode
from domain.kernel.locale import Locale
from seeds.identities import ALBORZ, BALKAN, NIKAZIN

PRE, POST = PaymentMode.PREPAID, PaymentMode.POSTPAID


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
    """A legal entity; `share` is its part of all SIM cards, `payers` the accounts with money in their wallets."""

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

"""Words that files use for states and kinds, in Persian and English, by what they mean."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.accounts.tables import PaymentMode
from domain.kernel.quantity import UsageType
from domain.kernel.text import fold
from domain.sims.states import Barring, SimStatus, SimStatusReason
from domain.usage.documents import UsageDirection

Word = TypeVar("Word", bound=StrEnum)

PAYMENT_MODES: Mapping[PaymentMode, tuple[str, ...]] = {
    PaymentMode.PREPAID: ("prepaid", "پیش‌پرداخت", "اعتباری"),
    PaymentMode.POSTPAID: ("postpaid", "پس‌پرداخت", "دائمی"),
}
STATUSES: Mapping[SimStatus, tuple[str, ...]] = {
    SimStatus.READY_TO_ACTIVATE: ("ready to activate", "ready", "آماده فعال‌سازی", "آماده"),
    SimStatus.ACTIVE: ("active", "فعال"),
    SimStatus.BLOCKED: ("blocked", "مسدود"),
    SimStatus.SUSPENDED: ("suspended", "تعلیق", "معلق"),
    SimStatus.CAP_EXCEEDED: ("cap exceeded", "سقف پر شده", "پر شدن سقف"),
    SimStatus.IMEI_MISMATCH: ("imei mismatch", "مغایرت دستگاه", "مغایرت imei"),
    SimStatus.TERMINATED: ("terminated", "خاتمه‌یافته", "تخلیه"),
}
REASONS: Mapping[SimStatusReason, tuple[str, ...]] = {
    SimStatusReason.LOST: ("lost", "stolen", "مفقودی", "گم‌شده", "سرقت"),
    SimStatusReason.UNPAID: ("unpaid", "بدهی", "پرداخت‌نشده"),
    SimStatusReason.REQUEST: ("request", "درخواست", "به درخواست شرکت"),
    SimStatusReason.FRAUD: ("fraud", "تقلب", "سوءاستفاده"),
    SimStatusReason.POLICY: ("policy", "قاعده", "قواعد"),
}
BARRINGS: Mapping[Barring, tuple[str, ...]] = {
    Barring.NONE: ("none", "ندارد", "بدون محدودیت"),
    Barring.OUTGOING: ("outgoing", "one-way", "یک‌طرفه"),
    Barring.ALL: ("all", "two-way", "دوطرفه"),
}
SERVICES: Mapping[UsageType, tuple[str, ...]] = {
    UsageType.VOICE: ("voice", "call", "مکالمه", "تماس"),
    UsageType.DATA: ("data", "internet", "دیتا", "اینترنت"),
    UsageType.SMS: ("sms", "text", "پیامک"),
    UsageType.OTHER: ("other", "سایر"),
}
DIRECTIONS: Mapping[UsageDirection, tuple[str, ...]] = {
    UsageDirection.OUTGOING: ("outgoing", "out", "خروجی", "ارسالی"),
    UsageDirection.INCOMING: ("incoming", "in", "ورودی", "دریافتی"),
}


def key(text: str) -> str:
    """What makes two spellings of a word or a header the same: case, spaces, dashes and underscores make no difference."""
    return fold(text).replace("_", "").replace("-", "").replace(".", "")


def by_key(words: Mapping[Word, tuple[str, ...]]) -> dict[str, Word]:
    """Meanings by the keys of their words, their own names included."""
    return {key(word): meaning for meaning, spellings in words.items() for word in (meaning.value, *spellings)}

"""Numbers and codes as people type them, checked and brought into the one form that is stored (FEATURES 3.2).

Every `parse_…` takes any common spelling (Persian or Arabic digits, spaces, dashes, direction marks) and returns the stored text;
what can't be meant raises `InvalidInput` with a message key of its own.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from domain.kernel.errors import InvalidInput
from domain.kernel.text import digits_latin, without_invisible

# What people put between the digits of a number: spaces, dashes, dots, brackets, slashes.
_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}
_BETWEEN = re.compile(r"[\s\-‐-―−.()/_]+")
# The form of an address as browsers check it (HTML standard, "valid e-mail address"), with at least one dot in the domain.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


class Channel(StrEnum):
    """How a person can be reached with a code or a notice."""

    SMS = "SMS"
    EMAIL = "EMAIL"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person signs in with: a mobile number or an e-mail address, in stored form."""

    channel: Channel
    address: str


def parse_identity(text: str) -> Identity:
    """Reads a mobile number or an e-mail address in any common spelling."""
    if "@" in text:
        return Identity(Channel.EMAIL, parse_email(text))
    try:
        return Identity(Channel.SMS, parse_msisdn(text))
    except InvalidInput:
        raise InvalidInput("error.identity") from None


def parse_msisdn(text: str) -> str:
    """Reads a mobile number: E.164, `+98…` for Iranian ones however they are written, abroad only with `+` or `00`.

    Iranian numbers are checked by their shape alone: numbers of data SIM cards (0941…) and of new ranges are unknown to libphonenumber,
    and a prefix proves no operator (portability).
    """
    typed = _digits(text.replace("+", "00", 1) if text.strip(" \t\u200e\u200f\u202a\u2066").startswith("+") else text)
    if typed is None:
        raise InvalidInput("error.msisdn")
    if iranian := re.fullmatch(r"(?:(?:00)?980?|0)?(9\d{9})", typed):
        return f"+98{iranian[1]}"
    if not typed.startswith("00") or typed.startswith("0098"):
        raise InvalidInput("error.msisdn")
    try:
        number = phonenumbers.parse(f"+{typed[2:]}")
    except phonenumbers.NumberParseException:
        raise InvalidInput("error.msisdn") from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidInput("error.msisdn")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_email(text: str) -> str:
    """Reads an e-mail address: lower case, an international domain in its ASCII form."""
    local, at, domain = digits_latin(without_invisible(text)).strip().lower().rpartition("@")
    try:
        address = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        raise InvalidInput("error.email") from None
    if len(address) > 254 or not _EMAIL.fullmatch(address) or ".." in local or local.startswith(".") or local.endswith("."):
        raise InvalidInput("error.email")
    return address


def parse_iccid(text: str) -> str:
    """Reads a SIM card's serial: 19 or 20 digits beginning with 89, the last a Luhn digit; a filler F at the end is dropped."""
    digits = _digits(re.sub(r"[Ff]\s*$", "", text))
    if digits is None or len(digits) not in (19, 20) or not digits.startswith("89") or not has_luhn_digit(digits):
        raise InvalidInput("error.iccid")
    return digits


def parse_imsi(text: str) -> str:
    """Reads a subscriber identity: 15 digits."""
    digits = _digits(text)
    if digits is None or len(digits) != 15:
        raise InvalidInput("error.imsi")
    return digits


def parse_imei(text: str) -> str:
    """Reads a device identity: 15 digits, the last a Luhn digit."""
    digits = _digits(text)
    if digits is None or len(digits) != 15 or not has_luhn_digit(digits):
        raise InvalidInput("error.imei")
    return digits


def parse_legal_id(text: str) -> str:
    """Reads the national id of a legal entity (شناسه ملی): 11 digits with check digit, the 4th to 9th not all zero."""
    digits = _digits(text)
    if digits is None or len(digits) != 11 or digits[3:9] == "000000" or legal_id_check_digit(digits[:10]) != digits[10]:
        raise InvalidInput("error.legal_id")
    return digits


def legal_id_check_digit(first_ten: str) -> str:
    """The eleventh digit that belongs to the first ten of a legal id."""
    tens = int(first_ten[9]) + 2
    weights = (29, 27, 23, 19, 17) * 2
    return str(sum((int(digit) + tens) * weight for digit, weight in zip(first_ten, weights, strict=True)) % 11 % 10)


def parse_national_code(text: str) -> str:
    """Reads the national code of a person (کد ملی): 10 digits with check digit, not all equal."""
    digits = _digits(text)
    if digits is None or len(digits) != 10 or len(set(digits)) == 1:
        raise InvalidInput("error.national_code")
    rest = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    if int(digits[9]) != (rest if rest < 2 else 11 - rest):
        raise InvalidInput("error.national_code")
    return digits


def parse_economic_code(text: str) -> str:
    """Reads an economic code: 11 digits (a legal id), 12 (the older form) or 14 (a person's)."""
    digits = _digits(text)
    if digits is None or len(digits) not in (11, 12, 14):
        raise InvalidInput("error.economic_code")
    return digits


def parse_postal_code(text: str) -> str:
    """Reads an Iranian postal code: 10 digits, not beginning with zero, not all equal."""
    digits = _digits(text)
    if digits is None or len(digits) != 10 or digits[0] == "0" or len(set(digits)) == 1:
        raise InvalidInput("error.postal_code")
    return digits


def has_luhn_digit(digits: str) -> bool:
    """Whether the last of these Latin digits is their Luhn digit."""
    return (sum(map(int, digits[-1::-2])) + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


def _digits(text: str) -> str | None:
    """The bare Latin digits of a typed number, or None if there is anything but digits and what stands between them."""
    if text.isascii() and text.isdigit():
        return text
    bare = _BETWEEN.sub("", digits_latin(without_invisible(text)))
    return bare if bare.isascii() and bare.isdigit() else None

"""Scalars of the contract: how each value is written on the wire and read from it."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.kernel import identifiers
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import DomainError
from schema.engine.natives import Native

MSISDN = NewType("MSISDN", str)
ICCID = NewType("ICCID", str)
IMSI = NewType("IMSI", str)
IMEI = NewType("IMEI", str)
LegalId = NewType("LegalId", str)
EmailAddress = NewType("EmailAddress", str)
URL = NewType("URL", str)


_YEARS = "DateTime lies between the years 1900 and 2199; leave it out for no bound."
_DIGITS = 30


def written(instant: datetime) -> str:
    """An instant in RFC 3339, UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(value: Any) -> datetime:
    """Reads an instant; one without a time zone is refused."""
    if not isinstance(value, str):
        raise ValueError("DateTime is written as text in RFC 3339, such as 2026-11-21T08:30:00Z.")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("DateTime is written in RFC 3339, such as 2026-11-21T08:30:00Z.") from None
    if instant.tzinfo is None:
        raise ValueError("DateTime needs its time zone: end it with Z or +03:30.")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(_YEARS) from None
    if not 1900 <= instant.year < 2200:  # calendars and sums of days go wrong at the ends of time, and nobody means them
        raise ValueError(_YEARS)
    return instant


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(value if isinstance(value, str | int) and not isinstance(value, bool) else "bad")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError("Decimal is an exact number written as text, such as 1250000.")
    if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _DIGITS:
        raise ValueError(f"Decimal has at most {_DIGITS} digits.")
    return number


def _decimal_text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _checked(parse: Any, example: str) -> Any:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"It is written as text, such as {example}.")
        try:
            return parse(value)
        except DomainError:
            raise ValueError(f"This is no valid value; one looks like {example}.") from None

    return read


def _scalar(name: str, description: str, serialize: Any, parse: Any, *, url: str | None = None) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=parse, specified_by_url=url)


SCALARS: dict[object, ScalarDefinition] = {
    MSISDN: _scalar(
        "MSISDN", "Phone number in E.164 form, `+989351234567`; inputs also take 09…, 98…, 0098… and Persian digits.",
        str, _checked(identifiers.parse_msisdn, "09351234567"),
    ),
    ICCID: _scalar(
        "ICCID", "SIM card serial of 19–20 digits (E.118, last one a Luhn digit).", str,
        _checked(identifiers.parse_iccid, "8998350000000000011"),
    ),
    IMSI: _scalar("IMSI", "Subscriber identity of 15 digits (E.212).", str, _checked(identifiers.parse_imsi, "432351234567890")),
    IMEI: _scalar("IMEI", "Device identity of 15 digits with Luhn check.", str, _checked(identifiers.parse_imei, "490154203237518")),
    LegalId: _scalar(
        "LegalId", "National id of a legal entity, 11 digits with check digit.", str, _checked(identifiers.parse_legal_id, "10380284790")
    ),
    EmailAddress: _scalar("EmailAddress", "E-mail address.", str, _checked(identifiers.parse_email, "name@example.com")),
    URL: _scalar(
        "URL", "Absolute https address; http only for loopback in development.", str, str, url="https://url.spec.whatwg.org/"
    ),
    JalaliMonth: _scalar(
        "JalaliMonth", "Jalali month `1404-07`, with its borders in Asia/Tehran.", str, _checked(JalaliMonth.parse, "1404-07")
    ),
    datetime: _scalar(
        "DateTime", "Instant in RFC 3339, always UTC (`Z`).", written, _instant,
        url="https://scalars.graphql.org/andimarek/date-time.html",
    ),
    Decimal: _scalar("Decimal", "Exact number as a decimal string; never a float.", _decimal_text, _decimal),
}  # fmt: skip

NATIVES = {
    "DateTime": [Native(datetime, when="{}.tzinfo is UTC", names={"UTC": UTC})],
    "Decimal": [Native(int, "str({})"), Native(Decimal, "format({}, 'f')")],
    **{name: [Native(str)] for name in ("MSISDN", "ICCID", "IMSI", "IMEI", "LegalId", "EmailAddress", "URL")},
}
"""How the engine writes values of scalars without asking `serialize`, to the same effect."""

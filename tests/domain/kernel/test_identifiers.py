"""Numbers and codes in every spelling people use, and the ones that must be refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from domain.kernel import identifiers
from domain.kernel.errors import InvalidInput
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.text import digits_persian

NSN = st.from_regex(r"9[0-9]{9}", fullmatch=True)
TEN_DIGITS = st.from_regex(r"[0-9]{10}", fullmatch=True)


@pytest.mark.parametrize(
    "typed",
    [
        "09351234567",
        "9351234567",
        "989351234567",
        "+989351234567",
        "00989351234567",
        "0098 935 123 4567",
        "+98 (0) 935-123-45-67",
        "+98\u00a0935\u00a0123\u00a04567",
        "۰۹۳۵۱۲۳۴۵۶۷",
        "٠٩٣٥١٢٣٤٥٦٧",
        "\u2066+۹۸ ۹۳۵ ۱۲۳ ۴۵۶۷\u2069",
        "  0935.123.4567\n",
    ],
)
def test_an_iranian_number_has_one_form(typed: str) -> None:
    assert identifiers.parse_msisdn(typed) == "+989351234567"


@given(NSN, st.sampled_from(["", "0", "98", "+98", "0098", "+98 0"]), st.sampled_from(["", " ", "-"]), st.booleans())
def test_every_iranian_mobile_number_passes_in_every_spelling(nsn: str, prefix: str, gap: str, persian: bool) -> None:
    typed = prefix + gap + gap.join((nsn[:3], nsn[3:6], nsn[6:]))

    assert identifiers.parse_msisdn(digits_persian(typed) if persian else typed) == f"+98{nsn}"


def test_numbers_of_data_sim_cards_pass() -> None:
    assert identifiers.parse_msisdn("0941 000 0001") == "+989410000001"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("+359 88 812 3456", "+359888123456"), ("007 912 345 67 89", "+79123456789"), ("+44 7400 123456", "+447400123456")],
)
def test_numbers_abroad_pass_with_their_country(typed: str, stored: str) -> None:
    assert identifiers.parse_msisdn(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0935123456",
        "093512345678",
        "+982188888888",
        "02188888888",
        "+98",
        "+1",
        "+999123456789",
        "0935x234567",
        "09351234567 09351234568",
        "359888123456",
        "++989351234567",
        "۰۹۳۵",
        "9" * 40,
    ],
)
def test_what_is_no_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        identifiers.parse_msisdn(typed)

    assert refusal.value.message_key == "error.msisdn"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" M.Modir@Nikazin.Example ", "m.modir@nikazin.example"),
        ("ali۱۲@example.com", "ali12@example.com"),
        ("\u200eali+receipts@mail.example.com", "ali+receipts@mail.example.com"),
        ("office@поща.example", "office@xn--80a1ac5b.example"),
    ],
)
def test_an_address_has_one_form(typed: str, stored: str) -> None:
    assert identifiers.parse_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ali",
        "ali@",
        "@example.com",
        "ali@example",
        "a b@example.com",
        "ali@exa mple.com",
        "ali@-x.com",
        "a..b@x.com",
        ".a@x.com",
        "a@b@x.com",
        "علی@example.com",
        "a@x..com",
        "a" * 65 + "@x.com",
        "a@" + "b" * 64 + ".com",
        "a\r\nBcc: b@x.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        identifiers.parse_email(typed)


def test_people_sign_in_with_either() -> None:
    assert identifiers.parse_identity("۰۹۳۵ ۱۲۳ ۴۵۶۷") == Identity(Channel.SMS, "+989351234567")
    assert identifiers.parse_identity("Ali@Example.com") == Identity(Channel.EMAIL, "ali@example.com")
    with pytest.raises(InvalidInput) as refusal:
        identifiers.parse_identity("nobody")
    assert refusal.value.message_key == "error.identity"


ACCEPTED: list[tuple[Callable[[str], str], str, str]] = [
    (identifiers.parse_iccid, "8998350000000000011", "8998350000000000011"),
    (identifiers.parse_iccid, "8998 3500 0000 0000 011F", "8998350000000000011"),
    (identifiers.parse_iccid, "۸۹۹۸۳۵۰۰۰۰۰۰۰۰۰۰۰۱۱", "8998350000000000011"),
    (identifiers.parse_imsi, "432 35 1234567890", "432351234567890"),
    (identifiers.parse_imei, "49-015420-323751-8", "490154203237518"),
    (identifiers.parse_legal_id, "10380284790", "10380284790"),
    (identifiers.parse_legal_id, "۱۰۳۸۰۲۸۴۷۹۰", "10380284790"),
    (identifiers.parse_national_code, "0076229645", "0076229645"),
    (identifiers.parse_national_code, "158-325068-9", "1583250689"),
    (identifiers.parse_economic_code, "411-1111-11111", "411111111111"),
    (identifiers.parse_postal_code, "19395-1234۵", "1939512345"),
]
REFUSED: list[tuple[Callable[[str], str], str, str]] = [
    (identifiers.parse_iccid, "error.iccid", "8998350000000000012"),
    (identifiers.parse_iccid, "error.iccid", "899835000000000001"),
    (identifiers.parse_iccid, "error.iccid", "0098350000000000011"),
    (identifiers.parse_imsi, "error.imsi", "43235123456789"),
    (identifiers.parse_imei, "error.imei", "490154203237519"),
    (identifiers.parse_imei, "error.imei", "4901542032375180"),
    (identifiers.parse_legal_id, "error.legal_id", "10380284791"),
    (identifiers.parse_legal_id, "error.legal_id", "1038028479"),
    (identifiers.parse_legal_id, "error.legal_id", "12300000000"),
    (identifiers.parse_national_code, "error.national_code", "0076229646"),
    (identifiers.parse_national_code, "error.national_code", "1111111111"),
    (identifiers.parse_economic_code, "error.economic_code", "1234567890"),
    (identifiers.parse_postal_code, "error.postal_code", "193951234"),
    (identifiers.parse_postal_code, "error.postal_code", "0939512345"),
]


@pytest.mark.parametrize(("parse", "typed", "stored"), ACCEPTED)
def test_codes_are_brought_into_their_stored_form(parse: Callable[[str], str], typed: str, stored: str) -> None:
    assert parse(typed) == stored
    assert parse(stored) == stored


@pytest.mark.parametrize(("parse", "key", "typed"), [*REFUSED, *((parse, key, "") for parse, key, _ in REFUSED)])
def test_codes_that_break_their_rule_are_refused(parse: Callable[[str], str], key: str, typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(typed)

    assert refusal.value.message_key == key


@given(TEN_DIGITS.filter(lambda digits: digits[3:9] != "000000"))
def test_a_legal_id_has_exactly_one_check_digit(first_ten: str) -> None:
    right = identifiers.legal_id_check_digit(first_ten)
    accepted = [digit for digit in "0123456789" if _passes(identifiers.parse_legal_id, first_ten + digit)]

    assert accepted == [right]


@given(TEN_DIGITS.filter(lambda digits: len(set(digits[:9])) > 1))
def test_a_national_code_has_exactly_one_check_digit(digits: str) -> None:
    assert sum(_passes(identifiers.parse_national_code, digits[:9] + last) for last in "0123456789") == 1


@given(st.from_regex(r"89[0-9]{16,17}", fullmatch=True), st.integers(0, 18))
def test_one_wrong_digit_of_an_iccid_is_noticed(body: str, place: int) -> None:
    right = body + luhn.calc_check_digit(body)
    place = 2 + place % (len(right) - 2)
    wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]

    assert identifiers.parse_iccid(right) == right
    assert not _passes(identifiers.parse_iccid, wrong)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_never_a_bug(typed: str) -> None:
    for parse in (identifiers.parse_msisdn, identifiers.parse_email, *(parse for parse, _, _ in REFUSED)):
        if _passes(parse, typed):
            assert parse(parse(typed)) == parse(typed)


def _passes(parse: Callable[[str], str], typed: str) -> bool:
    try:
        parse(typed)
    except InvalidInput:
        return False
    return True

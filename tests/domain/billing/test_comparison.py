"""Every rial of a difference has its cause: examples that a person can check by hand, and any two bills."""

import os
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.billing.comparison import BillCauseKind, Cause, ComparedBill, ComparedLine, compared
from domain.billing.states import BillLineKind
from domain.kernel.money import rounded
from domain.kernel.quantity import UNIT_OF, Unit, UsageType

PAIRS = int(os.environ.get("SIMURGH_TEST_BILLS", "300"))
"""How many random pairs; 10,000 before a release."""
ACCOUNT = UUID(int=7)
NINE, TEN = Decimal(9), Decimal(10)
K, C = BillLineKind, BillCauseKind


def line(
    number: int, kind: BillLineKind = K.USAGE, *, sim: int | None = 1, service: UsageType | None = UsageType.DATA, count: int | None = None,
    net: int, rate: Decimal = TEN, item: str = "tariff",
) -> ComparedLine:  # fmt: skip
    unit: Unit | None = UNIT_OF[service] if service and count is not None else None
    vat = rounded(net * rate / 100)
    return ComparedLine(UUID(int=number), kind, UUID(int=sim) if sim else None, ACCOUNT, service, item, unit, count, net, vat, rate)


def bill(lines: Sequence[ComparedLine], *cards: int) -> ComparedBill:
    return ComparedBill(lines, {UUID(int=card) for card in cards} | {one.sim_id for one in lines if one.sim_id})


def told(causes: Iterable[Cause]) -> list[tuple[BillCauseKind, UsageType | None, int]]:
    return [(cause.kind, cause.service, cause.amount) for cause in causes]


def test_more_at_the_old_price_is_volume_and_the_rest_is_price_and_then_tax() -> None:
    old = bill([line(1, count=100, net=1000, rate=NINE)])
    new = bill([line(2, count=150, net=1800, rate=TEN)])

    # 100 → 150 at 10 rials: 1090 → 1635; 1800 instead of 1500: 1635 → 1962; 10 % instead of 9 %: 1962 → 1980
    assert told(compared(new, old)) == [
        (C.VOLUME, UsageType.DATA, 545),
        (C.PRICE, UsageType.DATA, 327),
        (C.TAX, UsageType.DATA, 18),
    ]
    (detail,) = compared(new, old)[0].details
    assert detail == (545, UUID(int=1), UUID(int=2), UUID(int=1))


def test_a_fee_that_rose_is_price() -> None:
    old, new = bill([line(1, K.SUBSCRIPTION, service=None, net=1000)]), bill([line(2, K.SUBSCRIPTION, service=None, net=1200)])

    assert told(compared(new, old)) == [(C.PRICE, None, 220)]


def test_cards_that_came_and_went_are_told_before_volume() -> None:
    old, new = bill([line(1, sim=1, net=500)], 1), bill([line(2, sim=2, net=300)], 2)

    assert told(compared(new, old)) == [(C.SIM_ADDED, UsageType.DATA, 330), (C.SIM_REMOVED, UsageType.DATA, -550)]


def test_a_card_that_was_there_and_used_nothing_is_no_new_card() -> None:
    old, new = bill([], 1), bill([line(2, sim=1, count=9, net=300)], 1)

    assert told(compared(new, old)) == [(C.VOLUME, UsageType.DATA, 330)]


def test_one_offs_credits_and_notes_have_their_own_names() -> None:
    old = bill([line(1, K.CREDIT, net=-200), line(2, K.ONE_OFF, net=1000)])
    new = bill([line(3, K.CREDIT, net=-100), line(4, K.NOTE, net=50), line(5, K.NOTE, net=-70, sim=None)])

    assert told(compared(new, old)) == [
        (C.ONE_OFF, UsageType.DATA, -1100),
        (C.CREDIT, UsageType.DATA, 220 - 110 - 77),
        (C.OTHER, UsageType.DATA, 55),
    ]


def test_what_is_equal_is_no_cause() -> None:
    same = [line(1, count=5, net=100), line(2, K.ONE_OFF, net=10), line(3, K.SUBSCRIPTION, service=None, net=70)]

    assert compared(bill(same), bill(same)) == []


def test_a_card_that_moved_within_the_bill_is_compared_with_itself() -> None:
    here = line(1, count=10, net=100)
    there = line(2, count=20, net=200)._replace(account_id=UUID(int=8))

    assert told(compared(bill([there]), bill([here]))) == [(C.VOLUME, UsageType.DATA, 110)]


AMOUNT = st.integers(-(10**13), 10**13)
LINES = st.lists(
    st.builds(
        lambda number, kind, sim, service, count, net, rate, item: line(
            number, kind, sim=sim, service=service, count=count, net=-abs(net) if kind is K.CREDIT else net, rate=rate, item=item
        ),
        st.integers(1, 10**9), st.sampled_from(K), st.none() | st.integers(1, 5), st.none() | st.sampled_from(UsageType),
        st.none() | st.integers(0, 10**12), AMOUNT, st.sampled_from([NINE, TEN, Decimal("0"), Decimal("9.5")]), st.sampled_from("ab"),
    ),
    max_size=20,
)  # fmt: skip


@given(LINES, LINES, st.sets(st.integers(1, 5)), st.sets(st.integers(1, 5)))
def test_causes_of_any_two_bills_sum_to_the_difference(
    new: list[ComparedLine], old: list[ComparedLine], new_cards: set[int], old_cards: set[int]
) -> None:
    causes = compared(bill(new, *new_cards), bill(old, *old_cards))

    assert sum(cause.amount for cause in causes) == sum(one.gross for one in new) - sum(one.gross for one in old)
    assert all(cause.amount == sum(detail.amount for detail in cause.details) for cause in causes)
    assert len(causes) <= 50
    sizes = [[abs(detail.amount) for detail in cause.details] for cause in causes]
    assert all(one == sorted(one, reverse=True) for one in sizes)


def cycle(chance: random.Random, number: int, cards: Iterable[int], price: dict[UsageType, int], rate: Decimal) -> list[ComparedLine]:
    """A month as companies have it: fees, usage by tariff, bundles bought, a bonus now and then."""
    made: list[ComparedLine] = []

    def add(kind: BillLineKind, sim: int, service: UsageType | None, count: int | None, net: int, item: str) -> None:
        made.append(line(number + len(made), kind, sim=sim, service=service, count=count, net=net, rate=rate, item=item))

    for card in cards:
        add(K.SUBSCRIPTION, card, None, None, chance.choice((150_000, 300_000)), "fee")
        for service in (UsageType.DATA, UsageType.VOICE, UsageType.SMS):
            if chance.random() < 0.8:
                count = chance.randrange(1, 10**6)
                add(K.USAGE, card, service, count, count * price[service] // 100, "tariff")
        if chance.random() < 0.3:
            add(K.ONE_OFF, card, UsageType.DATA, None, chance.randrange(10**4, 10**7), "bundle")
        if chance.random() < 0.1:
            add(K.CREDIT, card, UsageType.VOICE, None, -chance.randrange(1, 10**5), "bonus")
        if chance.random() < 0.02:
            add(K.NOTE, card, None, None, chance.randrange(-(10**5), 10**5), "note")
    return made


def test_random_companies_are_explained_to_the_rial_and_nearly_all_of_it_by_name() -> None:
    moved = unnamed = 0
    for seed in range(PAIRS):
        chance = random.Random(seed)
        old_cards = set(range(1, chance.randrange(2, 40)))
        new_cards = {card for card in old_cards if chance.random() < 0.95} | set(range(100, 100 + chance.randrange(4)))
        old_price = {service: chance.randrange(1, 5000) for service in UsageType}
        new_price = old_price if chance.random() < 0.6 else {service: chance.randrange(1, 5000) for service in UsageType}
        old = cycle(chance, 1, sorted(old_cards), old_price, chance.choice((NINE, TEN)))
        new = cycle(chance, 10_000, sorted(new_cards), new_price, TEN)

        causes = compared(bill(new, *new_cards), bill(old, *old_cards))

        assert sum(cause.amount for cause in causes) == sum(one.gross for one in new) - sum(one.gross for one in old)
        moved += sum(abs(cause.amount) for cause in causes)
        unnamed += sum(abs(cause.amount) for cause in causes if cause.kind is C.OTHER)

    assert unnamed <= moved * 0.05

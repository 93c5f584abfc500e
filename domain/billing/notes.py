"""How a credit for some lines is shared out over their VAT rates: never more of net or tax than the lines have."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from domain.kernel.money import Money, Price, in_proportion, rounded


def credited(lines: Iterable[Price], net: int) -> Sequence[Price]:
    """The parts of a credit of so much net for these lines, one for each VAT rate, the lowest first; each line's net is above zero.

    They sum to the net exactly. All of the lines' net gives all of their tax, less of it no more than they have. More is a `ValueError`.
    """
    nets: dict[Decimal, int] = defaultdict(int)
    taxes: dict[Decimal, int] = defaultdict(int)
    for line in lines:
        nets[line.vat_rate] += line.net.minor
        taxes[line.vat_rate] += line.vat.minor
    whole = sum(nets.values())
    if not 0 < net <= whole:
        raise ValueError(f"{net} of {whole}")
    parts, left = [], net
    for rate in sorted(nets):
        # What is still to share out, by what the rates that come still have: rounding is never left over at the end.
        part = in_proportion(left, nets[rate], whole)
        left, whole = left - part, whole - nets[rate]
        vat = taxes[rate] if part == nets[rate] else min(rounded(part * rate / 100), taxes[rate])
        if part:
            parts.append(Price(Money(part), Money(vat), rate))
    return parts

"""What an invoice comes to: VAT once a category, shared out to where it is due, and what rounding leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.billing.model import Charge, Debtor, Item, VatCategory, VatPart, VatSum, VatWhy
from laddnav.billing.rules import in_coins
from laddnav.billing.vat import Treatment, treatment, treatment_of
from laddnav.kit.money import minor_unit
from laddnav.parties.model import Party


def taxed(
    party: Party, debtor: Debtor, charges: Iterable[Charge], items: Iterable[Item], currency: str
) -> tuple[tuple[Charge, ...], tuple[Item, ...], tuple[VatSum, ...]]:
    """Charges and items, each line with the rate that it bears, and the VAT of each category, the highest rate first.

    It is computed once, on the sum of a category's lines (EN 16931 BR-CO-17), and shared out to the countries where it
    is due so that not a coin is lost.
    """
    bases: Bases = defaultdict(dict)
    with_rates = []
    for charge in charges:
        lines = []
        day = charge.ended_at.astimezone(ZoneInfo(charge.time_zone)).date()
        place = charge.country or party.holder.country
        for line in charge.lines:
            # A partner that asks for no VAT says so of its sale to us, which is not the one to the driver.
            told = line.vat_percent if charge.cdr_owner == party.holder else line.vat_percent or None
            one = treatment(party, debtor, place, day, told)
            _add(bases, one, line.amount)
            lines.append(replace(line, vat_percent=one.percent, vat_category=one.category))
        with_rates.append(replace(charge, lines=tuple(lines)))
    rated = []
    for item in items:
        one = treatment_of(party, debtor, item)
        _add(bases, one, item.amount)
        rated.append(replace(item, vat_percent=one.percent, vat_category=one.category))
    sums = tuple(
        _vat_sum(category, percent, parts, currency)
        for (category, percent), parts in sorted(bases.items(), key=lambda item: (-item[0][1], item[0][0]))
    )
    return tuple(with_rates), tuple(rated), sums


Bases = dict[tuple[VatCategory, Decimal], dict[tuple[str, VatWhy], Decimal]]


def _add(bases: Bases, one: Treatment, amount: Decimal) -> None:
    parts = bases[one.category, one.percent]
    parts[one.country, one.why] = parts.get((one.country, one.why), Decimal(0)) + amount


def _vat_sum(
    category: VatCategory, percent: Decimal, bases: Mapping[tuple[str, VatWhy], Decimal], currency: str
) -> VatSum:
    base = sum(bases.values(), Decimal(0))
    amount = in_coins(base * percent / 100, currency)
    exact = [one * percent / 100 for one in bases.values()]
    parts = (
        VatPart(country, why, one, share)
        for ((country, why), one), share in zip(bases.items(), shared_out(amount, exact, currency), strict=True)
    )
    return VatSum(category, percent, base, amount, tuple(parts))


def shared_out(total: Decimal, exact: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` in whole coins, a part for each exact share of it and less than a coin away: the largest rests win.

    What is taken back is shared out as what was given, so that a credit of everything leaves nothing anywhere.
    """
    if total < 0:
        return [-one for one in shared_out(-total, [-one for one in exact], currency)]
    coin = minor_unit(currency)
    shares = [(one / coin).to_integral_value(ROUND_FLOOR) * coin for one in exact]
    short = int((total - sum(shares, Decimal(0))) / coin)
    by_rest = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_rest[:short]:
        shares[place] += coin
    return shares


def rounding_of(party: Party, total: Decimal) -> Decimal:
    """What `total` lacks of, or has above, the sum that the party rounds to; half of it goes up."""
    if party.round_to is None:
        return Decimal(0)
    return (total / party.round_to).to_integral_value(ROUND_HALF_UP) * party.round_to - total

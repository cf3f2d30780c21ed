"""The lowest and the highest price that a tariff promises for a session, as lines that say what they change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit.money import TaxAmount
from laddnav.pricing.counts import RESERVATION_FLAT, RESERVATION_TIME, Counts
from laddnav.pricing.model import Amount, Line
from laddnav.pricing.policy import LimitScope, LimitSides, LimitTax, Policy
from laddnav.pricing.reasons import Because, Reason
from laddnav.pricing.rounding import quotient
from laddnav.pricing.taxes import TAX_NAME
from laddnav.pricing.totals import sum_of
from laddnav.tariffs.model import Limit, Tariff

PRICE_MIN = "PRICE_MIN"
PRICE_MAX = "PRICE_MAX"

# What two sides that were divided each on its own may be apart.
_HAIR = Decimal("1e-9")

Bounded = Callable[[Decimal, Decimal], Decimal]


def limit_lines(counts: Counts, lines: tuple[Line, ...], policy: Policy) -> tuple[Line, ...]:
    """One for each limit that is reached; a tariff's limits hold for all that it priced, its reservation included.

    A tariff to which the driver went back is one tariff still. Where the two limits of one cross, the highest price has
    the last word.
    """
    limiting: dict[str, Tariff] = {}
    for tariff in counts.tariffs:
        if tariff.price_min is not None or tariff.price_max is not None:
            limiting[tariff.id] = tariff
    found: tuple[Line, ...] = ()
    for tariff in () if policy.without_limits else limiting.values():
        limited = tuple(line for line in lines if _is_limited(line, tariff, counts, policy))
        for dimension, code, limit, bounded in (
            (PRICE_MIN, Because.AT_LEAST, tariff.price_min, max),
            (PRICE_MAX, Because.AT_MOST, tariff.price_max, min),
        ):
            if limit is None:
                continue
            total = sum_of([line.amount for line in limited])
            moved = difference(total, _bounded(total, limit, bounded, policy))
            if moved is not None:
                line = _line(tariff, dimension, code, moved, counts.started_at, counts.ended_at)
                limited, found = (*limited, line), (*found, line)
    return found


def _is_limited(line: Line, tariff: Tariff, counts: Counts, policy: Policy) -> bool:
    if policy.limit_scope is LimitScope.SESSION and line.dimension in (RESERVATION_TIME, RESERVATION_FLAT):
        return False
    return len(counts.tariffs) == 1 or line.tariff_id == tariff.id


def _bounded(total: Amount, limit: Limit, bounded: Bounded, policy: Policy) -> Amount:
    """Each side, before and after taxes, is bounded on its own (OCPI 2.2.1 mod_tariffs_tariff_object, the notes).

    A side that the tariff leaves unknown stays unknown. A limit that names only the side before taxes moves the taxes
    along with it; OCPI is silent on this.
    """
    excl, incl = total.excl, total.incl
    before = None if excl is None else bounded(excl, limit.excl)
    if incl is None:
        return Amount(before, None)
    if limit.incl is not None and policy.limit_sides is LimitSides.EACH:
        return Amount(before, bounded(incl, limit.incl))
    if excl is None or before is None or before == excl:
        return Amount(before, incl)
    if limit.incl is not None:
        return Amount(before, limit.incl)
    if policy.limit_tax is LimitTax.UNTOUCHED:
        return Amount(before, incl)
    return Amount(before, quotient(incl * before, excl) if excl else before)


def difference(total: Amount, held: Amount) -> Amount | None:
    """What a limit adds or takes away, of each tax too; None where it is not reached."""
    before = None if total.excl is None or held.excl is None else held.excl - total.excl
    after = None if total.incl is None or held.incl is None else held.incl - total.incl
    if not before and not after:
        return None
    if before is None or after is None:
        return Amount(before, after)
    return Amount(before, after, _taxes(total, held, before, after - before))


def _taxes(total: Amount, held: Amount, change: Decimal, tax: Decimal) -> tuple[TaxAmount, ...]:
    """What of the change is tax of which percentage; of none, where limits are given so that no percentage makes it."""
    if not tax and not total.taxes:
        return ()
    if total.taxes and _in_proportion(total, held):
        return _shared(total, change, tax)
    percentages = {one.percentage for one in total.taxes}
    percentage = percentages.pop() if len(percentages) == 1 else None
    kept = percentage is not None and abs(change * percentage - tax * 100) <= _HAIR
    return (TaxAmount(TAX_NAME, tax, percentage if kept else None, change),)


def _in_proportion(total: Amount, held: Amount) -> bool:
    if not total.excl or total.incl is None or held.excl is None:
        return False
    return held.incl is not None and abs(held.incl - quotient(total.incl * held.excl, total.excl)) <= _HAIR


def _shared(total: Amount, change: Decimal, tax: Decimal) -> tuple[TaxAmount, ...]:
    """Each tax changes as the whole does, so that what is left is still so much of so much; the last takes the rest."""
    assert total.excl, "a share of nothing is nobody's"
    found: list[TaxAmount] = []
    for one in total.taxes:
        base = None if one.base is None else quotient(one.base * change, total.excl)
        amount = quotient(one.amount * change, total.excl)
        found.append(TaxAmount(one.name, amount, one.percentage, base, one.account_number))
    rest = tax - sum((one.amount for one in found), Decimal(0))
    return (*found[:-1], replace(found[-1], amount=found[-1].amount + rest))


def _line(
    tariff: Tariff, dimension: str, code: Because, change: Amount, started_at: datetime, ended_at: datetime
) -> Line:
    price = change.excl if change.excl is not None else change.incl
    assert price is not None, "a change has a side that changed"
    return Line(
        started_at=started_at,
        ended_at=ended_at,
        dimension=dimension,
        volume=Decimal(1),
        billed_volume=Decimal(1),
        unit="x",
        unit_price=price,
        vat=change.taxes[0].percentage if len(change.taxes) == 1 else None,
        amount=change,
        tariff_id=tariff.id,
        element=None,
        component=None,
        reason=Reason(code=code),
    )

"""The lowest and the highest price that a tariff promises for a session, as lines that say what they change."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from laddnav.kit.money import TaxAmount
from laddnav.pricing.lines import TAX_NAME, total_of
from laddnav.pricing.model import Amount, Line, Tab
from laddnav.pricing.reasons import Because, Reason
from laddnav.pricing.rounding import fine
from laddnav.tariffs.model import Limit

PRICE_MIN = "PRICE_MIN"
PRICE_MAX = "PRICE_MAX"


def limit_lines(tab: Tab, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """One for each limit that is reached. Where the two of a tariff cross, the highest price has the last word."""
    found: tuple[Line, ...] = ()
    if tab.tariff.price_min is not None:
        found += _line(tab, (*lines, *found), PRICE_MIN, Because.AT_LEAST, tab.tariff.price_min, max)
    if tab.tariff.price_max is not None:
        found += _line(tab, (*lines, *found), PRICE_MAX, Because.AT_MOST, tab.tariff.price_max, min)
    return found


def _line(
    tab: Tab,
    lines: tuple[Line, ...],
    dimension: str,
    code: Because,
    limit: Limit,
    bounded: Callable[[Decimal, Decimal], Decimal],
) -> tuple[Line, ...]:
    """Each side, before and after taxes, is bounded on its own (OCPI 2.2.1 mod_tariffs_tariff_object, the notes)."""
    total = total_of(lines)
    before, after = total.excl, total.incl
    assert before is not None and after is not None, "every component either names its tax or has none"
    bounded_before = bounded(before, limit.excl)
    if limit.incl is not None:
        bounded_after = bounded(after, limit.incl)
    else:
        bounded_after = _in_proportion(before, after, bounded_before)
    change, tax = bounded_before - before, (bounded_after - after) - (bounded_before - before)
    if not change and not tax:
        return ()
    vat = _shared_vat(total, change, tax)
    return (
        Line(
            started_at=tab.opened_at,
            ended_at=tab.stints[-1].ended_at if tab.stints else tab.opened_at,
            dimension=dimension,
            volume=Decimal(1),
            billed_volume=Decimal(1),
            unit="x",
            unit_price=change,
            vat=vat,
            amount=Amount(change, change + tax, (TaxAmount(TAX_NAME, tax, vat, change),) if tax or total.taxes else ()),
            tariff_id=tab.tariff.id,
            element=None,
            component=None,
            reason=Reason(code=code),
        ),
    )


def _in_proportion(before: Decimal, after: Decimal, bounded_before: Decimal) -> Decimal:
    """A limit that names only the side before taxes moves the taxes along with it; OCPI is silent on this."""
    if bounded_before == before:
        return after
    return fine(after * bounded_before / before) if before else bounded_before


def _shared_vat(total: Amount, change: Decimal, tax: Decimal) -> Decimal | None:
    """The one percentage of all lines, where the change keeps it; limits may be given so that it does not."""
    percentages = {one.percentage for one in total.taxes}
    if len(percentages) != 1:
        return None
    (percentage,) = percentages
    return percentage if percentage is not None and change * percentage / 100 == tax else None

"""What if a tariff had been another? Many charges priced as they were and as they would be, summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.pricing.bulk.bills import Sides
from laddnav.pricing.bulk.columns import Columns, numbered
from laddnav.pricing.bulk.digits import Marks
from laddnav.pricing.bulk.exact import Amounts
from laddnav.pricing.bulk.totals import totals
from laddnav.pricing.charge import price
from laddnav.pricing.model import NOTHING, Amount, CannotPrice, Charge
from laddnav.pricing.policy import OURS, Policy
from laddnav.tariffs.model import Tariff


class About(Struct, frozen=True):
    """What sums ask of a charge besides its price: with whom it was, and whether its CDR takes another back."""

    partner: str
    credit: bool = False


class Group(Struct, frozen=True, order=True):
    tariff_id: str
    partner: str
    currency: str


class Repriced(Struct, frozen=True, kw_only=True):
    """Of `many` charges `changed` would cost something else; the sums are of all that could be priced both ways."""

    many: int = 0
    changed: int = 0
    unpriced: int = 0
    was: Amount = NOTHING
    becomes: Amount = NOTHING

    def __add__(self, other: Repriced) -> Repriced:
        return Repriced(
            many=self.many + other.many,
            changed=self.changed + other.changed,
            unpriced=self.unpriced + other.unpriced,
            was=_plus(self.was, other.was),
            becomes=_plus(self.becomes, other.becomes),
        )


class Many(Struct, frozen=True):
    """Charges as columns, what sums ask of each, and how to have one of them by itself."""

    columns: Columns
    about: Sequence[About]
    charge: Callable[[int], Charge]


Summary = dict[Group, Repriced]


def repriced(
    many: Many, changed: Sequence[Tariff], *, zone: str | None = None, policy: Policy = OURS
) -> tuple[Summary, dict[int, Refusal]]:
    """Each of `changed` takes the place of the tariff that has its id; other charges cost what they did.

    Beside the sums: those charges that cannot be priced, by their place, with the reason. A charge that carries no
    tariff cost what its CDR states, and would cost what `changed` say. A Credit CDR gives back what it says.
    """
    columns = many.columns
    instead = {fold(tariff.id): tariff for tariff in changed}
    would_be = replace(columns, promised=tuple(_instead(promised, instead, changed) for promised in columns.promised))
    before, after = (totals(one, zone=zone, policy=policy) for one in (columns, would_be))
    left = before.left | after.left
    groups, number = numbered(_group(would_be, many.about, place) for place in range(len(columns)))
    sign = np.array([party.credit for party in many.about], np.bool_)
    found: Summary = {}
    for place, group in enumerate(groups):
        for credit in (False, True):
            these = ~left & (number == place) & (sign == credit)
            if these.any():
                _add(found, group, _sums(before.total, after.total, these, credit))
    refused: dict[int, Refusal] = {}
    for place in np.flatnonzero(left).tolist():
        group, one = groups[int(number[place])], Repriced(many=1, unpriced=1)
        try:
            one = _singly(many, place, would_be, zone, policy)
        except Refusal as refusal:
            refused[place] = refusal
            # By what it carries itself: one that cannot even be read would not have been on a changed tariff.
            group = _group(columns, many.about, place)
        _add(found, group, one)
    return found, refused


def together(summaries: Sequence[Summary]) -> Summary:
    found: Summary = {}
    for summary in summaries:
        for group, sums in summary.items():
            _add(found, group, sums)
    return dict(sorted(found.items()))


def _add(found: Summary, group: Group, sums: Repriced) -> None:
    found[group] = found[group] + sums if group in found else sums


def _instead(
    promised: tuple[Tariff, ...], instead: Mapping[str, Tariff], changed: Sequence[Tariff]
) -> tuple[Tariff, ...]:
    return tuple(instead.get(fold(tariff.id), tariff) for tariff in promised) if promised else tuple(changed)


def _group(columns: Columns, about: Sequence[About], place: int) -> Group:
    promised = columns.promised[int(columns.tariffs[place])]
    currency = promised[0].currency if promised else ""
    return Group(" + ".join(tariff.id for tariff in promised), about[place].partner, currency)


def _sums(before: Sides, after: Sides, these: Marks, credit: bool) -> Repriced:
    differs = _differ(before, after, these)
    was, becomes = (Amount(_sum(one.excl, these), _sum(one.incl, these)) for one in (before, after))
    if credit:
        was, becomes = _turned(was), _turned(becomes)
    return Repriced(many=int(these.sum()), changed=differs, was=was, becomes=becomes)


def _differ(before: Sides, after: Sides, these: Marks) -> int:
    """How many cost something else, before taxes or with them."""
    other = np.zeros(len(these), np.bool_)
    for was, becomes in ((before.excl, after.excl), (before.incl, after.incl)):
        both = was.known & becomes.known
        other |= both & ((was.high != becomes.high) | (was.low != becomes.low))
    return int((other & these).sum())


def _sum(amounts: Amounts, these: Marks) -> Decimal | None:
    return amounts.sum(these) if amounts.known[these].all() else None


def _singly(many: Many, place: int, would_be: Columns, zone: str | None, policy: Policy) -> Repriced:
    """Raises CannotPrice, Unreadable."""
    charge = many.charge(place)
    becomes = price(charge, tariffs=would_be.promised[int(would_be.tariffs[place])], zone=zone, policy=policy).total
    if charge.tariffs:
        was = price(charge, zone=zone, policy=policy).total
        if charge.credit:
            was = _turned(was)
    else:
        if charge.stated.total is None:
            raise CannotPrice("The CDR carries no tariff and states no total")
        was = charge.stated.total
    if charge.credit:
        becomes = _turned(becomes)
    return Repriced(many=1, changed=int(_sides(was) != _sides(becomes)), was=_bare(was), becomes=_bare(becomes))


def _plus(one: Amount, other: Amount) -> Amount:
    """A side that is unknown of one is unknown of all."""
    return _bare(one + other)


def _turned(amount: Amount) -> Amount:
    return Amount(None if amount.excl is None else -amount.excl, None if amount.incl is None else -amount.incl)


def _bare(amount: Amount) -> Amount:
    """Without the taxes by name, which nobody asks of a sum of many."""
    return Amount(*_sides(amount))


def _sides(amount: Amount) -> tuple[Decimal | None, Decimal | None]:
    return amount.excl, amount.incl

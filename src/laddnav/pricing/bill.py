"""Counts become a price: lines, limits, totals and flags. Running cost, final CDR and partner's CDR all pass here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from laddnav.pricing.counts import Counted, Counts, Fee
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.limits import difference, limit_lines
from laddnav.pricing.lines import lines
from laddnav.pricing.model import Amount, CannotPrice, Priced
from laddnav.pricing.policy import Partials, Policy
from laddnav.pricing.rounding import quotient
from laddnav.pricing.totals import Parts, parts_of, sum_of
from laddnav.tariffs.model import Tariff


def billed(counts: Counts, currency: str, policy: Policy) -> Priced:
    """Raises CannotPrice where prices in different currencies would have to be added."""
    drawn, flags = lines(counts, policy), counts.flags + _flags_of_rates(counts)
    limits = limit_lines(counts, drawn, policy)
    drawn += limits
    parts = parts_of(drawn)
    if limits:
        if policy.partials is Partials.SPREAD:
            parts = _spread(parts)
        else:
            flags.append(Flagged(flag=Flag.PARTS_DO_NOT_ADD_UP))
    _refuse_what_is_no_number(parts.total, counts)
    return Priced(
        currency=_currency(counts.tariffs, currency),
        total=parts.total,
        fixed=parts.fixed,
        energy=parts.energy,
        time=parts.time,
        parking=parts.parking,
        reservation=parts.reservation,
        used=counts.used,
        lasted=counts.ended_at - counts.started_at,
        parked=counts.parked,
        reserved=counts.reserved,
        lines=drawn,
        periods=counts.periods,
        flags=tuple(dict.fromkeys(flags)) if flags else (),
    )


def total_of(counts: Counts, policy: Policy) -> Amount:
    """The total of `billed` and nothing else. Raises CannotPrice as that does."""
    drawn = lines(counts, policy)
    total = parts_of(drawn + limit_lines(counts, drawn, policy)).total
    _refuse_what_is_no_number(total, counts)
    _currency(counts.tariffs, "")
    return total


def _currency(tariffs: Sequence[Tariff], otherwise: str) -> str:
    if len(tariffs) == 1:
        return tariffs[0].currency
    currencies = {tariff.currency for tariff in tariffs}
    if len(currencies) > 1:
        raise CannotPrice(f"The tariffs are in {' and '.join(sorted(currencies))}, which cannot be added")
    return currencies.pop() if currencies else otherwise


def _flags_of_rates(counts: Counts) -> list[Flagged]:
    pieces: list[Counted | Fee] = [*counts.fees, *counts.energy, *counts.times, *counts.reservation]
    found = []
    for piece in pieces:
        rate = piece.rate
        if rate is not None and rate.flags:
            found += [Flagged(flag=flag, tariff_id=rate.tariff_id) for flag in rate.flags]
    return found


def _spread(parts: Parts) -> Parts:
    """Each part in proportion, so that they add up to the limited total; the largest takes what is left over."""
    shares = [parts.fixed, parts.energy, parts.time, parts.parking, parts.reservation]
    whole = sum_of(shares)
    before = _shares([share.excl for share in shares], whole.excl, parts.total.excl)
    after = _shares([share.incl for share in shares], whole.incl, parts.total.incl)
    held = [Amount(excl, incl) for excl, incl in zip(before, after, strict=True)]
    return Parts(parts.total, *(_moved(share, to) for share, to in zip(shares, held, strict=True)))


def _moved(share: Amount, to: Amount) -> Amount:
    """With its taxes, unless a side is unknown: what of them is left then is unknown too."""
    by = difference(share, to)
    if by is None:
        return share
    return to if to.excl is None or to.incl is None else share + by


def _shares(sides: list[Decimal | None], whole: Decimal | None, total: Decimal | None) -> list[Decimal | None]:
    known = [side for side in sides if side is not None]
    if whole is None or total is None or not whole or len(known) < len(sides):
        return sides
    spread = [quotient(side * total, whole) for side in known]
    spread[known.index(max(known))] += total - sum(spread)
    return list(spread)


def _refuse_what_is_no_number(total: Amount, counts: Counts) -> None:
    """NaN and infinity come through sums and products unseen."""
    excl, incl, used = total.excl, total.incl, counts.used.wh
    if used.is_finite() and (excl is None or excl.is_finite()) and (incl is None or incl.is_finite()):
        return
    raise CannotPrice("A price or a volume is no number to calculate with")

"""How much is held for a charge, when more is, and when it has to end so that it never costs more; pure.

The price that lies ahead is the Tab of the charge, advanced as if it had happened: there is no second formula.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.money import minor_unit
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.metering.model import Activity, Stretch
from laddnav.payments.payment import Payment
from laddnav.pricing.ahead.estimate import estimated
from laddnav.pricing.model import Amount, Tab
from laddnav.pricing.tab import advanced, priced
from laddnav.tariffs.model import Tariff

# Chosen by us: what a plug gives in two hours, within what cars mostly charge; half an hour more for standing there.
HOURS, LEAST, MOST = 2, Energy(Decimal(20_000)), Energy(Decimal(60_000))
STANDING = timedelta(minutes=30)
# In coins of which people think: twenties where a coffee costs 40, fives elsewhere.
STEPS = dict.fromkeys("SEK NOK DKK CZK".split(), Decimal(20)) | {"HUF": Decimal(1000), "ISK": Decimal(500)}
STEP = Decimal(5)

# From when on a charge is looked at to when its station has ended it.
REACTION = timedelta(minutes=3)
# So long before that, more is asked for.
AHEAD = timedelta(minutes=12)
MICROSECOND = timedelta(microseconds=1)
NO_VAT = Decimal(0)
RAISED_MOST = 5  # times what was held first; who charges longer pays anew


class NoFullPrice(Refusal):
    """What charging here costs with taxes is not said, so nobody can pay for it."""


class Look(Struct, frozen=True, kw_only=True):
    """What follows from a look at a charge: `raise_to` None: enough is held."""

    ends: bool
    raise_to: Decimal | None = None


def first_hold(tariff: Tariff, power: Power, at: datetime, zone: str) -> Decimal:
    """What is held before a charge: what the Tariff says (OCPI 2.3.0 mod_tariffs_tariff_object), or else its estimate.

    Never less than lets a charge begin at all. Raises NoFullPrice, CannotPrice.
    """
    total = _supposed(tariff, power, at, zone).incl
    untold = [one for part in tariff.elements for one in part.components if one.price and one.vat is None]
    if total is None or untold:
        raise NoFullPrice("What charging here costs with taxes is not said")
    if tariff.preauthorize_amount is not None and tariff.preauthorize_amount > 0:
        total = tariff.preauthorize_amount
    return _in_steps(total, tariff.currency)


def part_of(tariff: Tariff, power: Power, at: datetime, zone: str, vat: Decimal) -> Decimal:
    """As `first_hold`, of who is sent an invoice: where no tax is told, `vat` percent come on top.

    Raises CannotPrice.
    """
    amount = tariff.preauthorize_amount
    if amount is None or amount <= 0:
        amount = _with_vat(_supposed(tariff, power, at, zone), vat)
    return _in_steps(amount, tariff.currency)


def is_free(tariff: Tariff) -> bool:
    """It asks for nothing at any hour, however long a charge goes on; nor has anything held before."""
    asked = [tariff.preauthorize_amount, None if tariff.price_min is None else tariff.price_min.excl]
    asked += [one.price for part in tariff.elements for one in part.components]
    return not any(asked)


def _supposed(tariff: Tariff, power: Power, at: datetime, zone: str) -> Amount:
    wanted = Energy(min(max(power.watts * HOURS, LEAST.wh), MOST.wh))
    return estimated(tariff, energy=wanted, start=at, power=power, zone=zone, parked=STANDING).priced.total


def _in_steps(total: Decimal, currency: str) -> Decimal:
    step = STEPS.get(currency, STEP)
    return max((total / step).to_integral_value(ROUND_CEILING), Decimal(1)) * step


def cost_by(tab: Tab, at: datetime, power: Power, vat: Decimal = NO_VAT) -> Decimal:
    """What the charge costs by then at most, taxes included: its car draws all that the plug gives, or stands there.

    Where no tax is told, `vat` percent come on top. Holds for prices that only rise as a charge goes on. Raises
    CannotPrice.
    """
    now = cost_of(tab, vat)
    if at <= tab.ended_at:
        return now
    full = Energy(power.watts * ((at - tab.ended_at) // MICROSECOND) / 3_600_000_000)
    draws = Stretch(started_at=tab.ended_at, ended_at=at, energy=full)
    stands = Stretch(started_at=tab.ended_at, ended_at=at, energy=Energy(Decimal(0)), activity=Activity.SUSPENDED_EV)
    # It may do the one and then the other: both together are never less than any mixture.
    return now + sum(max(cost_of(advanced(tab, one), vat) - now, Decimal(0)) for one in (draws, stands))


def looked_at(
    tab: Tab, now: datetime, power: Power, *, held: Decimal, first: Decimal, wanted: Decimal, vat: Decimal = NO_VAT
) -> Look:
    """`held`: what is there for it; `wanted` is what was asked for last, and where that is more, nobody gave it.

    Raises CannotPrice.
    """
    ends = cost_by(tab, now + REACTION, power, vat) > held
    before_long = near(tab, now, power, vat)
    most = first * RAISED_MOST
    if before_long <= held or wanted > held or held >= most:
        return Look(ends=ends)
    return Look(ends=ends, raise_to=min(raised(held, min(before_long, most), first), most))


def raised(held: Decimal, near: Decimal, first: Decimal) -> Decimal:
    """By whole parts as the first was, until what it costs before long is in it."""
    return held + max((near - held) / first, Decimal(0)).to_integral_value(ROUND_CEILING) * first


def near(tab: Tab, now: datetime, power: Power, vat: Decimal) -> Decimal:
    """What a charge costs at most before it would have to end, were no more held. Raises CannotPrice."""
    return cost_by(tab, now + REACTION + AHEAD, power, vat)


def held_for(payment: Payment) -> Decimal:
    """What is there to pay a charge with: held, or paid ahead and not gone back."""
    return max(payment.held, payment.net)


def is_there(payment: Payment) -> bool:
    """All that was asked for first is: the charge may begin."""
    return payment.keep is None and held_for(payment) >= payment.hold


def cost_of(tab: Tab, vat: Decimal = NO_VAT) -> Decimal:
    """What it costs so far, taxes included, in whole coins."""
    return _with_vat(priced(tab).total, vat).quantize(minor_unit(tab.tariff.currency), ROUND_CEILING)


def _with_vat(total: Amount, vat: Decimal) -> Decimal:
    if total.incl is not None:
        return total.incl
    return Decimal(0) if total.excl is None else total.excl * (100 + vat) / 100

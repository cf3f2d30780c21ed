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
from laddnav.pricing.model import Tab
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
    wanted = Energy(min(max(power.watts * HOURS, LEAST.wh), MOST.wh))
    total = estimated(tariff, energy=wanted, start=at, power=power, zone=zone, parked=STANDING).priced.total.incl
    untold = [one for part in tariff.elements for one in part.components if one.price and one.vat is None]
    if total is None or untold:
        raise NoFullPrice("What charging here costs with taxes is not said")
    if tariff.preauthorize_amount is not None and tariff.preauthorize_amount > 0:
        total = tariff.preauthorize_amount
    step = STEPS.get(tariff.currency, STEP)
    return max((total / step).to_integral_value(ROUND_CEILING), Decimal(1)) * step


def cost_by(tab: Tab, at: datetime, power: Power) -> Decimal:
    """What the charge costs by then at most, taxes included: its car draws all that the plug gives, or stands there.

    Holds for prices that only rise as a charge goes on. Raises CannotPrice.
    """
    now = _incl(tab)
    if at <= tab.ended_at:
        return now
    full = Energy(power.watts * ((at - tab.ended_at) // MICROSECOND) / 3_600_000_000)
    draws = Stretch(started_at=tab.ended_at, ended_at=at, energy=full)
    stands = Stretch(started_at=tab.ended_at, ended_at=at, energy=Energy(Decimal(0)), activity=Activity.SUSPENDED_EV)
    # It may do the one and then the other: both together are never less than any mixture.
    return now + sum(max(_incl(advanced(tab, one)) - now, Decimal(0)) for one in (draws, stands))


def looked_at(tab: Tab, now: datetime, power: Power, *, held: Decimal, first: Decimal, wanted: Decimal) -> Look:
    """`held`: what is there for it; `wanted` is what was asked for last, and where that is more, nobody gave it.

    Raises CannotPrice.
    """
    ends = cost_by(tab, now + REACTION, power) > held
    near = cost_by(tab, now + REACTION + AHEAD, power)
    most = first * RAISED_MOST
    if near <= held or wanted > held or held >= most:
        return Look(ends=ends)
    raised = held
    while raised < min(near, most):
        raised += first
    return Look(ends=ends, raise_to=min(raised, most))


def held_for(payment: Payment) -> Decimal:
    """What is there to pay a charge with: held, or paid ahead and not gone back."""
    return max(payment.held, payment.net)


def is_there(payment: Payment) -> bool:
    """All that was asked for first is: the charge may begin."""
    return payment.keep is None and held_for(payment) >= payment.hold


def _incl(tab: Tab) -> Decimal:
    total = priced(tab).total
    cost = total.excl if total.incl is None else total.incl
    return (cost or Decimal(0)).quantize(minor_unit(tab.tariff.currency), ROUND_CEILING)

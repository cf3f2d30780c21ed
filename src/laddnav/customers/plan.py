"""Plan > Version > Discount, and the Subscription of a customer to it: what is sold by the month, and to whom."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId


class Where(StrEnum):
    OURS = "OURS"  # at our own stations
    PARTNERS = "PARTNERS"
    EVERYWHERE = "EVERYWHERE"


class Discount(Struct, frozen=True, kw_only=True):
    """Off what a charge costs beside what is included; of several that fit, the highest holds.

    `location_id` None: at any of these places.
    """

    percent: Decimal
    where: Where = Where.EVERYWHERE
    location_id: str | None = None


class Version(Struct, frozen=True, kw_only=True):
    """What a plan says from a day on. `fee` is a month's, before VAT; `included` what each month gives.

    At our stations the Tariffs of `price_group` hold, where there are any; "" is what holds for everybody.
    """

    since: date
    fee: Decimal
    included: Energy = NO_ENERGY
    included_where: Where = Where.OURS
    price_group: str = ""
    discounts: tuple[Discount, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """`versions` in order of time, one at least. `sold`: new customers may have it."""

    holder: PartyId
    ref: str
    name: str
    currency: str
    trial_days: int = 0
    minimum_months: int = 0
    notice_days: int = 0
    sold: bool = True
    versions: tuple[Version, ...]
    last_updated: datetime

    def version_on(self, day: date) -> Version:
        """The one in force; before the first, that one."""
        return max((one for one in self.versions if one.since <= day), key=_since, default=self.versions[0])


def _since(one: Version) -> date:
    return one.since


class State(StrEnum):
    """On a day. A trial costs nothing and gives all that is included; a pause costs nothing and gives nothing."""

    TRIAL = "TRIAL"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


class Turn(StrEnum):
    CHANGED = "CHANGED"  # to another plan
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    ENDED = "ENDED"


class Move(Struct, frozen=True, kw_only=True):
    """From the beginning of the day `on`. `plan` is the ref of the one that it is changed to."""

    on: date
    turn: Turn
    plan: str | None = None


class Subscription(Struct, frozen=True, kw_only=True):
    """Of a customer, and of every contract of theirs: they share what is included.

    Days are those of the holder's calendar. `trial_until` is the first day that is paid for; `moves` in their order.
    """

    holder: PartyId
    ref: str
    customer: str
    plan: str
    begins_on: date
    trial_until: date
    moves: tuple[Move, ...] = ()
    last_updated: datetime

    @property
    def ends_on(self) -> date | None:
        """The first day without it."""
        return next((one.on for one in self.moves if one.turn is Turn.ENDED), None)


class Stretch(Struct, frozen=True, kw_only=True):
    """Days on which nothing about a subscription changes; `end` is the first day after them."""

    begin: date
    end: date
    state: State
    plan: Plan
    version: Version

    @property
    def days(self) -> int:
        return (self.end - self.begin).days


class Fee(Struct, frozen=True, kw_only=True):
    """What some days of a month cost, of as many as it has; before VAT, in whole coins."""

    begin: date
    end: date
    days: int
    of_days: int
    plan: Plan
    fee: Decimal
    amount: Decimal


class Covered(Struct, frozen=True, kw_only=True):
    """What a plan takes off a charge: `energy` is included and costs `included` less, `discount` is off the rest."""

    energy: Energy = NO_ENERGY
    included: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)


class Taken(Covered, frozen=True, kw_only=True):
    """What was taken off a CDR, once; of a Credit CDR, what is given back, below zero. `plan` is its name then."""

    holder: PartyId
    owner: PartyId
    cdr_id: str
    subscription: str
    plan: str
    month: date
    where: Where


class Standing(Struct, frozen=True, kw_only=True):
    """How a subscription is today: `included` of this month at our stations, of which `left` is not used."""

    holder: PartyId
    subscription: Subscription
    state: State
    plan: Plan
    version: Version
    included: Energy
    left: Energy


class Example(Struct, frozen=True, kw_only=True):
    """A month that somebody could have; all before VAT. `charges` is what they would cost without the plan."""

    energy: Energy
    fee: Decimal
    charges: Decimal
    included: Decimal
    discount: Decimal

    @property
    def total(self) -> Decimal:
        return self.fee + self.charges - self.included - self.discount

    @property
    def saves(self) -> Decimal:
        """Below zero, the plan costs more than it gives."""
        return self.charges - self.total

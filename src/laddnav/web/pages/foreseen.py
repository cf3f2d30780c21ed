"""What a charge would cost, wherever a page asks: the form with what was typed into it, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import local
from laddnav.pricing.ahead.course import Change
from laddnav.pricing.ahead.estimate import Estimate, Reach
from laddnav.pricing.ahead.wish import NotThatMuch, Wish, foretold, sensible
from laddnav.pricing.model import Amount, Line
from laddnav.pricing.plain.rates import of_one, taxed
from laddnav.pricing.reasons import said
from laddnav.pricing.rounding import rounded
from laddnav.tariffs.model import PriceComponent, Tariff, TariffDimension
from laddnav.tariffs.words import number
from laddnav.web.asked import Asked
from laddnav.web.format import Format
from laddnav.web.refusals import sentence
from laddnav.web.words import N_

UNITS = {TariffDimension.ENERGY: "kWh", TariffDimension.TIME: "h", TariffDimension.PARKING_TIME: "h"}
FIELDS = ("much", "of", "power", "start", "parked")
LONGEST_WORD = 40  # of anything that such a form says

# What a form calls the numbers that a refusal is about.
LABELS = {
    "energy": N_("The energy"),
    "amount": N_("The amount"),
    "power": N_("The power"),
    "parked": N_("The time parked afterwards"),
    "start": N_("The start"),
    "by": N_("The time when it is ready"),
    "battery": N_("The battery"),
    "level": N_("The state of charge"),
}


class NotANumber(Refusal):
    """A field of the form does not say what it asks for; `about` names it."""

    def __init__(self, about: str) -> None:
        super().__init__(f"{about} cannot be read")
        self.about = about


class Typed(Struct, frozen=True, kw_only=True):
    """The form as it was filled in, or as it is offered."""

    much: str
    of: str  # `kwh` or `money`
    power: str
    start: str
    parked: str


class Rate(Struct, frozen=True, kw_only=True):
    """What one kWh, one hour or one start costs a reader; `taxes` False: they are not in it, though somebody pays them.

    `amount` of nothing is free.
    """

    what: TariffDimension
    amount: Decimal
    unit: str
    taxes: bool


class RateChange(Struct, frozen=True, kw_only=True):
    """A Change with both its prices as the reader pays them."""

    what: TariffDimension
    at: datetime
    used: Energy
    before: Rate
    after: Rate


class BillLine(Struct, frozen=True, kw_only=True):
    """A Line as its reader pays it: with taxes for a driver, before them for an operator."""

    what: str
    volume: Decimal
    unit: str
    price_of_one: Decimal
    amount: Decimal
    reason: str


class Foreseen(Struct, frozen=True, kw_only=True):
    """One form and its answer: `wrong` where it cannot be answered, else what it comes to."""

    typed: Typed
    currency: str
    zone: str
    now: datetime
    wrong: str | None = None
    estimate: Estimate | None = None
    reach: Reach | None = None
    amount: Decimal | None = None  # that was asked for, where it was money
    total: Amount | None = None  # rounded as it would be paid
    lines: Sequence[BillLine] = ()
    changes: Sequence[RateChange] = ()


def foreseen(asked: Asked, tariff: Tariff, *, zone: str, now: datetime, power: Power, after_taxes: bool) -> Foreseen:
    """What the query of the page asks for; where it asks for nothing, 20 kWh from now at this power."""
    typed = _typed(asked, power)
    blank = Foreseen(typed=typed, currency=tariff.currency, zone=zone, now=now)
    try:
        wish = sensible(_wish(typed, zone, now), now)
        found = foretold(tariff, wish, zone)
    except Refusal as error:
        return replace(blank, wrong=told(asked, error))
    answered = replace(blank, reach=found.reach, amount=wish.amount)
    if found.estimate is None:
        return answered
    done = rounded(found.estimate.priced)
    return replace(
        answered,
        estimate=found.estimate,
        total=done.total,
        lines=[bill_line(tariff, line, asked.language, after_taxes=after_taxes) for line in done.lines],
        changes=rate_changes(tariff, found.estimate.changes, after_taxes=after_taxes),
    )


def rate_changes(tariff: Tariff, changes: Iterable[Change], *, after_taxes: bool) -> list[RateChange]:
    return [
        RateChange(
            what=change.dimension,
            at=change.at,
            used=change.used,
            before=rate(tariff, change.dimension, change.before, after_taxes=after_taxes),
            after=rate(tariff, change.dimension, change.after, after_taxes=after_taxes),
        )
        for change in changes
    ]


def bill_line(tariff: Tariff, line: Line, language: str, *, after_taxes: bool) -> BillLine:
    amount, one = line.amount, taxed(tariff, line.unit_price, line.vat)
    with_taxes = amount.excl is None or (after_taxes and amount.incl is not None)
    paid, each = (amount.incl, one.incl) if with_taxes else (amount.excl, one.excl)
    assert paid is not None and each is not None, "one side of a price is always known"
    return BillLine(
        what=line.dimension,
        volume=line.billed_volume,
        unit=line.unit,
        price_of_one=each,
        amount=paid,
        reason=said(line.reason, language),
    )


def rate(tariff: Tariff, what: TariffDimension, component: PriceComponent | None, *, after_taxes: bool) -> Rate:
    """For a driver with taxes, for an operator without; where that side is unknown, the other."""
    cost = Amount(Decimal(0), Decimal(0)) if component is None else of_one(tariff, component)
    known = cost.incl if after_taxes else cost.excl
    taxes = after_taxes if known is not None else not after_taxes
    amount = cost.incl if taxes else cost.excl
    assert amount is not None, "one side of a price is always known"
    return Rate(what=what, amount=amount, unit=UNITS.get(what, ""), taxes=taxes or cost.incl == cost.excl)


def _typed(asked: Asked, power: Power) -> Typed:
    words = {name: (asked.query(name) or "").strip()[:LONGEST_WORD] for name in FIELDS}
    offered = {"much": "20", "of": "kwh", "power": number(power.kw, asked.language), "start": "", "parked": "0"}
    return Typed(**{name: words[name] or offered[name] for name in FIELDS})


def _wish(typed: Typed, zone: str, now: datetime) -> Wish:
    money = typed.of == "money"
    much = read_number("amount" if money else "energy", typed.much)
    return Wish(
        energy=None if money else Energy(much * 1000),
        amount=much if money else None,
        power=Power(read_number("power", typed.power) * 1000),
        start=_start(typed.start, zone) or now,
        parked=_minutes(typed.parked),
    )


def read_number(about: str, text: str) -> Decimal:
    """With a decimal comma or point, whatever the language: phones offer one or the other."""
    try:
        return Decimal(text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise NotANumber(about) from None


def _minutes(text: str) -> timedelta:
    minutes = read_number("parked", text)
    if not minutes.is_finite() or abs(minutes) > 1_000_000:
        raise NotANumber("parked")
    return timedelta(minutes=int(minutes))


def _start(text: str, zone: str) -> datetime | None:
    """As `<input type="datetime-local">` says it: what the clock at the place shows."""
    if not text:
        return None
    try:
        return local(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise NotANumber("start") from None


def told(asked: Asked, error: Refusal) -> str:
    if isinstance(error, NotANumber):
        about = asked.say(LABELS[error.about])
        if error.about == "by":
            return asked.say("%(about)s cannot be read. Write it as 07:00.", about=about)
        if error.about == "start":
            return asked.say(
                "%(about)s cannot be read. Choose a date and a time, or leave it empty for now.", about=about
            )
        return asked.say("%(about)s cannot be read. Write a number, such as 20.", about=about)
    if isinstance(error, NotThatMuch):
        write = Format(asked.language)
        return asked.say(
            "%(about)s has to be between %(least)s and %(most)s.",
            about=asked.say(LABELS[error.about]),
            least=f"{write.number(error.least)} {error.unit}".rstrip(),
            most=f"{write.number(error.most)} {error.unit}".rstrip(),
        )
    return sentence(error, asked.language)

"""What a driver chooses on the page of a charging point: the form as it is filled in, and a card for every choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import local
from laddnav.pricing.ahead.ways import QUARTER, prices
from laddnav.pricing.ahead.wish import Wish, sensible
from laddnav.pricing.tab import opened
from laddnav.sessions import preferred
from laddnav.sessions.choices import Around, Choice, Hours, Kind, Need, choices, chosen, drawn
from laddnav.sessions.model import Battery, Preferences, PreferencesAnswer, ProfileType, Session
from laddnav.sessions.preferred import Answered, Wanted
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.words import number
from laddnav.web.asked import Asked
from laddnav.web.format import Format
from laddnav.web.pages.foreseen import LONGEST_WORD, NotANumber, read_number, told
from laddnav.web.words import N_

FIELDS = ("kwh", "by", "sum", "kw", "level", "goal", "holds", "least")
MORNING = time(7)
# A time that is over in so short a while is meant for tomorrow.
SOONEST = timedelta(minutes=15)
SUM = Decimal(100)

ANSWERS: Mapping[PreferencesAnswer, str] = {
    PreferencesAnswer.ACCEPTED: N_("Chosen. It holds from now on."),
    PreferencesAnswer.DEPARTURE_REQUIRED: N_("Say when you leave, so that there are hours to choose among."),
    PreferencesAnswer.ENERGY_NEED_REQUIRED: N_("Say how much energy you need, so that it is ready in time."),
    PreferencesAnswer.NOT_POSSIBLE: N_("So much energy is not possible by then."),
    PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED: N_("This charging point does not offer that."),
}
SAID_BY = {
    "DRIVER": N_("the driver, or the help desk for the driver"),
    "APP": N_("the driver, in the provider’s app"),
    "CAR": N_("the car"),
    "FLEET": N_("its fleet"),
    "DEFAULT": N_("nobody; it is what is usually needed"),
}


class Typed(Struct, frozen=True, kw_only=True):
    """The form as it was filled in, or as it is offered."""

    kwh: str
    by: str
    sum: str
    kw: str
    level: str
    goal: str
    holds: str
    least: str


class Bar(Struct, frozen=True):
    """A stretch of the picture: from `x` on, in percent, `height` of the dearest; `on`: the car charges then."""

    x: Decimal
    width: Decimal
    height: Decimal
    on: bool


class Card(Struct, frozen=True, kw_only=True):
    """A choice, with the hours in which it charges; `saves` against now, where it is cheaper; `less_carbon` in percent.

    `holds`: it is what was chosen.
    """

    choice: Choice
    bars: Sequence[Bar]
    saves: Decimal | None
    less_carbon: Decimal | None
    holds: bool


class Shown(Struct, frozen=True, kw_only=True):
    """`wrong` where the form cannot be answered. `until`: where the pictures of all cards end."""

    typed: Typed
    around: Around
    currency: str
    by_at: datetime | None = None
    until: datetime | None = None
    wrong: str | None = None
    cards: Sequence[Card] = ()

    def card(self, kind: Kind) -> Card | None:
        return next((one for one in self.cards if one.choice.kind is kind), None)

    @property
    def held(self) -> Card | None:
        return next((one for one in self.cards if one.holds), None)


def shown(
    asked: Asked,
    words: Mapping[str, str],
    tariffs: Mapping[ProfileType, Tariff],
    around: Around,
    power: Power,
    *,
    session: Session | None = None,
    wants: Preferences | None = None,
) -> Shown:
    """`wants` is what was chosen already; what is not typed is as it was then, or as is usual."""
    tab = None if session is None else session.tab
    power = drawn(tab) or power
    typed = typed_in(asked, words, power, wants, around)
    currency = next(iter(tariffs.values())).currency
    blank = Shown(typed=typed, around=around, currency=currency)
    try:
        need = need_of(typed, around, session)
        found = choices(need, tariffs, around, tab, holds=None if wants is None else chosen(wants))
    except Refusal as error:
        return replace(blank, wrong=told(asked, error))
    until = max((need.departs_at, *(one.ready_at for one in found)))
    kind = None if wants is None else chosen(wants)
    now = next((one for one in found if one.kind is Kind.NOW), None)
    return replace(
        blank,
        by_at=need.departs_at,
        until=until,
        cards=[_card(one, now, until, around, need, holds=one.kind is kind) for one in found],
    )


def typed_in(asked: Asked, words: Mapping[str, str], power: Power, wants: Preferences | None, around: Around) -> Typed:
    """What the form says; what it leaves out as it was chosen before, or as is usual."""
    said = {name: words.get(name, "").strip()[:LONGEST_WORD] for name in FIELDS}
    leaves = MORNING if wants is None or wants.departs_at is None else _on_the_clock(wants.departs_at, around.zone)
    energy = wants.energy.kwh if wants is not None and wants.energy is not None else Decimal(20)
    budget = wants.budget.amount if wants is not None and wants.budget is not None else SUM
    usual = {
        "kwh": number(energy.quantize(Decimal("0.1")).normalize() + 0, asked.language),
        "by": f"{leaves:%H:%M}",
        "sum": number(budget, asked.language),
        "kw": number(power.kw.quantize(Decimal("0.1")).normalize() + 0, asked.language),
        "goal": "80",
        **_as_said(wants, asked.language),
    }
    return Typed(**{name: said[name] or usual.get(name, "") for name in FIELDS})


def _as_said(wants: Preferences | None, language: str) -> Mapping[str, str]:
    """How far the car may be emptied, as it was chosen before: what it holds now is to be said anew."""
    battery = None if wants is None else wants.battery
    if battery is None or battery.percent_least is None:
        return {}
    return {"goal": number(battery.percent_wanted, language), "least": number(battery.percent_least, language)}


def need_of(typed: Typed, around: Around, session: Session | None) -> Need:
    """Raises NotANumber, NotThatMuch, TooSlow, NoSuchWish."""
    battery = _battery(typed)
    so_far = NO_ENERGY if session is None else session.energy
    energy = Energy(read_number("energy", typed.kwh) * 1000)
    if battery is not None:
        wants = preferred.sensible(Preferences(profile=ProfileType.REGULAR, battery=battery), "")
        energy = preferred.measured(wants, so_far).energy or energy
    power = Power(read_number("power", typed.kw) * 1000)
    amount = read_number("amount", typed.sum)
    sensible(Wish(energy=energy, power=power, start=around.now), around.now)
    sensible(Wish(amount=amount, power=power, start=around.now), around.now)
    return Need(energy=energy, power=power, departs_at=_next(typed.by, around), amount=amount)


def wants_of(found: Choice, typed: Typed) -> Preferences:
    """What is said by choosing it, with the state of charge that it was asked for by.

    Who names a floor lets the car give back; who charges now, or for an amount, has nothing to wait for.
    """
    battery = _battery(typed)
    if battery is None or found.kind is Kind.BUDGET:
        return found.wants
    lends = battery.percent_least is not None and found.kind in (Kind.BY, Kind.GREENEST)
    return replace(found.wants, battery=battery, may_discharge=lends)


def answer_in_words(asked: Asked, answered: Answered) -> tuple[str, str]:
    """(tone, text)."""
    if answered.answer is PreferencesAnswer.NOT_POSSIBLE and answered.kept and answered.energy_most is not None:
        most = Format(asked.language).energy(answered.energy_most)
        text = asked.say("So much is not possible by then. It gets the most that is: %(energy)s.", energy=most)
        return "warn", text
    tone = "good" if answered.answer is PreferencesAnswer.ACCEPTED else "warn"
    return tone, asked.say(ANSWERS[answered.answer])


class Said(Struct, frozen=True, kw_only=True):
    """What holds of a charge, for a page: what was chosen, by whom each part was said."""

    kind: Kind
    wanted: Wanted
    by: str
    departs_by: str | None
    energy_by: str | None


def said(asked: Asked, session: Session, now: datetime) -> Said | None:
    wanted = preferred.wanted(session, now)
    if wanted is None:
        return None
    return Said(
        kind=chosen(wanted.wants),
        wanted=wanted,
        by=asked.say(SAID_BY[wanted.by]),
        departs_by=None if wanted.departs_by is None else asked.say(SAID_BY[wanted.departs_by]),
        energy_by=None if wanted.energy_by is None else asked.say(SAID_BY[wanted.energy_by]),
    )


def _card(one: Choice, now: Choice | None, until: datetime, around: Around, need: Need, *, holds: bool) -> Card:
    saves = None if now is None or one.cost_most >= now.cost or one.energy != now.energy else now.cost - one.cost_most
    less = None
    if now is not None and now.carbon and one.carbon is not None and one.carbon < now.carbon:
        less = ((now.carbon - one.carbon) * 100 / now.carbon).to_integral_value()
    return Card(
        choice=one,
        bars=_bars(_prices(one, around, until, need), one, around, until),
        saves=saves,
        less_carbon=less or None,
        holds=holds,
    )


def _prices(one: Choice, around: Around, until: datetime, need: Need) -> Sequence[tuple[datetime, datetime, Decimal]]:
    """For a charge that goes on, as for one that begins: prices that depend on how much was charged are not drawn."""
    fresh = opened(one.tariff, around.now, around.zone)
    return prices(fresh, need.power, max(until, around.now + QUARTER))


def _bars(
    costs: Iterable[tuple[datetime, datetime, Decimal]], one: Choice, around: Around, until: datetime
) -> list[Bar]:
    """Price by price, and cut where the car begins and ceases to charge."""
    now, whole = around.now, max(until - around.now, QUARTER)
    known = [(begin, min(end, until), cost) for begin, end, cost in costs if begin < until]
    most = max((cost for _, _, cost in known), default=Decimal(1)) or Decimal(1)
    known_hours = around.hours is not Hours.SITES or one.planned or one.kind in (Kind.NOW, Kind.BUDGET)
    draws = one.draws if known_hours else ()
    edges = {edge for draw in draws for edge in (draw.begin_at, draw.end_at)}
    bars = list[Bar]()
    for begin, end, cost in known:
        cuts = sorted({begin, end, *(edge for edge in edges if begin < edge < end)})
        for since, to in pairwise(cuts):
            bars.append(
                Bar(
                    x=_percent(since - now, whole),
                    width=_percent(to - since, whole),
                    height=max(cost / most * 100, Decimal(4)).quantize(Decimal("0.1")),
                    on=any(draw.begin_at <= since and to <= draw.end_at for draw in draws),
                )
            )
    return bars


def _percent(length: timedelta, whole: timedelta) -> Decimal:
    second = timedelta(seconds=1)
    return (Decimal(length // second) * 100 / (whole // second)).quantize(Decimal("0.01"))


def _battery(typed: Typed) -> Battery | None:
    """None: nobody says how full it is."""
    if not typed.level or not typed.holds:
        return None
    return Battery(
        percent=read_number("level", typed.level),
        percent_wanted=read_number("level", typed.goal),
        capacity=Energy(read_number("battery", typed.holds) * 1000),
        percent_least=read_number("level", typed.least) if typed.least else None,
    )


def _next(text: str, around: Around) -> datetime:
    """The next time that the clock at the place shows this. Raises NotANumber."""
    try:
        wanted = time.fromisoformat(text)
        if wanted.tzinfo is not None:
            raise ValueError
    except ValueError:
        raise NotANumber("by") from None
    today = around.now.astimezone(ZoneInfo(around.zone)).date()
    for days in range(3):
        at = local(datetime.combine(today + timedelta(days=days), wanted), around.zone)
        if at - around.now >= SOONEST:
            return at
    raise NotANumber("by")


def _on_the_clock(at: datetime, zone: str) -> time:
    return at.astimezone(ZoneInfo(zone)).time()

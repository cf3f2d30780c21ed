"""What the code at a station opens, for anybody: the place, whether it is free, what it costs now, and how to start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Evse, Location, Status
from laddnav.locations.rules import UnknownEvse, connector_of, shown_to_anybody, spaces_of
from laddnav.parties import actions as parties
from laddnav.pricing.ahead.course import changes, now
from laddnav.pricing.plain.explain import passages
from laddnav.pricing.plain.rates import taxes_included
from laddnav.pricing.tab import opened
from laddnav.sessions import actions as sessions
from laddnav.sessions import preferred
from laddnav.sessions.actions import claiming, offering
from laddnav.sessions.choices import Around, usual_power
from laddnav.sessions.claims import KNOWN_FOR, Claim, NotYourCharge, card_of, claimable
from laddnav.sessions.model import Preferences, ProfileType, Session
from laddnav.sessions.model import Status as Charge
from laddnav.sites.actions import drivers
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff, TariffDimension, TariffType
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import choosing, places, tickets
from laddnav.web.pages.foreseen import Foreseen, Rate, RateChange, foreseen, rate, rate_changes

AHEAD = timedelta(hours=24)
KINDS = (TariffType.REGULAR, TariffType.AD_HOC_PAYMENT)  # with a card or an app, and at the station itself
CLOSED = (Status.INOPERATIVE, Status.OUTOFORDER, Status.PLANNED, Status.REMOVED)
BUSY = (Status.CHARGING, Status.RESERVED, Status.BLOCKED)
# Words of OCPI for stations at which one pays with a bank card (OCPI 2.2.1 mod_locations_capability_enum).
TAKES_BANK_CARDS = frozenset(
    {"CHIP_CARD_SUPPORT", "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL"}
)


class Offered(Struct, frozen=True, kw_only=True):
    """What charging here costs one kind of driver: now, in the next day, and for what was asked."""

    tariff: Tariff
    rates: Sequence[Rate]
    coming: Sequence[RateChange]
    strip: Sequence[Bar]
    foreseen: Foreseen


class Bar(Struct, frozen=True):
    """One stretch of the next day in the picture: from `x` on, in percent, `height` of the dearest."""

    x: Decimal
    width: Decimal
    height: Decimal
    rate: Rate
    since: datetime


async def by_number(asked: Asked) -> Response:
    """For whoever cannot scan: the number is typed, and leads to the page of that Evse."""
    number = asked.query("number")
    if number is None:
        return asked.page("charge_find.html", number=None)
    return RedirectResponse(f"/charge/{quote(number.strip(), safe='*')}", status_code=303)


async def one(asked: Asked) -> Response:
    number = asked.part("number")
    kind = TariffType.AD_HOC_PAYMENT if asked.query("pay") == "station" else TariffType.REGULAR
    async with asked.unit() as unit:
        try:
            location, evse = await locations.printed_evse(unit, number)
        except UnknownEvse:
            return asked.page("charge_find.html", status=404, number=number[:60])
        connector = _connector(evse, asked.query("connector"))
        by_kind = {kind: await _tariff(unit, location, connector, kind) for kind in KINDS}
        operator = await parties.fetch(unit, location.owner)
        at = unit.now
        sold = await tickets.sold(unit, asked, location, connector)
        scene = await _scene(unit, asked, location, evse, connector, at_station=kind is TariffType.AD_HOC_PAYMENT)
    tariff = by_kind[kind] or next(filter(None, by_kind.values()), None)
    mine = scene.session
    return asked.page(
        "charge.html",
        location=location,
        name=places.name_of(location),
        evse=evse,
        number=evse.evse_id,
        connector=connector,
        operator=location.operator.name if location.operator else operator.name,
        website=location.operator.website if location.operator else operator.website,
        spaces=spaces_of(location, evse),
        plugs_in=any("PLUG_AND_CHARGE" in word for word in connector.capabilities) if connector else False,
        busy=evse.status in BUSY,
        others=[other for other in location.evses if other.uid != evse.uid and shown_to_anybody(location, other)],
        bank_cards=not TAKES_BANK_CARDS.isdisjoint(evse.capabilities),
        pays_otherwise=_pays_otherwise(by_kind),
        at_station=kind is TariffType.AD_HOC_PAYMENT,
        offered=None if tariff is None or connector is None else _offered(asked, tariff, location, connector, at),
        passages=() if tariff is None else passages(taxes_included(tariff), asked.language),
        now=at,
        sold=sold,
        mine=mine,
        paid=None if mine is None or mine.cost is None else mine.cost.after_taxes or mine.cost.before_taxes,
        goes_on=mine is not None and mine.status is Charge.ACTIVE,
        waiting=scene.waiting,
        claimable=scene.claimable,
        said=None if mine is None else choosing.said(asked, mine, at),
        choosing=None if connector is None or not scene.offers else _choosing(asked, scene, connector),
    )


async def choose(asked: Asked) -> Response:
    """Before the charge with the number of a card, while it goes on by what the browser knows of it."""
    path = _path(asked)
    async with asked.unit() as unit:
        location, evse = await locations.printed_evse(unit, asked.part("number"))
        connector = _connector(evse, asked.said("connector") or None)
        scene = await _scene(unit, asked, location, evse, connector, at_station=asked.said("pay") == "station")
    if connector is None or not scene.offers:
        raise NotYourCharge
    offered = _choosing(asked, scene, connector, asked.form)
    card = next((one for one in offered.cards if one.choice.kind == asked.said("choice")), None)
    if card is None:
        return asked.done(path, offered.wrong or asked.say("Choose one of them."), "bad")
    wants, secret = choosing.wants_of(card.choice, offered.typed), _secret(asked)
    where, awaited = EvseRef(location.id, evse.uid), asked.say("Chosen. It begins when you show your card here.")
    if secret is None or (scene.session is None and scene.waiting is None):
        return await _claim(asked, location, where, wants, awaited)
    async with asked.unit() as unit:
        answered = await claiming.choose(unit, secret, location.owner, where, wants)
    asked.console.database.wake()
    tone, text = ("good", awaited) if answered is None else choosing.answer_in_words(asked, answered)
    return asked.done(path, text, tone)


async def mine(asked: Asked) -> Response:
    """Who charges here says so, by the number of the card."""
    async with asked.unit() as unit:
        location, evse = await locations.printed_evse(unit, asked.part("number"))
    return await _claim(asked, location, EvseRef(location.id, evse.uid), None, None)


async def _claim(
    asked: Asked, location: Location, where: EvseRef, wants: Preferences | None, text: str | None
) -> Response:
    """Raises CardTooShort, TooManyTries, NotYourCharge."""
    database = asked.console.database
    number = card_of(asked.said("card"))
    async with database.unit() as unit:
        await claiming.count_try(unit, location.owner, where, asked.origin)
    async with database.unit() as unit:
        secret = await claiming.claim(unit, location.owner, where, number, wants)
    database.wake()
    response = asked.done(_path(asked), text)
    age = int(KNOWN_FOR.total_seconds())
    response.set_cookie(
        _cookie(asked), secret, max_age=age, path="/charge", httponly=True, samesite="lax", secure=asked.secure
    )
    return response


class Scene(Struct, frozen=True, kw_only=True):
    """What a browser finds at an Evse: its own charge, or what it chose before one; or somebody's that it knows not.

    `tariffs` {}: nothing can be chosen.
    """

    tariffs: Mapping[ProfileType, Tariff]
    around: Around
    session: Session | None = None
    waiting: Claim | None = None
    claimable: bool = False

    @property
    def offers(self) -> bool:
        """Not where somebody else charges, nor when a charge is over."""
        if self.session is not None:
            return bool(self.tariffs) and self.session.status is Charge.ACTIVE and self.session.tab is not None
        return bool(self.tariffs) and not self.claimable

    @property
    def wants(self) -> Preferences | None:
        if self.session is None:
            return None if self.waiting is None else self.waiting.wants
        wanted = preferred.wanted(self.session, self.around.now)
        return None if wanted is None else wanted.wants


async def _scene(
    unit: Unit, asked: Asked, location: Location, evse: Evse, connector: Connector | None, *, at_station: bool
) -> Scene:
    holder, where, secret = location.owner, EvseRef(location.id, evse.uid), _secret(asked)
    known = None if secret is None else await claiming.claimed(unit, secret, holder, where)
    session = None if known is None else known[1]
    tariffs: Mapping[ProfileType, Tariff] = {}
    if connector is not None and evse.status not in CLOSED:
        tariffs = await offering.tariffs_for(unit, holder, connector, session, at_station=at_station)
    going_on = None if session is not None else claimable(await sessions.under_way_at(unit, holder, where, lock=False))
    return Scene(
        tariffs=tariffs,
        around=await drivers.around(unit, holder, location, where, session),
        session=session,
        waiting=None if known is None or session is not None else known[0],
        claimable=going_on is not None,
    )


def _choosing(
    asked: Asked, scene: Scene, connector: Connector, words: Mapping[str, str] | None = None
) -> choosing.Shown:
    """What there is to choose between, for what was typed: in the form, or else in the address."""
    words = dict(asked.request.query_params) if words is None else words
    power = usual_power(connector)
    return choosing.shown(asked, words, scene.tariffs, scene.around, power, session=scene.session, wants=scene.wants)


def _secret(asked: Asked) -> str | None:
    return asked.request.cookies.get(_cookie(asked)) or None


def _cookie(asked: Asked) -> str:
    """Of another name on another port, as the visit's is."""
    return f"charge_{asked.request.url.port or 'web'}"


def _path(asked: Asked) -> str:
    return f"/charge/{quote(asked.part('number'), safe='*')}#yours"


def _pays_otherwise(by_kind: dict[TariffType, Tariff | None]) -> bool:
    """Whether who pays at the station pays another price than who has a card or an app."""
    return None not in by_kind.values() and len({tariff and tariff.id for tariff in by_kind.values()}) > 1


def _connector(evse: Evse, id: str | None) -> Connector | None:
    """The one that was chosen, if it is there, else the first; None where the Evse has none."""
    chosen = next((each for each in evse.connectors if each.id == id), None)
    return chosen or (connector_of(evse, None) if evse.connectors else None)


async def _tariff(unit: Unit, location: Location, connector: Connector | None, kind: TariffType) -> Tariff | None:
    if connector is None:
        return None
    return await tariffs.offered(unit, location.owner, location.owner, connector.tariff_ids, unit.now, kind)


def _offered(asked: Asked, tariff: Tariff, location: Location, connector: Connector, at: datetime) -> Offered:
    zone = location.time_zone
    power = usual_power(connector)
    tab = opened(tariff, at, zone)
    present = now(tab, at, power=power)
    rates = [
        rate(tariff, what, component, after_taxes=True)
        for what, component in (
            (TariffDimension.ENERGY, present.energy),
            (TariffDimension.TIME, present.time),
            (TariffDimension.FLAT, present.start),
        )
        if what is TariffDimension.ENERGY or (component is not None and component.price)
    ]
    ahead = changes(tariff, since=at, until=at + AHEAD, zone=zone, power=power)
    coming = [change for change in rate_changes(tariff, ahead, after_taxes=True) if change.at < at + AHEAD]
    return Offered(
        tariff=tariff,
        rates=rates,
        coming=coming,
        strip=_strip(rates, coming, at),
        foreseen=foreseen(asked, tariff, zone=zone, now=at, power=power, after_taxes=True),
    )


def _strip(rates: Sequence[Rate], coming: Sequence[RateChange], at: datetime) -> list[Bar]:
    """The price of a kWh over the next day, or of an hour where only that changes; nothing where neither does."""
    for what in (TariffDimension.ENERGY, TariffDimension.TIME):
        turns = [change for change in coming if change.what is what]
        if turns:
            first = next((each for each in rates if each.what is what), turns[0].before)
            return _bars([(at, first), *((change.at, change.after) for change in turns)], at)
    return []


def _bars(steps: Sequence[tuple[datetime, Rate]], at: datetime) -> list[Bar]:
    most = max(rate.amount for _, rate in steps) or Decimal(1)
    ends = [*(since for since, _ in steps[1:]), at + AHEAD]
    return [
        Bar(
            x=_percent(since - at),
            width=_percent(end - since),
            height=max(rate.amount / most * 100, Decimal(3)).quantize(Decimal("0.1")),
            rate=rate,
            since=since,
        )
        for (since, rate), end in zip(steps, ends, strict=True)
    ]


def _percent(length: timedelta) -> Decimal:
    return (Decimal(length // timedelta(seconds=1)) * 100 / (AHEAD // timedelta(seconds=1))).quantize(Decimal("0.01"))


DOORS: tuple[Door, ...] = (
    see("/charge", by_number, role=None),
    see("/charge/{number}", one, role=None),
    do("/charge/{number}/choose", choose, role=None),
    do("/charge/{number}/mine", mine, role=None),
)

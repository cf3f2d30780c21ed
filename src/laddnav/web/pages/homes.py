"""Homes and grid: brokers with what is under each, VTNs with what they ask for, and what is obeyed now."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from msgspec.structs import replace
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.mqtt import actions as mqtt
from laddnav.mqtt import rules
from laddnav.mqtt.actions.setting_up import Home
from laddnav.mqtt.model import Broker, ChargePoint, HomeMeter, Measures
from laddnav.mqtt.rules import UnfitHome
from laddnav.openadr import actions as openadr
from laddnav.openadr.model import GridResource, KnownVtn, SignalState, Vtn
from laddnav.openadr.rules import UnfitVtn
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.sites import actions as sites
from laddnav.sites.model.told import Covers
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenKey
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
HOLDING = (SignalState.AHEAD, SignalState.IN_FORCE, SignalState.OBEYED)
PHASES = {"3": (3,), "1": (1,), "1,3": (1, 3)}


async def list_all(asked: Asked) -> Response:
    holder = asked.visitor.holder
    async with asked.unit() as unit:
        homes = await mqtt.page(unit, holder, limit=PAGE)
        vtns = await openadr.page(unit, holder, limit=PAGE)
        signals = await openadr.signals(unit, holder, limit=200)
        names = {one.id: one.name for one in await sites.page(unit, holder, limit=500)}
    return asked.page(
        "homes.html",
        homes=homes,
        vtns=vtns,
        holding=[one for one in reversed(signals) if one.state in HOLDING and one.limit_kw is not None],
        site_names=names,
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


# Homes ----------------------------------------------------------------------------------------------------------------


async def connect_home(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        broker = _broker(asked, unit, holder, unit.new_id())
        await mqtt.connect(unit, broker, asked.secret("password") or None, seal=asked.console.clients.seal)
    asked.console.database.wake()
    return asked.done(f"/homes/{broker.ref}", asked.say("The home is being connected; put a charge point under it."))


async def one_home(asked: Asked) -> Response:
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        stations = [one for one in await locations.stations(unit, home.holder) if one.evses]
        there = [(one.id, one.name) for one in await sites.page(unit, home.holder, limit=500)]
    under = {(one.station_id, one.evse_no) for one in home.charge_points}
    free = [
        (f"{station.id} {number}", f"{station.id} · {number}")
        for station in stations
        for number, _ in station.evses
        if (station.id, number) not in under
    ]
    return asked.page(
        "home.html",
        home=home,
        free=free,
        sites=[("", "–"), *there],
        phases=[("3", asked.say("three")), ("1", asked.say("one")), ("1,3", asked.say("one or three"))],
        measures=[(one.value, asked.term(f"METER_{one.value}")) for one in Measures],
    )


async def change_home(asked: Asked) -> Response:
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        broker = _broker(asked, unit, home.holder, home.ref)
        await mqtt.change(unit, broker, asked.secret("password") or None, seal=asked.console.clients.seal)
    asked.console.database.wake()
    return asked.done(f"/homes/{home.ref}", asked.say("The home is connected anew."))


async def remove_home(asked: Asked) -> Response:
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        await mqtt.remove(unit, home.ref, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done("/homes", asked.say("The home is not connected to any more."))


async def put_under(asked: Asked) -> Response:
    station_id, _, number = asked.said("evse").rpartition(" ")
    if not number.isascii() or not number.isdigit():
        raise UnfitHome("evse: choose one of the list")
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        card = asked.said("token")
        found = await tokens.by_uid(unit, home.holder, card) if card else ()
        if card and not found:
            raise UnfitHome("token: no card of this number is known here")
        station = await locations.station(unit, station_id)
        ref = await tokens.ref_of(unit, home.holder, _key(found[0])) if found else None
        point = ChargePoint(
            holder=home.holder,
            broker=home.ref,
            station_id=station_id,
            evse_no=int(number),
            key=asked.said("key") or rules.key_for(station_id, int(number), alone=len(station.evses) == 1),
            name=asked.said("name") or station_id,
            amps_max=_decimal(asked, "amps_max", Decimal(16)),
            phases=PHASES.get(asked.said("phases"), (3,)),
            token_ref=ref,
        )
        await mqtt.put_under(unit, point, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/homes/{home.ref}", asked.say("The home sees it now."))


async def take_out(asked: Asked) -> Response:
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        await mqtt.take_out(unit, home.ref, asked.said("station"), asked.number("evse") or 0, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/homes/{home.ref}", asked.say("The home sees it no more."))


async def hear(asked: Asked) -> Response:
    what = next((one for one in Measures if one.value == asked.said("what")), Measures.GRID)
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        source = HomeMeter(
            holder=home.holder,
            broker=home.ref,
            topic=asked.said("topic"),
            path=asked.said("path"),
            what=what,
            factor=_decimal(asked, "factor", Decimal(1)),
            site_id=asked.said("site") or None,
        )
        await mqtt.hear(unit, source, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/homes/{home.ref}", asked.say("The meter is heard."))


async def hear_no_more(asked: Asked) -> Response:
    async with asked.unit() as unit:
        home = await _home(asked, unit)
        await mqtt.hear_no_more(unit, home.ref, asked.said("topic"), asked.said("path"), by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/homes/{home.ref}", asked.say("The meter is heard no more."))


async def _home(asked: Asked, unit: Unit) -> Home:
    home = await mqtt.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, home.holder)
    return home


def _broker(asked: Asked, unit: Unit, holder: PartyId, ref: str) -> Broker:
    return Broker(
        holder=holder,
        ref=ref,
        name=asked.said("name"),
        url=asked.said("url"),
        user=asked.said("user") or None,
        topics=asked.said("topics") or "laddnav",
        discovery=asked.said("discovery") or "homeassistant",
        inward=asked.visitor.holder is None,
        enabled=asked.said("enabled") != "no",
        changed_at=unit.now,
        changed_by=asked.visitor.name,
    )


def _key(token: Token) -> TokenKey:
    return TokenKey(token.owner, token.type, token.uid)


def _decimal(asked: Asked, name: str, otherwise: Decimal) -> Decimal:
    """Raises UnfitHome."""
    said = asked.said(name).replace(",", ".")
    if not said:
        return otherwise
    try:
        number = Decimal(said)
    except InvalidOperation as error:
        raise UnfitHome(f"{name}: a number is meant") from error
    if not number.is_finite() or abs(number) > 1_000_000:
        raise UnfitHome(f"{name}: a number is meant")
    return number


# The grid -------------------------------------------------------------------------------------------------------------


async def connect_vtn(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        vtn = _vtn(asked, unit, holder, unit.new_id())
        await openadr.connect(unit, vtn, asked.secret("client_secret"), seal=asked.console.clients.seal)
    return asked.done(f"/vtns/{vtn.ref}", asked.say("The grid company is listened to; say which sites obey it."))


async def one_vtn(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await _known(asked, unit)
        there = list(await sites.page(unit, known.holder, limit=500))
        some = await openadr.signals(unit, known.holder, vtn=known.ref, before=cursor, limit=PAGE + 1)
    obey = {one.site_id for one in known.resources}
    return asked.page(
        "vtn.html",
        known=known,
        signals=some[:PAGE],
        next=some[PAGE - 1].ref if len(some) > PAGE else None,
        begun=cursor is not None,
        site_names={one.id: one.name for one in there},
        free=[(one.id, one.name) for one in there if one.id not in obey],
        covers=[(one.value, asked.term(f"COVERS_{one.value}")) for one in (Covers.SITE, Covers.CARS)],
        within=known.vtn.poll_seconds + 10 + max((one.reaction_seconds for one in there if one.id in obey), default=60),
    )


async def change_vtn(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await _known(asked, unit)
        vtn = _vtn(asked, unit, known.holder, known.ref)
        vtn = replace(vtn, token_url=vtn.token_url or known.vtn.token_url, scope=vtn.scope or known.vtn.scope)
        await openadr.change(unit, vtn, asked.secret("client_secret") or None, seal=asked.console.clients.seal)
    return asked.done(f"/vtns/{known.ref}", asked.say("What is known of the grid company is changed."))


async def remove_vtn(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await _known(asked, unit)
        await openadr.remove(unit, known.ref, by=asked.visitor.name)
    return asked.done("/homes", asked.say("The grid company is not listened to any more."))


async def obey(asked: Asked) -> Response:
    full = asked.said("full_kw").replace(",", ".")
    async with asked.unit() as unit:
        known = await _known(asked, unit)
        one = GridResource(
            holder=known.holder,
            vtn=known.ref,
            site_id=asked.said("site"),
            name=asked.said("name") or asked.said("site"),
            covers=Covers.CARS if asked.said("covers") == Covers.CARS.value else Covers.SITE,
            full_kw=_decimal(asked, "full_kw", Decimal(0)) if full else None,
            prices=asked.said("prices") == "yes",
        )
        await openadr.is_resource(unit, one, by=asked.visitor.name)
    return asked.done(f"/vtns/{known.ref}", asked.say("The site obeys it now."))


async def obey_no_more(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await _known(asked, unit)
        await openadr.is_resource_no_more(unit, known.ref, asked.said("site"), by=asked.visitor.name)
    return asked.done(f"/vtns/{known.ref}", asked.say("The site obeys it no more."))


async def _known(asked: Asked, unit: Unit) -> KnownVtn:
    known = await openadr.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, known.holder)
    return known


def _vtn(asked: Asked, unit: Unit, holder: PartyId, ref: str) -> Vtn:
    seconds = asked.number("poll_seconds")
    if seconds is None:
        raise UnfitVtn("poll_seconds: a number of seconds is meant")
    return Vtn(
        holder=holder,
        ref=ref,
        name=asked.said("name"),
        url=asked.said("url").rstrip("/"),
        token_url=asked.said("token_url") or None,
        client_id=asked.said("client_id"),
        scope=asked.said("scope") or None,
        ven_name=asked.said("ven_name"),
        programs=tuple(part for word in asked.said("programs").split(",") if (part := word.strip())),
        poll_seconds=seconds,
        enabled=asked.said("enabled") != "no",
        changed_at=unit.now,
        changed_by=asked.visitor.name,
    )


DOORS: tuple[Door, ...] = (
    see("/homes", list_all),
    do("/homes", connect_home, Role.ADMIN),
    see("/homes/{ref}", one_home),
    do("/homes/{ref}", change_home, Role.ADMIN),
    do("/homes/{ref}/remove", remove_home, Role.ADMIN),
    do("/homes/{ref}/charge-points", put_under),
    do("/homes/{ref}/charge-points/take-out", take_out),
    do("/homes/{ref}/meters", hear),
    do("/homes/{ref}/meters/drop", hear_no_more),
    do("/vtns", connect_vtn, Role.ADMIN),
    see("/vtns/{ref}", one_vtn),
    do("/vtns/{ref}", change_vtn, Role.ADMIN),
    do("/vtns/{ref}/remove", remove_vtn, Role.ADMIN),
    do("/vtns/{ref}/resources", obey),
    do("/vtns/{ref}/resources/drop", obey_no_more),
)

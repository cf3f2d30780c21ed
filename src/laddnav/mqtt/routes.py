"""The operator API about homes: their brokers, the charge points under each, and the meters that are heard there."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.mqtt import actions, rules
from laddnav.mqtt.actions.setting_up import Home
from laddnav.mqtt.model import Broker, ChargePoint, HomeMeter, Measures
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Word = Annotated[str, Meta(min_length=1, max_length=80)]
Topic = Annotated[str, Meta(min_length=1, max_length=200)]
EvseNo = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class BrokerSaid(Struct, frozen=True, kw_only=True):
    """`password` is never shown again; left out in a change, it stays what it was.

    A key for the whole installation may name a broker in a private network, one of a party a public one.
    """

    name: Word
    url: Annotated[str, Meta(min_length=8, max_length=300)]
    user: Word | None = None
    password: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    topics: Word = "laddnav"
    discovery: Word = "homeassistant"
    enabled: bool = True
    holder: str | None = None


class ChargePointSaid(Struct, frozen=True, kw_only=True):
    """`key`: what it is called in topics; left out, it follows from the Station's id."""

    key: Annotated[str, Meta(max_length=64)] | None = None
    name: Word | None = None
    amps_max: Decimal = Decimal(16)
    phases: tuple[int, ...] = (3,)
    begin_after: int = 60
    stop_after: int = 180
    token_ref: str | None = None


class SourceSaid(Struct, frozen=True, kw_only=True):
    topic: Topic
    path: Annotated[str, Meta(max_length=100)] = ""
    what: Measures
    factor: Decimal = Decimal(1)
    site_id: Word | None = None


async def list_homes(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Home]:
    """Brokers, how the line to each stands, and what is under it."""
    found = await actions.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def connect_home(unit: Unit, by: Visitor, seal: Seal, body: BrokerSaid) -> Home:
    """Connect to the broker of a home; nothing is under it yet."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    broker = said(unit, yours(by, party.holder), unit.new_id(), body, by)
    return await actions.connect(unit, broker, body.password, seal=seal)


async def change_home(unit: Unit, by: Visitor, seal: Seal, ref: str, body: BrokerSaid) -> Home:
    """All that is said of a broker is this now."""
    home = await actions.by_ref(unit, ref)
    broker = said(unit, yours(by, home.holder), ref, body, by)
    return await actions.change(unit, broker, body.password, seal=seal)


async def remove_home(unit: Unit, by: Visitor, ref: str) -> None:
    """Nothing is under this broker any more, and nothing is told there."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    await actions.remove(unit, ref, by=by.name)


async def put_under_home(
    unit: Unit, by: Visitor, ref: str, station_id: str, evse_no: EvseNo, body: ChargePointSaid
) -> Home:
    """The home sees this EVSE from now on, and moves it within what is set here."""
    holder = yours(by, (await actions.by_ref(unit, ref)).holder)
    point = ChargePoint(
        holder=holder,
        broker=ref,
        station_id=station_id,
        evse_no=evse_no,
        key=body.key or rules.key_for(station_id, evse_no, alone=evse_no == 1),
        name=body.name or station_id,
        amps_max=body.amps_max,
        phases=body.phases,
        begin_after=body.begin_after,
        stop_after=body.stop_after,
        token_ref=body.token_ref,
    )
    return await actions.put_under(unit, point, by=by.name)


async def take_from_home(unit: Unit, by: Visitor, ref: str, station_id: str, evse_no: EvseNo) -> None:
    """The home neither sees nor moves this EVSE any more."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    await actions.take_out(unit, ref, station_id, evse_no, by=by.name)


async def hear_meter(unit: Unit, by: Visitor, ref: str, body: SourceSaid) -> Home:
    """What a meter says at a topic counts from now on, for its site and for charge points that follow the roof."""
    holder = yours(by, (await actions.by_ref(unit, ref)).holder)
    source = HomeMeter(
        holder=holder,
        broker=ref,
        topic=body.topic,
        path=body.path,
        what=body.what,
        factor=body.factor,
        site_id=body.site_id,
    )
    return await actions.hear(unit, source, by=by.name)


async def hear_meter_no_more(unit: Unit, by: Visitor, ref: str, *, topic: str, path: str = "") -> None:
    """It is not listened to any more."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    await actions.hear_no_more(unit, ref, topic, path, by=by.name)


def said(unit: Unit, holder: PartyId, ref: str, body: BrokerSaid, by: Visitor) -> Broker:
    return Broker(
        holder=holder,
        ref=ref,
        name=body.name,
        url=body.url,
        user=body.user,
        topics=body.topics,
        discovery=body.discovery,
        inward=by.holder is None,
        enabled=body.enabled,
        changed_at=unit.now,
        changed_by=by.name,
    )


POINT = "/homes/{ref}/charge-points/{station_id}/{evse_no}"
ROUTES = (
    Route(method="GET", path="/homes", does=list_homes),
    Route(method="POST", path="/homes", does=connect_home, needs=Role.ADMIN, status=201),
    Route(method="PUT", path="/homes/{ref}", does=change_home, needs=Role.ADMIN),
    Route(method="DELETE", path="/homes/{ref}", does=remove_home, needs=Role.ADMIN, status=204, looks_itself=True),
    Route(method="PUT", path=POINT, does=put_under_home, needs=Role.OPERATOR),
    Route(method="DELETE", path=POINT, does=take_from_home, needs=Role.OPERATOR, status=204, looks_itself=True),
    Route(method="PUT", path="/homes/{ref}/meters", does=hear_meter, needs=Role.OPERATOR),
    Route(
        method="DELETE",
        path="/homes/{ref}/meters",
        does=hear_meter_no_more,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
)

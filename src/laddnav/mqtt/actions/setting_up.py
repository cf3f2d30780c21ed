"""Verbs about which brokers there are, and what was put under each."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownStation
from laddnav.mqtt import rules, store
from laddnav.mqtt.actions.carrying_out import let_go
from laddnav.mqtt.events import HomeChanged
from laddnav.mqtt.model import Broker, BrokerLine, ChargePoint, HomeMeter
from laddnav.mqtt.rules import UnderAnother, UnfitHome, UnknownBroker, UnknownChargePoint, UnknownSource
from laddnav.people import actions as people
from laddnav.sites import actions as sites
from laddnav.tokens import actions as tokens


class Home(Struct, frozen=True, kw_only=True):
    """A broker with all that is known of it but its password."""

    holder: PartyId
    ref: str
    broker: Broker
    line: BrokerLine
    charge_points: tuple[ChargePoint, ...] = ()
    sources: tuple[HomeMeter, ...] = ()


async def connect(unit: Unit, broker: Broker, password: str | None, *, seal: Seal) -> Home:
    """It is connected to at once, and nothing is under it yet. Raises UnfitHome."""
    rules.fit(broker)
    store.put_broker(unit, broker, seal.sealed(password) if password else None)
    _changed(unit, broker, "connect broker")
    return Home(
        holder=broker.holder, ref=broker.ref, broker=broker, line=BrokerLine(holder=broker.holder, ref=broker.ref)
    )


async def change(unit: Unit, broker: Broker, password: str | None, *, seal: Seal) -> Home:
    """Without a password it keeps the one it has. Raises UnknownBroker, UnfitHome."""
    await store.set_up_alone(unit, broker.holder)
    before = await by_ref(unit, broker.ref)
    rules.fit(broker)
    store.put_broker(unit, broker, seal.sealed(password) if password else "")
    _changed(unit, broker, "change broker")
    return replace(before, broker=broker)


async def remove(unit: Unit, ref: str, *, by: str) -> None:
    """Charges that it limits are limited by it no more. Raises UnknownBroker."""
    await store.set_up_alone(unit, (await by_ref(unit, ref)).holder)
    home = await by_ref(unit, ref)
    for point in home.charge_points:
        await let_go(unit, point)
    store.drop_broker(unit, home.broker)
    _changed(unit, replace(home.broker, changed_by=by), "remove broker")


async def put_under(unit: Unit, point: ChargePoint, *, by: str) -> Home:
    """From now on the home sees this Evse, and what it wants of it is done.

    What it wanted before stays, where it was under this broker already. Raises UnknownBroker, UnfitHome, UnderAnother,
    UnknownStation, UnknownToken.
    """
    await store.set_up_alone(unit, point.holder)
    home = await by_ref(unit, point.broker)
    rules.fit_point(point)
    known = await locations.stations_named(unit, [point.station_id])
    station = known.get(point.station_id)
    if station is None or station.holder != point.holder or point.evse_no not in dict(station.evses):
        raise UnknownStation(f"{point.station_id}/{point.evse_no}")
    if point.token_ref is not None:
        holder, _ = await tokens.by_ref(unit, point.token_ref)
        if holder != point.holder:
            raise UnfitHome("token_ref: a card of this party is meant")
    before = await store.point(unit, point.holder, point.station_id, point.evse_no, lock=True)
    if before is not None and before.broker != point.broker:
        raise UnderAnother(point)
    same = await store.point_by_key(unit, point.holder, point.broker, point.key)
    if same is not None and (same.station_id, same.evse_no) != (point.station_id, point.evse_no):
        raise UnfitHome(f"key: another charge point is called {point.key!r} there")
    if before is not None:
        point = replace(point, wanted=before.wanted, done=before.done, said=before.said)
    store.put_point(unit, point)
    _changed(unit, replace(home.broker, changed_by=by), "put under broker")
    others = [one for one in home.charge_points if (one.station_id, one.evse_no) != (point.station_id, point.evse_no)]
    return replace(home, charge_points=(*others, point))


async def take_out(unit: Unit, ref: str, station_id: str, evse_no: int, *, by: str) -> None:
    """The home neither sees nor limits it any more. Raises UnknownBroker, UnknownChargePoint."""
    await store.set_up_alone(unit, (await by_ref(unit, ref)).holder)
    home = await by_ref(unit, ref)
    found = [one for one in home.charge_points if (one.station_id, one.evse_no) == (station_id, evse_no)]
    if not found:
        raise UnknownChargePoint(station_id, evse_no)
    await let_go(unit, found[0])
    store.drop_point(unit, found[0])
    _changed(unit, replace(home.broker, changed_by=by), "take from broker")


async def hear(unit: Unit, source: HomeMeter, *, by: str) -> Home:
    """Raises UnknownBroker, UnknownSite, UnfitHome."""
    await store.set_up_alone(unit, source.holder)
    home = await by_ref(unit, source.broker)
    rules.fit_source(source)
    if source.site_id is not None:
        source = replace(source, site_id=(await sites.fetch(unit, source.holder, source.site_id)).id)
    store.put_source(unit, source)
    _changed(unit, replace(home.broker, changed_by=by), "hear a meter of a home")
    others = [one for one in home.sources if (one.topic, one.path) != (source.topic, source.path)]
    return replace(home, sources=(*others, source))


async def hear_no_more(unit: Unit, ref: str, topic: str, path: str, *, by: str) -> None:
    """Raises UnknownBroker, UnknownSource."""
    home = await by_ref(unit, ref)
    found = [one for one in home.sources if (one.topic, one.path) == (topic, path)]
    if not found:
        raise UnknownSource(topic)
    store.drop_source(unit, found[0])
    _changed(unit, replace(home.broker, changed_by=by), "hear a meter no more")


async def by_ref(unit: Unit, ref: str) -> Home:
    """Raises UnknownBroker."""
    kept = await store.broker(unit, ref)
    if kept is None:
        raise UnknownBroker(ref)
    return await _home(unit, kept)


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Home]:
    """In the order in which they were connected; the last ref is the next `after`."""
    return [await _home(unit, kept) for kept in await store.brokers(unit, holder, after, limit)]


async def nobody_holds(unit: Unit, process: str) -> None:
    """A process is gone: its lines are for another."""
    store.nobody_holds(unit, process)


async def _home(unit: Unit, kept: store.Kept) -> Home:
    broker, _, line = kept
    return Home(
        holder=broker.holder,
        ref=broker.ref,
        broker=broker,
        line=line,
        charge_points=await store.points(unit, broker.holder, broker.ref),
        sources=await store.sources(unit, broker.holder, broker.ref),
    )


def _changed(unit: Unit, broker: Broker, what: str) -> None:
    people.note(unit, broker.changed_by, what, f"broker {broker.name}")
    unit.announce(HomeChanged(holder=broker.holder, broker=broker.ref))

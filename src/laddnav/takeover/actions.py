"""The verb that takes an export over, or shows what it would do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Station
from laddnav.locations.rules import UnknownStation, checked_password, checked_station_id, evse_of
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.takeover import rules, store
from laddnav.takeover.model import Becomes, Brought, Card, Part, PastCharge, Source, StationKnown, TakenOver
from laddnav.tokens import actions as tokens

UID_MAX = 36  # OCPI 2.2.1 mod_tokens_token_object
PASSWORD_BYTES = 15  # 20 characters: the most that OCPP 1.6 stations have room for


async def take_over(
    unit: Unit, holder: PartyId, source: Source, files: Mapping[str, str], *, by: str, preview: bool
) -> TakenOver:
    """Everything that is new becomes ours, and what is here already is left as it is: done twice it changes nothing.

    `files` are texts by their names. `preview` says the same and does nothing. Raises Missing, WrongFile.
    """
    found = rules.brought(source, files, holder, unit.now)
    parts = [
        *[await _place(unit, holder, row, one, preview) for row, one in found.locations],
        *await _stations(unit, holder, found, preview),
        *await _cards(unit, holder, found.cards, preview),
        *await _charges(unit, holder, found, preview),
        *(Part(kind="row", row=one.row, id="", becomes=Becomes.LEFT_OUT, says=one.says) for one in found.left_out),
    ]
    taken = TakenOver(holder=holder, source=source, preview=preview, parts=tuple(parts))
    if not preview:
        new = sum(part.becomes is Becomes.NEW for part in parts)
        people.note(unit, by, "take over an export", f"source {source.value}", f"{new} new of {len(parts)}")
    return taken


async def past_charges(
    unit: Unit, holder: PartyId, station_id: str, *, skip: int = 0, limit: int = 50
) -> Sequence[PastCharge]:
    """What this Station charged at the central system before, the newest first; `row` names that system."""
    return await store.page(unit, holder, station_id, skip, limit)


async def _place(unit: Unit, holder: PartyId, row: str, one: Location, preview: bool) -> Part:
    known = await locations.find(unit, holder, holder, one.id)
    if known is None and not preview:
        await locations.keep(unit, holder, one)
    return Part(kind="location", row=row, id=one.id, becomes=Becomes.NEW if known is None else Becomes.KNOWN)


async def _stations(unit: Unit, holder: PartyId, found: Brought, preview: bool) -> list[Part]:
    """One that had moved away is new again, and one that is named twice is known the second time."""
    coming = _Coming({one.id: one for _, one in found.locations}, {}, {})
    parts = list[Part]()
    for one in found.stations:
        known = await _known(unit, one.id)
        theirs = known is not None and known.holder != holder
        if one.id not in coming.stations and (known is None or (known.moved_at is not None and not theirs)):
            parts.append(await _station(unit, holder, one, coming, preview))
            continue
        parts.append(
            Part(
                kind="station",
                row=one.row,
                id=one.id,
                becomes=Becomes.LEFT_OUT if theirs else Becomes.KNOWN,
                says="another party has a station of this id" if theirs else None,
            )
        )
    return parts


class _Coming(NamedTuple):
    """What a preview has to remember as though it were here: places, EVSEs and Stations by their names."""

    places: Mapping[str, Location]
    evses: dict[tuple[str, str], str]
    stations: dict[str, StationKnown]


async def _known(unit: Unit, id: str) -> Station | None:
    try:
        return await locations.station(unit, id)
    except UnknownStation:
        return None


async def _station(unit: Unit, holder: PartyId, one: StationKnown, coming: _Coming, preview: bool) -> Part:
    """With a password that is made here, where none came along and its profile has one."""
    password = one.password or (secrets.token_urlsafe(PASSWORD_BYTES) if one.security_profile in (1, 2) else None)
    evses = dict[tuple[str, str], str]()
    try:
        checked_station_id(one.id)
        if one.password is not None:
            checked_password(one.password)
        place = one.location_id and (
            coming.places.get(one.location_id) or await locations.fetch(unit, holder, holder, one.location_id)
        )
        if one.evses and not place:
            return _left(one, "it names EVSEs and no location")
        for _, uid in one.evses if place else ():
            where = EvseRef(place.id, evse_of(place, uid).uid) if place else None
            if where is None:
                continue
            key = (fold(where.location_id), fold(where.evse_uid))
            there = await locations.station_at(unit, holder, where)
            taken = there[0].id if there else (coming.evses | evses).get(key)
            if taken:
                return _left(one, f"EVSE {uid} is that of station {taken}")
            evses[key] = one.id
        if not preview:
            await locations.add_station(
                unit,
                holder,
                one.id,
                location_id=one.location_id,
                password=password,
                security_profile=one.security_profile,
            )
            for number, uid in one.evses:
                await locations.attach(unit, one.id, number, EvseRef(one.location_id or "", uid))
    except Refusal as refusal:
        return _left(one, str(refusal))
    coming.evses.update(evses)
    coming.stations[one.id] = one
    shown = None if preview or one.password else password
    return Part(kind="station", row=one.row, id=one.id, becomes=Becomes.NEW, password=shown)


def _left(one: StationKnown, says: str) -> Part:
    return Part(kind="station", row=one.row, id=one.id, becomes=Becomes.LEFT_OUT, says=says)


async def _cards(unit: Unit, holder: PartyId, cards: Sequence[Card], preview: bool) -> list[Part]:
    party = await parties.fetch(unit, holder)
    parts, seen = list[Part](), set[str]()
    for card in cards:
        becomes, says = Becomes.NEW, None
        if len(card.uid) > UID_MAX:
            becomes, says = Becomes.LEFT_OUT, f"its uid is longer than {UID_MAX} characters"
        elif fold(card.uid) in seen or any(one.owner == holder for one in await tokens.by_uid(unit, holder, card.uid)):
            becomes = Becomes.KNOWN
        elif not preview:
            await tokens.keep(unit, holder, rules.token(card, holder, party.name, unit.now))
        seen.add(fold(card.uid))
        parts.append(Part(kind="token", row=card.row, id=card.uid, becomes=becomes, says=says))
    return parts


async def _charges(unit: Unit, holder: PartyId, found: Brought, preview: bool) -> list[Part]:
    """Of Stations that are ours, or become so with this."""
    known = await store.known(unit, holder, found.source)
    ours = set[str]()
    for station_id in {one.station_id for one in found.charges}:
        try:
            station = await locations.station(unit, station_id)
        except UnknownStation:
            ours |= {one.id for one in found.stations if preview and one.id == station_id}
        else:
            ours |= {station_id} if station.holder == holder else set()
    parts = list[Part]()
    for one in found.charges:
        becomes, says = Becomes.NEW, None
        if (one.station_id, one.id) in known:
            becomes = Becomes.KNOWN
        elif one.station_id not in ours:
            becomes, says = Becomes.LEFT_OUT, f"its station {one.station_id} is none of ours"
        elif one.meter_stopped < one.meter_started or one.ended_at < one.started_at:
            becomes, says = Becomes.LEFT_OUT, "it ends before it begins"
        elif not preview:
            store.keep(unit, holder, found.source, one)
        parts.append(Part(kind="charge", row=one.row, id=one.id, becomes=becomes, says=says))
    return parts

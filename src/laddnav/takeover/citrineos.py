"""What CitrineOS' tables mean: ChargingStations, Evses, Connectors, Locations, Authorizations, Transactions; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Connector, Evse, GeoLocation, Location, Status
from laddnav.takeover.model import Brought, Card, LeftOut, PastCharge, Source, StationKnown
from laddnav.takeover.tables import Row, Tables, Unfit, each, has, need

# As OCPI spells what CitrineOS writes without its underscores (OCPI 2.2.1 mod_locations_connectortype_enum).
_STANDARDS = (
    *("CHADEMO", "CHAOJI", "GBT_AC", "GBT_DC", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50", "NEMA_10_30", "NEMA_10_50"),
    *("NEMA_14_30", "NEMA_14_50", "IEC_60309_2_single_16", "IEC_60309_2_three_16", "IEC_60309_2_three_32"),
    *("IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2", "IEC_62196_T2_COMBO"),
    *("IEC_62196_T3A", "IEC_62196_T3C", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN", "TESLA_R", "TESLA_S"),
    *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKL"),
)
_FORMATS = ("SOCKET", "CABLE")
_POWER_TYPES = ("AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC")


def brought(tables: Tables, holder: PartyId, now: datetime) -> Brought:
    """Raises Missing, WrongFile."""
    left = list[LeftOut]()

    def leave(row: str, says: str) -> None:
        left.append(LeftOut(row=row, says=says))

    places = _Places(tables, holder, now)
    each(has(tables, "locations", "id", "address", "city", "country", "coordinates"), places.read, leave)
    stations = list[StationKnown]()

    def station(row: Row) -> None:
        id = row.must("id")
        location_id = places.known.get(row.text("locationId") or "")
        evses = places.evses_of(id) if location_id else ()
        stations.append(StationKnown(row=row.place, id=id, location_id=location_id, evses=evses))

    each(need(tables, "chargingstations", "id"), station, leave)
    cards = list[Card]()
    each(_cards(tables), lambda row: cards.append(_card(row, tables)), leave)
    charges = list[PastCharge]()
    each(
        has(tables, "transactions", "stationId", "transactionId", "isActive"),
        lambda row: charges.append(_charge(row, tables)),
        leave,
    )
    return Brought(
        source=Source.CITRINEOS,
        locations=tuple(places.whole),
        stations=tuple(stations),
        cards=tuple(cards),
        charges=tuple(charges),
        left_out=tuple(left),
    )


# Where ----------------------------------------------------------------------------------------------------------------


class _Places:
    """Locations with all that stands there; one with a plug that is not fully said is left out."""

    def __init__(self, tables: Tables, holder: PartyId, now: datetime) -> None:
        self._holder, self._now = holder, now
        self._stations = _by(need(tables, "chargingstations", "id"), "locationId")
        self._evses = _by(has(tables, "evses", "stationId"), "stationId")
        connectors = has(tables, "connectors", "stationId", "connectorId")
        self._connectors = _by(connectors, "stationId")
        self.whole = list[tuple[str, Location]]()
        self.known: dict[str, str] = {}

    def read(self, row: Row) -> None:
        """Raises Unfit."""
        id = row.must("id")
        stations = self._stations.get(id, ())
        evses = tuple(evse for station in stations for evse in self._built(station.must("id")))
        if not evses:
            raise Unfit("no EVSE stands there whose plugs are known")
        country = row.must("country").upper()
        if not re.fullmatch("[A-Z]{3}", country):
            raise Unfit(f"country is {country[:40]!r}, where ISO 3166 alpha-3 is wanted, such as SWE")
        location = Location(
            owner=self._holder,
            id=f"CITRINEOS-{id}",
            publish=False,  # until somebody has looked at it, and it has a price
            name=row.text("name"),
            address=row.must("address"),
            city=row.must("city"),
            postal_code=row.text("postalCode"),
            state=row.text("state"),
            country=country,
            coordinates=_coordinates(row),
            evses=evses,
            time_zone=row.text("timeZone") or "UTC",
            last_updated=self._now,
        )
        self.whole.append((row.place, location))
        self.known[id] = location.id

    def evses_of(self, station_id: str) -> tuple[tuple[int, str], ...]:
        return tuple((number, uid) for number, uid, _, _ in self._numbered(station_id))

    def _built(self, station_id: str) -> Iterable[Evse]:
        for _, uid, evse_id, plugs in self._numbered(station_id):
            yield Evse(
                uid=uid,
                evse_id=evse_id,
                status=Status.UNKNOWN,
                connectors=tuple(self._connector(plug) for plug in plugs),
                last_updated=self._now,
            )

    def _numbered(self, station_id: str) -> list[tuple[int, str, str | None, Sequence[Row]]]:
        """(number at the Station, uid, id by eMI3, its plugs); in OCPP 1.6 each plug has a number of its own."""
        plugs = self._connectors.get(station_id, ())
        found = list[tuple[int, str, str | None, Sequence[Row]]]()
        for evse in self._evses.get(station_id, ()):
            number, here = evse.number("evseTypeId"), [one for one in plugs if one.text("evseId") == evse.text("id")]
            if number is not None and here and not evse.truth("removed"):
                found.append((number, f"{station_id}-{number}", evse.text("evseId"), here))
        if not found:
            found = [(number, f"{station_id}-{number}", None, [one]) for one in plugs if (number := _no(one))]
        return sorted(found, key=lambda one: one[0])

    def _connector(self, row: Row) -> Connector:
        """Raises Unfit: nothing is guessed that drivers and partners would be told as true."""
        voltage, amperage = row.number("maximumVoltage"), row.number("maximumAmperage")
        if voltage is None or amperage is None:
            raise Unfit(f"a plug of station {row.text('stationId')} ({row.place}) does not say its volts and amperes")
        return Connector(
            id=str(row.number("evseTypeConnectorId") or 1),
            standard=_word(row, "type", _STANDARDS),
            format=_word(row, "format", _FORMATS),
            power_type=_word(row, "powerType", _POWER_TYPES),
            voltage_max=voltage,
            amperage_max=amperage,
            power_max=row.number("maximumPowerWatts"),
            last_updated=self._now,
        )


def _no(row: Row) -> int:
    return row.number("connectorId") or 0


def _word(row: Row, column: str, words: Sequence[str]) -> str:
    """Raises Unfit."""
    said = row.text(column) or ""
    plain = {re.sub("[^A-Z0-9]", "", word.upper()): word for word in words}
    found = plain.get(re.sub("[^A-Z0-9]", "", said.upper()))
    if found is None:
        raise Unfit(f"a plug of station {row.text('stationId')} ({row.place}) has the {column} {said[:40]!r}")
    return found


def _coordinates(row: Row) -> GeoLocation:
    """GeoJSON, longitude first, or `POINT(longitude latitude)`. Raises Unfit."""
    said = row.values.get("coordinates")
    if isinstance(said, str) and said.lstrip().startswith("{"):
        try:
            said = json.decode(said, dict[str, object])
        except Unreadable as error:
            raise Unfit("coordinates are no GeoJSON") from error
    if isinstance(said, dict):
        numbers = [str(one) for one in said.get("coordinates") or ()]
    else:
        point = re.fullmatch(r"(?:SRID=\d+;)?POINT ?\((\S+) (\S+)\)", str(said or "").strip())
        numbers = [] if point is None else [point[1], point[2]]
    if len(numbers) != 2 or not all(re.fullmatch(r"-?\d{1,3}(\.\d{1,15})?", one) for one in numbers):
        raise Unfit("coordinates are neither GeoJSON nor POINT(longitude latitude); export them with ST_AsGeoJSON")
    return GeoLocation(latitude=Decimal(numbers[1]), longitude=Decimal(numbers[0]))


def _by(rows: Sequence[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.text(column) or "", []).append(row)
    return found


# Who ------------------------------------------------------------------------------------------------------------------


def _cards(tables: Tables) -> Sequence[Row]:
    return has(tables, "authorizations", "id")


def _card(row: Row, tables: Tables) -> Card:
    """Older versions keep the card and its state in tables of their own. Raises Unfit."""
    groups = {one.text("id"): one for one in _cards(tables)}
    group = groups.get(row.text("groupAuthorizationId"))
    status = row.text("status") or _looked_up(tables, "idtokeninfos", row.text("idTokenInfoId"), "status")
    return Card(
        row=row.place,
        uid=_uid(row, tables),
        group_id=None if group is None else _uid(group, tables),
        expires_at=row.instant("cacheExpiryDateTime"),
        blocked=status not in (None, "Accepted", "ConcurrentTx"),
    )


def _uid(row: Row, tables: Tables) -> str:
    """Raises Unfit."""
    said = row.text("idToken") or _looked_up(tables, "idtokens", row.text("idTokenId"), "idToken")
    if said is None:
        raise Unfit("no card is named in it")
    return said


def _looked_up(tables: Tables, table: str, id: str | None, column: str) -> str | None:
    return next((row.text(column) for row in has(tables, table, "id", column) if id and row.text("id") == id), None)


# When -----------------------------------------------------------------------------------------------------------------


def _charge(row: Row, tables: Tables) -> PastCharge:
    """Raises Unfit. It keeps the energy of a charge, and no register."""
    if row.truth("isActive"):
        raise Unfit("it is still under way there; its end will be told to whoever the station is connected to")
    started, ended = (
        row.instant("startTime") or row.instant("createdAt"),
        row.instant("endTime") or row.instant("updatedAt"),
    )
    kwh = row.amount("totalKwh")
    if started is None or ended is None or kwh is None:
        raise Unfit("a time or the energy of it is empty")
    evse = next((one for one in has(tables, "evses", "id") if one.text("id") == row.text("evseId")), None)
    card = next((one for one in _cards(tables) if one.text("id") == row.text("authorizationId")), None)
    return PastCharge(
        row=row.place,
        station_id=row.must("stationId"),
        id=row.must("transactionId"),
        evse_no=(None if evse is None else evse.number("evseTypeId")) or 0,
        uid="" if card is None else _uid(card, tables),
        started_at=started,
        ended_at=ended,
        meter_started=Decimal(0),
        meter_stopped=kwh * 1000,
        stop_reason=row.text("stoppedReason"),
    )

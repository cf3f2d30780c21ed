"""The door of the installation for stations: who is let in, and with what words everybody else is sent away."""

from __future__ import annotations

import base64
import binascii

import structlog
from starlette.responses import Response
from starlette.websockets import WebSocket

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Trouble
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import UnknownStation
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS

log = structlog.get_logger()

ID_MAX = 255  # characters of a station's id; what is longer was not given by us
_BASIC_PROFILES = 2  # the highest security profile that shows a password
_PROTOCOL_ERROR = 1002  # RFC 6455 §7.4.1


async def let_in(websocket: WebSocket, database: Database) -> tuple[Station, Dialect] | None:
    """The station and the version that it speaks, not yet accepted; None after it was sent away.

    404 for an unknown id, which is put on the waiting list; 401 for a wrong password; no subprotocol in common is told
    by a handshake without one that is closed at once (OCPP-J 1.6 §3.2).
    """
    station_id = str(websocket.path_params["station_id"])
    if len(station_id) > ID_MAX or "\x00" in station_id:
        await _deny(websocket, 404, "no station has such an id")
        return None
    try:
        async with database.unit() as unit:
            station = await locations.station(unit, station_id)
            fits = await _shows_its_password(unit, station, websocket)
    except UnknownStation as unknown:
        await _remember(websocket, database, station_id)
        await _deny(websocket, 404, str(unknown))
        return None
    except Trouble as trouble:
        await _deny(websocket, 503, str(trouble))
        return None
    if not fits:
        log.warning("station_refused", station=station.id)
        await _deny(websocket, 401, "HTTP Basic: the station's id and its password")
        return None
    dialect = _spoken(websocket, station)
    if dialect is None:
        await websocket.accept()
        await websocket.close(_PROTOCOL_ERROR, f"speak one of: {', '.join(station.protocols)}")
        return None
    return station, dialect


async def _remember(websocket: WebSocket, database: Database, station_id: str) -> None:
    address = websocket.client.host if websocket.client else ""
    protocols = ", ".join(websocket.scope.get("subprotocols", ()))[:255]
    async with database.unit() as unit:
        locations.knocked(unit, station_id, address=address, protocols=protocols)


def _spoken(websocket: WebSocket, station: Station) -> Dialect | None:
    """The first of the station's choice that we speak and that it may use here."""
    for offered in websocket.scope.get("subprotocols", ()):
        if offered in DIALECTS and offered in station.protocols:
            return DIALECTS[offered]
    return None


async def _shows_its_password(unit: Unit, station: Station, websocket: WebSocket) -> bool:
    """HTTP Basic (OCPP-J 1.6 §6.2.2); a station of security profile 0 needs none, one of profile 3 a certificate."""
    if station.security_profile == 0:
        return True
    if station.security_profile > _BASIC_PROFILES:
        return False
    scheme, _, encoded = websocket.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return False
    if name != station.id.encode():
        return False
    for spelt in _spellings(password):
        if await locations.password_fits(unit, station.id, spelt):
            return True
    return False


def _spellings(password: bytes) -> list[str]:
    """A key of 20 raw bytes is written down as hexadecimal digits, in either case."""
    try:
        return [password.decode()]
    except UnicodeDecodeError:
        return [password.hex(), password.hex().upper()]


async def _deny(websocket: WebSocket, status: int, why: str) -> None:
    """Answer the handshake with plain HTTP."""
    headers = {"WWW-Authenticate": 'Basic realm="ocpp"'} if status == 401 else {}
    await websocket.send_denial_response(Response(why, status_code=status, headers=headers, media_type="text/plain"))

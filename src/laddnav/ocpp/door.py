"""The door of the installation for stations: who is let in, and with what words everybody else is sent away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from cryptography import x509
from starlette.responses import Response
from starlette.websockets import WebSocket

from laddnav.db.together import Together
from laddnav.db.unit import Database, Unit
from laddnav.kit.notes import Note
from laddnav.kit.refusal import Trouble
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NotAStationId, UnknownStation, checked_station_id
from laddnav.ocpp import store
from laddnav.ocpp.leaving import again_in
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.security.proving import Known, Proof, Shown, proof
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS

log = structlog.get_logger()

FREE_FAILURES = 10  # a station with a wrong password tries often; from here on each failure doubles the wait
GUESSERS_MAX = 10_000
FORGOTTEN_AFTER = 3600.0  # seconds
_PROTOCOL_ERROR = 1002  # RFC 6455 §7.4.1


class Guard:
    """Counts wrong passwords by who says them to which station, so that guessing is slow and costs us nothing.

    Kept in memory only: a restart forgets it, and so does an hour without guesses.
    """

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}

    def waits(self, who: tuple[str, str], now: float) -> bool:
        return now < self._failures.get(who, (0, 0.0))[1]

    def failed(self, who: tuple[str, str], now: float) -> None:
        if len(self._failures) >= GUESSERS_MAX:
            self._failures = {one: kept for one, kept in self._failures.items() if now < kept[1]}
        before, until = self._failures.get(who, (0, now))
        many = 1 if until + FORGOTTEN_AFTER < now else before + 1
        doublings = min(max(many - FREE_FAILURES, 0), 6)
        self._failures[who] = (many, now + (1 << doublings) if doublings else now)

    def let_in(self, who: tuple[str, str]) -> None:
        self._failures.pop(who, None)


async def let_in(
    websocket: WebSocket, database: Database, together: Together, guard: Guard
) -> tuple[Station, Dialect] | None:
    """The station and the version that it speaks, not yet accepted; None after it was sent away.

    Who knocks at the same time is looked up `together`.

    404 for an unknown id, which is put on the waiting list; 401 for who does not prove what its security profile asks,
    and 429 for many that do not; no subprotocol in common is told by a handshake without one that is closed at once
    (OCPP-J 1.6 §3.2).
    """
    now = asyncio.get_running_loop().time
    station_id = str(websocket.path_params["station_id"])
    who = (websocket.client.host if websocket.client else "", station_id)
    try:
        checked_station_id(station_id)
        if guard.waits(who, now()):
            await _deny(websocket, 429, "too many wrong passwords; wait a minute")
            return None
        shown = _shown(websocket)
        known = await together.run(lambda unit: _known(unit, station_id, shown))
    except NotAStationId:
        await _deny(websocket, 404, "no station has such an id")
        return None
    except UnknownStation as unknown:
        await _remember(websocket, database, station_id)
        await _deny(websocket, 404, str(unknown))
        return None
    except Trouble as trouble:
        await come_later(websocket, trouble)
        return None
    station, proved = known.station, await proof(shown, known)
    if proved is None:
        guard.failed(who, now())
        why = noted(NoteKind.PROFILE_ASKED_FOR, profile=station.security_profile)
        await _note(database, station, why)
        await _deny(websocket, 401, why.text, **{"WWW-Authenticate": 'Basic realm="ocpp"'})
        return None
    guard.let_in(who)
    dialect = _spoken(websocket, station)
    if dialect is None:
        why = noted(NoteKind.SPEAK_ONE_OF, protocols=", ".join(station.protocols))
        await _note(database, station, why)
        await websocket.accept()
        await websocket.close(_PROTOCOL_ERROR, why.text)
        return None
    return await _settled(database, station, proved), dialect


def _shown(websocket: WebSocket) -> Shown:
    """TLS is ours, or that of a proxy that is trusted to say so; a certificate was verified by our own port."""
    tls = websocket.scope.get("extensions", {}).get("tls", {})
    chain = tls.get("client_cert_chain", ())
    return Shown(
        encrypted=websocket.scope["scheme"] == "wss",
        authorization=websocket.headers.get("authorization", ""),
        certificate=x509.load_pem_x509_certificate(chain[0].encode()) if chain else None,
    )


async def _known(unit: Unit, station_id: str, shown: Shown) -> Known:
    """Raises UnknownStation."""
    station, passwords = await locations.at_the_door(unit, station_id)
    if station.moved_at is not None:  # it may wait among strangers until somebody takes it in again
        raise UnknownStation(station_id)
    if shown.certificate is None:
        return Known(station=station, passwords=passwords)
    return Known(
        station=station,
        passwords=passwords,
        authorities=await store.authorities.of(unit, station.holder),
        revoked=await store.certificates.revoked(unit, station.holder, station_id),
    )


async def _settled(database: Database, station: Station, proved: Proof) -> Station:
    """Who came with what it was told has it from now on, and nothing before it opens any more (A05.FR.07)."""
    higher = proved.profile == station.security_profile_next
    short = station.password_short if proved.password_is_short is None else proved.password_is_short
    if not higher and not proved.password_is_new and short is station.password_short:
        return station
    async with database.unit() as unit:
        if higher:
            locations.settle_profile(unit, station, taken=True)
        if proved.password_is_new:
            locations.settle_password(unit, station, taken=True)
        if short is not station.password_short:
            locations.note_password(unit, station, short=short)
        return await locations.station(unit, station.id)


async def _remember(websocket: WebSocket, database: Database, station_id: str) -> None:
    address = websocket.client.host if websocket.client else ""
    protocols = ", ".join(websocket.scope.get("subprotocols", ()))[:255]
    async with database.unit() as unit:
        locations.knocked(unit, station_id, address=address, protocols=protocols)


async def _note(database: Database, station: Station, why: Note) -> None:
    """Who looks for a Station that is silent finds it there; without a database, nobody looks."""
    with suppress(Trouble):
        async with database.unit() as unit:
            locations.refused(unit, station.id, why)


def _spoken(websocket: WebSocket, station: Station) -> Dialect | None:
    """The first of the station's choice that we speak and that it may use here."""
    for offered in websocket.scope.get("subprotocols", ()):
        if offered in DIALECTS and offered in station.protocols:
            return DIALECTS[offered]
    return None


async def come_later(websocket: WebSocket, trouble: Trouble | None = None) -> None:
    """There is no room, this process ends, or there is trouble, of which strangers hear no more than that."""
    if trouble is not None:
        log.warning("station_not_let_in", why=str(trouble))
    why = "no room now; come again" if trouble is None else "not now; come again"
    seconds = again_in(str(websocket.path_params["station_id"]))
    await _deny(websocket, 503, why, **{"Retry-After": str(seconds)})


async def _deny(websocket: WebSocket, status: int, why: str, **headers: str) -> None:
    """Answer the handshake with plain HTTP."""
    told = {"station": str(websocket.path_params["station_id"])[:255], "encrypted": websocket.scope["scheme"] == "wss"}
    log.info("station_denied", status=status, why=why, **told)
    await websocket.send_denial_response(Response(why, status_code=status, headers=headers, media_type="text/plain"))

"""What Stations noticed that may be an attack: kept, and shown until somebody has seen what is critical."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.model import Outcome
from laddnav.ocpp.security.model import SecurityEvent
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.security import SecurityNoticed

# What the tables of security events call not critical (OCPP 2.0.1 appendices 1; OCPP 1.6 security whitepaper). Whatever
# stands in no table of theirs is somebody's own, and looked at.
_HARMLESS = frozenset(
    {
        "AttemptedReplayAttacks",
        "CentralSystemFailedToAuthenticate",
        "CsmsFailedToAuthenticate",
        "FailedToAuthenticateAtCentralSystem",
        "FailedToAuthenticateAtCsms",
        "InvalidMessages",
        "ReconfigurationOfSecurityParameters",
    }
)


async def hear(unit: Unit, station: Station, noticed: SecurityNoticed) -> Outcome:
    """A04.FR.02, A04.FR.03: kept once, however often it is told."""
    store.security.keep(unit, station, noticed, critical=noticed.kind not in _HARMLESS)
    return Outcome(Noted())


async def noticed(
    unit: Unit,
    holder: PartyId | None = None,
    station_id: str | None = None,
    *,
    unseen: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[SecurityEvent]:
    """Newest first; `unseen` are the critical ones that nobody has looked at."""
    return await store.security.of(unit, holder, station_id, unseen=unseen, before=before, limit=limit)


async def see(unit: Unit, station: Station, by: str, until: int | None = None) -> int:
    """What this Station noticed up to this event, or all, was looked at; how many were not before."""
    return await store.security.see(unit, station.holder, station.id, by, until)

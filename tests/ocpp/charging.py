"""A car that charges at a station which follows profiles: who limits it, who answers, and what it then may draw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import calls, fallbacks, store
from laddnav.ocpp.wire.variables import Variable, VariableName
from laddnav.scheduling.held import Obeyed
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import LimitsAnswered, LimitsChanged, LimitsRequested
from laddnav.sessions.model import Session
from laddnav.sites.events import FallbackWanted
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.following import Following
from tests.ocpp.managed import Managed, managed
from tests.things import US

EMSP = PartyId("DE", "8AC")
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
LEASE = timedelta(minutes=10)


async def nobody(database: Database, event: Event) -> None:
    """Else events would not be kept for anybody."""


HEARS: Mapping[type[Event], Sequence[Listener]] = {
    LimitsRequested: [calls.limits_requested],
    LimitsAnswered: [nobody],
    LimitsChanged: [nobody],
    FallbackWanted: [fallbacks.wanted],
}


def amperes(
    *limits: tuple[float, float], at: datetime | None = None, lasts: timedelta | None = None
) -> ChargingProfile:
    """(minutes after its start, rate)."""
    return ChargingProfile(
        unit=RateUnit.AMPERE,
        started_at=at,
        duration=lasts,
        limits=tuple(ProfileLimit(timedelta(minutes=after), Decimal(str(rate))) for after, rate in limits),
    )


class Car:
    """One that charges at a station which follows profiles."""

    def __init__(self, database: Database, station: Managed, following: Following) -> None:
        self.database, self.station, self.following = database, station, following

    async def session(self) -> Session:
        async with self.database.unit() as unit:
            (only,) = await sessions.page(unit, US)
        return only

    async def limit(
        self, profile: ChargingProfile, by: PartyId = US, request: str = "1", phases: int | None = None
    ) -> str:
        """How the Station answered, or whoever speaks for it."""
        session = await self.session()
        async with self.database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, profile, by=by, request=request, phases=phases)
        return await self.answered(request)

    async def clear(self, by: PartyId, request: str) -> str:
        session = await self.session()
        async with self.database.unit() as unit:
            await limiting.clear_limits(unit, US, session.id, by=by, request=request)
        return await self.answered(request)

    async def answered(self, request: str) -> str:
        said: list[str] = []

        async def heard() -> bool:
            await drain(self.database)
            said[:] = [one["result"] for one in await events(self.database) if one.get("request") == request]
            return bool(said)

        await until(heard)
        return said[-1]

    async def read_back(self) -> Obeyed:
        async def done() -> bool:
            await drain(self.database)
            found = (await self.session()).read_back
            return found is not None and not found.due

        await until(done)
        found = (await self.session()).read_back
        assert found is not None
        return found.obeyed

    def told(self) -> list[dict[str, Any]]:
        return self.station.asked_for("SetChargingProfile")


async def events(database: Database, kind: str = "LimitsAnswered") -> list[dict[str, Any]]:
    async with database.unit() as unit:
        rows = await unit.fetch("select body from event where kind = $1 order by id", kind)
    return [json.decode(row["body"], dict[str, Any]) for row in rows]


@asynccontextmanager
async def on_the_line(
    url: str, database: Database, following: Following, protocol: str, said: Mapping[str, str] | None = None
) -> AsyncIterator[Managed]:
    """Booted; `said` are variables that it has told."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=(protocol,), on_connect="none"))
        station = await locations.station(unit, "ST1")
        known = [Variable(name=VariableName(name=name), value=value) for name, value in (said or {}).items()]
        store.variables.keep(unit, station, known, None)
    async with managed(url, protocol, following.answers) as one:
        await one.boot()
        yield one


@asynccontextmanager
async def charging(
    url: str, database: Database, following: Following, protocol: str = "ocpp1.6", said: Mapping[str, str] | None = None
) -> AsyncIterator[Car]:
    async with on_the_line(url, database, following, protocol, said) as station:
        await begin(station, following.clock)
        yield Car(database, station, following)


async def begin(station: Managed, clock: SetClock) -> None:
    at = rfc3339(clock.now())
    if station.protocol == "ocpp1.6":
        await station.say("StartTransaction", connector_id=1, id_tag="CARD1", meter_start=0, timestamp=at)
        return
    await station.say(
        "TransactionEvent",
        event_type="Started",
        timestamp=at,
        trigger_reason="Authorized",
        seq_no=0,
        transaction_info={"transaction_id": "T-1", "charging_state": "Charging"},
        id_token={"id_token": "CARD1", "type": "ISO14443"},
        evse={"id": 1, "connector_id": 1},
    )


async def want_fallback(database: Database, amps: str | None) -> None:
    async with database.unit() as unit:
        unit.announce(FallbackWanted(holder=US, site_id="S1", station_id="ST1", evse_no=1, amps=amps))
    await drain(database)

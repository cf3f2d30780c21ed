"""Our own installations under test: a CPO with a street of places and a station, and an eMSP with cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from laddnav.db.events import Event
from laddnav.db.unit import Listener
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status as EvseStatus
from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import TESTED_AS
from laddnav.ocpi.conform.run import Order, listening, run
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Invitation
from laddnav.parties.model import Role
from laddnav.reconciliation import actions as reconciliation
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import LimitsRequested
from laddnav.sessions.model import Session, Status
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TariffText
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey, TokenType, Whitelist
from tests import things
from tests.clock import SetClock
from tests.databases import Databases
from tests.ocpi.conform import others, plenty
from tests.ocpi.conform.others import TESTER
from tests.ocpi.furnishing import furnished
from tests.ocpi.network import CPO, EMSP, HEARS, Installation, installed

SEVERAL = 4
Hears = Mapping[type[Event], Sequence[Listener]]


@asynccontextmanager
async def street(databases: Databases, clock: SetClock) -> AsyncIterator[tuple[Installation, Installation]]:
    """(a CPO, an eMSP), which know nobody yet."""
    async with databases.lend() as one, databases.lend() as other:
        hears: Hears = {**HEARS, LimitsRequested: [others.follows]}
        async with (
            installed(one, clock, CPO, Role.CPO, hears=hears) as cpo,
            installed(other, clock, EMSP, Role.EMSP) as emsp,
        ):
            await furnished(cpo)
            async with cpo.database.unit() as unit:
                for number in range(2, 2 + SEVERAL):
                    evse = things.evse(f"EVSE{number}0", last_updated=clock.advance(timedelta(minutes=1)))
                    place = things.location(f"LOC{number}", CPO, evses=(evse,), last_updated=clock.now())
                    await locations.keep(unit, CPO, place)
                await locations.keep(unit, CPO, plenty.place(clock.now()))
                await locations.keep(unit, CPO, plenty.hidden_place(clock.now()))
                await tariffs.keep(unit, CPO, plenty.tariff(clock.now()))
            async with emsp.database.unit() as unit:
                await tokens.keep(unit, EMSP, plenty.card(clock.now()))
                for number in range(SEVERAL):
                    at = clock.advance(timedelta(minutes=1))
                    await tokens.keep(unit, EMSP, things.token(f"CARD{number}", EMSP, last_updated=at))
                app = things.token("APP1", EMSP, type=TokenType.APP_USER, whitelist=Whitelist.NEVER)
                await tokens.keep(unit, EMSP, app)
            for issuer in (cpo, emsp):
                async with issuer.database.unit() as unit:
                    for invoice in ("2026-1", "2026-2"):
                        await reconciliation.issue(
                            unit, issuer.holder, receiver=TESTER, cpo=CPO, invoice_id=invoice, cdrs=("C1", "C2")
                        )
            yield cpo, emsp


class Run(NamedTuple):
    """Which of our parties is tested, in which version, and as whom: HUB is somebody whom it deals with, behind one."""

    version: str
    role: Role
    our_role: str

    @property
    def name(self) -> str:
        usual = self.our_role == TESTED_AS[self.role][0]
        return f"{self.version} {self.role}{'' if usual else f' as {self.our_role}'}"


async def conformed(one: Installation, clock: SetClock, asked: Run) -> Record:
    """What is said when `laddnav conform` is pointed at this installation, which lives meanwhile."""
    first = await _invited(one, asked)
    order = Order(
        versions_url=first.versions_url,
        token=first.token,
        our_role=asked.our_role,
        their_role=asked.role.value,
        version=asked.version,
        second=(await _invited(one, asked)).token if asked.role is Role.HUB else None,
        party=(TESTER.country, TESTER.party),
        evse=("LOC1", "EVSE1") if asked.role is Role.CPO and asked.our_role != "SCSP" else None,
    )
    started = asked.role is Role.CPO and asked.our_role != "SCSP"
    async with AsyncExitStack() as life:
        station = life.enter_context(beside(_charge(one, clock))) if started else None
        if asked.role in (Role.HUB, Role.PTP):
            await life.enter_async_context(others.delivering(one))

        async def meanwhile(talk: Conversation) -> None:
            if station is not None:
                async with asyncio.timeout(20):
                    await station
            if asked.role in (Role.CPO, Role.EMSP):
                await _something_changes(one, clock)
            if (asked.role, asked.our_role) == (Role.CPO, "PTP"):
                await others.says_of_terminals(one)
            if (asked.role, asked.our_role) == (Role.CPO, "SCSP"):
                before = talk.record.exchanges[-1].number
                await life.enter_async_context(others.limited_charge(one))
                # It is told beside us, which `settle` does not wait for.
                assert await talk.counterpart.heard("their PUT sessions", 20, after=before) is not None
            if asked.role in others.ACTS and talk.dialect.routes:
                await others.ACTS[asked.role](others.Actor(one, clock, talk))
            if asked.role is Role.PTP:
                life.enter_context(beside(others.captures(one, f"pp-{talk.ours.mark}")))
            await one.settle()
            await one.pull()

        door, port = await life.enter_async_context(listening("127.0.0.1", 0))
        return await run(order, f"http://127.0.0.1:{port}", clock, door.put, meanwhile=meanwhile)


async def _invited(one: Installation, asked: Run) -> Invitation:
    holder = one.holder if asked.role is one.role else others.PARTIES[asked.role]
    role = Role(asked.our_role)
    async with one.database.unit() as unit:
        return await partners.invite(
            unit, one.settings, holder, asked.role, name="tester", version=asked.version, theirs=role
        )


@contextmanager
def beside(work: Coroutine[Any, Any, None]) -> Iterator[asyncio.Task[None]]:
    """Under way until everything is over."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()


async def _something_changes(one: Installation, clock: SetClock) -> None:
    clock.advance(timedelta(minutes=1))
    async with one.database.unit() as unit:
        if one.role is Role.CPO:
            place = await locations.fetch(unit, CPO, CPO, "LOC2")
            works = place.evses[0].status is EvseStatus.AVAILABLE
            status = EvseStatus.OUTOFORDER if works else EvseStatus.AVAILABLE
            await locations.report_status(unit, CPO, CPO, "LOC2", "EVSE20", status, clock.now())
            renamed = things.location("LOC9", CPO, name=clock.now().isoformat(), evses=(things.evse("EVSE90"),))
            await locations.keep(unit, CPO, replace(renamed, last_updated=clock.now()))
            told = TariffText("en", f"Said at {clock.now():%H:%M}")
            await tariffs.keep(unit, CPO, replace(plenty.tariff(clock.now()), texts=(told,)))
        else:
            card = await tokens.fetch(unit, EMSP, TokenKey(EMSP, TokenType.RFID, "CARD1"))
            await tokens.keep(unit, EMSP, replace(card, valid=not card.valid, last_updated=clock.now()))


async def _charge(cpo: Installation, clock: SetClock) -> None:
    """The station: starts what it is asked to start, charges for an hour, and ends."""
    session = await _asked_for(cpo)
    async with cpo.database.unit() as unit:
        await sessions.answer_start(unit, CPO, session.id, "ACCEPTED")
    await cpo.settle()
    clock.advance(timedelta(seconds=30))
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token(session.token.uid, TESTER))
        await sessions.begin(
            unit, station=station, evse_no=1, uid=session.token.uid, given=given, at=unit.now, register=wh(0)
        )
    await cpo.settle()
    clock.advance(timedelta(hours=1))
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(11_000), reason="Remote")
    await cpo.settle()


async def _asked_for(cpo: Installation) -> Session:
    while True:
        async with cpo.database.unit() as unit:
            waiting = await sessions.page(unit, CPO, statuses=[Status.PENDING])
        if waiting:
            return waiting[0]
        await asyncio.sleep(0.02)

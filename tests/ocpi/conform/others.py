"""The other roles under test, all on one installation of ours, and what each does of itself while it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from laddnav.cdrs import actions as cdrs
from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations import actions as locations
from laddnav.ocpi.commands import commands, limited
from laddnav.ocpi.commands.profiled import CAPABLE
from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Policy, Shares
from laddnav.ocpi.payments import paying
from laddnav.ocpi.wire.handshake import State
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.payments import actions as payments
from laddnav.payments.model import CaptureStatus, Confirmation, InvoiceCreator, Terminal
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import LimitsRequested
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenKey, TokenType
from tests import things
from tests.clock import SetClock
from tests.ocpi.commands.test_while_it_charges import begun
from tests.ocpi.network import CPO, EMSP, Installation, befriended, stranger

TESTER = PartyId("NL", "LNC")
PARTIES = {
    Role.NSP: PartyId("DE", "MAP"),
    Role.NAP: PartyId("SE", "NAP"),
    Role.SCSP: PartyId("DE", "SCP"),
    Role.PTP: PartyId("AT", "PAY"),
    Role.OTHER: PartyId("FR", "ELS"),
    Role.HUB: PartyId("DE", "HUB"),
}
LIMIT = ChargingProfile(
    unit=RateUnit.WATT, duration=timedelta(hours=1), limits=(ProfileLimit(timedelta(), Decimal(3700)),)
)


async def settled(one: Installation) -> None:
    """Each of these on it, and what the access point has collected."""
    async with one.database.unit() as unit:
        for role, holder in PARTIES.items():
            party = things.party(holder, ref=unit.new_id(), roles=(role,), name=f"Company {holder}")
            await parties.add(unit, party)
    await _tell_the_access_point(one, await _operator(one), "COLLECTED")


@asynccontextmanager
async def delivering(one: Installation) -> AsyncIterator[None]:
    """What it has to tell is told as it comes, as by the jobs of a server."""

    async def deliver() -> None:
        while True:
            await one.settle()
            await asyncio.sleep(0.05)

    work = asyncio.create_task(deliver())
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


class Actor(NamedTuple):
    """What one of them does of itself, with what it was told by the tester."""

    one: Installation
    clock: SetClock
    talk: Conversation

    async def limits_a_charge(self) -> None:
        """Sets a limit, asks what limits the charge, and takes it back."""
        by, id = (self.one.database, self.one.clients, PARTIES[Role.SCSP]), f"S-{self.talk.ours.mark}"
        await limited.set_profile(*by, owner=TESTER, session_id=id, profile=LIMIT)
        await limited.active_profile(*by, owner=TESTER, session_id=id, duration=timedelta(minutes=15))
        await limited.clear_profile(*by, owner=TESTER, session_id=id)

    async def starts_a_charge(self) -> None:
        """With a card of its own, at the place that it was told of."""
        async with self.one.database.unit() as unit:
            card = await tokens.fetch(unit, EMSP, TokenKey(EMSP, TokenType.RFID, "CARD0"))
        place = self.talk.ours.location()
        by = (self.one.database, self.one.clients, EMSP)
        await commands.start_session(*by, token=card, owner=TESTER, location_id=place["id"])

    async def takes_money(self) -> None:
        """Starts a charge at a terminal; what it captured follows once the CDR is there."""
        holder = PARTIES[Role.PTP]
        async with self.one.database.unit() as unit:
            installed = [one for one in await payments.terminals(unit, holder) if one.terminal.location_ids]
        if not installed:
            return
        place = self.talk.ours.location()
        where = EvseRef(place["id"], place["evses"][0]["uid"])
        reference = f"pp-{self.talk.ours.mark}"
        await paying.start(
            self.one.database,
            self.one.clients,
            installed[0].ref,
            cpo=TESTER,
            where=where,
            connector_id="1",
            reference=reference,
        )

    async def tells_on(self) -> None:
        """An operator tells the access point of another place."""
        self.clock.advance(timedelta(minutes=1))
        await _tell_the_access_point(self.one, await _operator(self.one), f"NEW{self.clock.now():%H%M%S}")


Act = Callable[[Actor], Awaitable[None]]
ACTS: dict[Role, Act] = {
    Role.EMSP: Actor.starts_a_charge,
    Role.SCSP: Actor.limits_a_charge,
    Role.PTP: Actor.takes_money,
    Role.NAP: Actor.tells_on,
}


async def captures(one: Installation, reference: str) -> None:
    """As soon as there is a CDR of that charge."""
    holder = PARTIES[Role.PTP]
    while True:
        async with one.database.unit() as unit:
            if await cdrs.of_authorization(unit, holder, reference) is not None:
                captured = Confirmation(
                    owner=holder,
                    id=f"F-{reference}",
                    authorization_reference=reference,
                    total=Price(Decimal(4), (TaxAmount("VAT", Decimal(1)),)),
                    currency="EUR",
                    eft_data=("Mastercard", "Amount: EUR 5.00"),
                    status=CaptureStatus.SUCCESS,
                    last_updated=unit.now,
                )
                await payments.confirm(unit, captured)
                return
        await asyncio.sleep(0.02)


async def says_of_terminals(cpo: Installation) -> None:
    """A CPO has one activated, and says of another what it serves, how it is known and that it is given up."""
    async with cpo.database.unit() as unit:
        came = Terminal(owner=TESTER, id="Serial 1", reference="Serial 1", last_updated=unit.now)
        await paying.activate(unit, CPO, TESTER, came)
    await cpo.pull()
    async with cpo.database.unit() as unit:
        one = next(one for one in await payments.terminals(unit, CPO) if one.terminal.id.endswith("-0"))
        await payments.assign(unit, one.ref, location_ids=("LOC2",), evse_uids=())
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await payments.describe(
            unit,
            one.ref,
            customer_reference="Ours",
            invoice_base_url="https://lad.example/i",
            invoice_creator=InvoiceCreator.CPO,
        )
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await payments.deactivate(unit, one.ref)
    await cpo.settle()


@asynccontextmanager
async def limited_charge(cpo: Installation) -> AsyncIterator[None]:
    """Somebody charges whom the tester may limit."""
    async with cpo.database.unit() as unit:
        known = await partners.connections(unit, CPO)
        tester = next(one for one in known if one.party == TESTER and one.state is State.CONNECTED)
        await policies.adapt(unit, tester.ref, Policy(shares=Shares(smart_charging=True)))
        able = things.evse("EVSE1", capabilities=(CAPABLE,), last_updated=unit.now)
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=(able, things.evse("EVSE2"))))
    session = await begun(cpo)
    async with delivering(cpo):
        yield
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(1000), reason="Local")


async def follows(database: Database, asked: LimitsRequested) -> None:
    """A station that does whatever it is asked, and tells what it follows as its CPO supposes."""
    async with database.unit() as unit:
        await limiting.answer_limits(unit, asked.holder, asked.session_id, asked.what, "ACCEPTED", None, asked.request)


async def _operator(one: Installation) -> str:
    """The token of somebody else's CPO, which the access point knows."""
    return await befriended(one, CPO, Role.CPO, holder=PARTIES[Role.NAP], our_role=Role.NAP)


async def _tell_the_access_point(one: Installation, token: str, id: str) -> None:
    url = f"{one.url}/ocpi/nap/2.2.1"
    codecs = VERSIONS["2.2.1"].codecs
    place = things.location(id, CPO, evses=(things.evse(f"{id}-1"),))
    price = things.tariff(id, CPO)
    async with stranger(token) as ask:
        for kind, thing in (("locations", place), ("tariffs", price)):
            answer = await ask("PUT", f"{url}/{kind}/SE/LAD/{id}", codecs[type(thing)].encode(thing))
            assert answer.status == 1000, answer.words

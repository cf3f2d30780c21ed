"""A hub of ours with clients and a log, and a terminal with a capture, for whoever looks at their pages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.hub import settlement
from laddnav.ocpi.hub.model import Counted
from laddnav.ocpi.hub.rules import paired
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.handshake import CredentialsRole, State
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.payments import actions as payments
from laddnav.payments.model import CaptureStatus, Confirmation, Installed, Terminal
from tests import things
from tests.billing.charges import cdr
from tests.clock import SetClock
from tests.things import US

HUB, CPO, EMSP, GONE = (PartyId.parse(text) for text in ("DE*HUB", "SE*CPO", "NL*TNM", "NO*OLD"))
PROVIDER = PartyId("AT", "PAY")


async def run_hub(database: Database, clock: SetClock, requests: int = 3) -> str:
    """Its ref. A CPO that is connected and an eMSP that is away, one that is gone and one that was invited only.

    The CPO's first request was refused, all others of both were granted; the two are kept apart in one module.
    """
    async with database.unit() as unit:
        hub = things.party(HUB, ref=unit.new_id(), roles=(Role.HUB,), name="Roaming Hub")
        await parties.add(unit, hub)
        for party, role, status in (
            (CPO, Role.CPO, ClientStatus.CONNECTED),
            (EMSP, Role.EMSP, ClientStatus.OFFLINE),
            (GONE, Role.CPO, ClientStatus.SUSPENDED),
        ):
            client = ClientInfo(party=party, role=role, status=status, last_updated=unit.now)
            store.hub.put_client(unit, HUB, HUB, client)
        settings = Settings(public_url="https://hub.example", key=bytes(32))
        await partners.invite(unit, settings, HUB, Role.HUB, name="Coming Soon")
        made = await partners.invite(unit, settings, HUB, Role.HUB, name="Norrsken")
        await _registered(unit, made.connection_id)
        await settlement.keep_apart(unit, HUB, paired(CPO, EMSP, "tokens"))
    for number in range(requests):
        clock.advance(timedelta(seconds=1))
        async with database.unit() as unit:
            store.hub.count(
                unit,
                Counted(
                    holder=HUB,
                    id=unit.new_id(),
                    at=unit.now,
                    asker=EMSP if number % 3 == 1 else CPO,
                    answerer=CPO if number % 3 == 1 else EMSP,
                    module="commands" if number % 3 == 1 else "sessions",
                    method="POST" if number % 3 == 1 else "PUT",
                    way="refused" if number == 0 else "forwarded",
                    bytes_in=1200,
                    bytes_out=90,
                    http=200,
                    status=4003 if number == 0 else 1000,
                    took_ms=21,
                ),
            )
    return hub.ref


async def _registered(unit: Unit, connection_id: str) -> None:
    connection = await partners.fetch(unit, connection_id)
    role = CredentialsRole(role=Role.CPO, party=CPO, business=BusinessDetails("Norrsken"))
    store.connections.update(
        unit,
        replace(connection, state=State.CONNECTED, version="2.2.1", party=CPO, their_role=Role.CPO, roles=(role,)),
    )


async def install_terminal(database: Database, *, captured: bool = True) -> Installed:
    """Of a provider, at LOC1 of ours; with `captured` a charge was paid there."""
    async with database.unit() as unit:
        terminal = Terminal(owner=PROVIDER, id="TERM1", reference="serial-7", last_updated=unit.now)
        await payments.make_known(unit, US, terminal)
        (one,) = await payments.terminals(unit, US)
        await payments.assign(unit, one.ref, location_ids=("LOC1",), evse_uids=("EVSE9",))
        if captured:
            await cdrs.receive(unit, charge(), b"{}")
            await payments.keep_confirmation(unit, US, capture())
        return await payments.terminal_by_ref(unit, one.ref)


def charge(**changes: object) -> Cdr:
    """Of a driver without a contract, who paid at a terminal."""
    one = cdr(id="C-PAID", holder=US, token_owner=PROVIDER)
    place = replace(one.location, id="LOC1", evse_uid="EVSE1", name="Kajen")
    return replace(one, location=place, authorization_reference="pp-1", **changes)


def capture(**changes: object) -> Confirmation:
    fields: dict[str, object] = {
        "owner": PROVIDER,
        "id": "CAP1",
        "authorization_reference": "pp-1",
        "total": Price(Decimal("4.00"), (TaxAmount("VAT", Decimal("1.00"), Decimal(25)),)),
        "currency": "SEK",
        "eft_data": ("A receipt",),
        "status": CaptureStatus.SUCCESS,
        "last_updated": things.LONG_AGO,
    }
    return Confirmation(**fields | changes)  # type: ignore[arg-type]

"""Payment terminals and what was captured at them, between a provider and the CPO at whose places they stand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.kit import json
from laddnav.kit.energy import wh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations import actions as locations
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.asked import NotConnectedTo
from laddnav.ocpi.connections import partners
from laddnav.ocpi.payments import paying
from laddnav.ocpi.sides import SENDER
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from laddnav.payments import actions as payments
from laddnav.payments.model import (
    Captured,
    CaptureStatus,
    Confirmation,
    Installed,
    InvoiceCreator,
    Terminal,
    invoice_url,
)
from laddnav.payments.rules import NothingCharged, NotServed, NotTheirs, OfAnotherCpo
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens.model import Allowed, Authorization, TokenType
from tests import things
from tests.billing.charges import cdr
from tests.clock import SetClock
from tests.ocpi.commands.test_commands import station_says, waiting
from tests.ocpi.furnishing import furnished
from tests.ocpi.network import CPO, EMSP, Ask, Installation, befriended, installed, introduced, stranger
from tests.ocpi.wire.test_examples import CASES

PTP = PartyId("AT", "PAY")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def example(name: str) -> bytes:
    return (CASES / "2.3.0" / "payments" / f"{name}.json").read_bytes()


@pytest.fixture
async def ptp(other_database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(other_database_url, clock, PTP, Role.PTP) as one:
        yield one


@pytest.fixture
async def dealing(cpo: Installation, ptp: Installation) -> None:
    await introduced(cpo, ptp)


@pytest.fixture
async def at_ptp(ptp: Installation) -> AsyncIterator[Ask]:
    """How somebody else's CPO, SE*LAD, asks our provider."""
    async with stranger(await befriended(ptp, CPO, Role.CPO, version="2.3.0")) as ask:
        yield ask


@pytest.fixture
async def from_ptp(cpo: Installation) -> AsyncIterator[Ask]:
    """How somebody else's provider, AT*PAY, asks our CPO."""
    async with stranger(await befriended(cpo, PTP, Role.PTP, version="2.3.0")) as ask:
        yield ask


def terminal(id: str = "T1", **changes: Any) -> Terminal:
    said: dict[str, Any] = {"owner": PTP, "id": id, "last_updated": NOW}
    return Terminal(**said | changes)


def confirmation(id: str = "C1", **changes: Any) -> Confirmation:
    said: dict[str, Any] = {
        "owner": PTP,
        "id": id,
        "authorization_reference": "pp-1",
        "total": Price(Decimal(4), (TaxAmount("VAT", Decimal(1)),)),
        "currency": "SEK",
        "eft_data": ("Mastercard", "Amount: SEK 5.00"),
        "status": CaptureStatus.SUCCESS,
        "last_updated": NOW,
    }
    return Confirmation(**said | changes)


async def terminals(at: Installation) -> list[Installed]:
    async with at.database.unit() as unit:
        return list(await payments.terminals(unit, at.holder))


async def captured(at: Installation) -> list[Captured]:
    async with at.database.unit() as unit:
        return list(await payments.confirmations(unit, at.holder))


async def charged(at: Installation, **changes: Any) -> Cdr:
    one = replace(cdr(holder=at.holder, owner=CPO, token_owner=PTP), authorization_reference="pp-1", **changes)
    async with at.database.unit() as unit:
        await cdrs.receive(unit, one, json.encode(one))
    return one


# Between two of ours --------------------------------------------------------------------------------------------------


async def test_a_terminal_is_made_known_assigned_described_and_given_up(
    dealing: None, cpo: Installation, ptp: Installation, clock: SetClock
) -> None:
    """PAY-001, PAY-004, PAY-006, PAY-010, PAY-012, PAY-014: what it serves, its CPO says, and its provider hears it."""
    async with ptp.database.unit() as unit:
        await payments.introduce(unit, terminal(reference="serial-7", location_ids=("L9",)), CPO)
    await ptp.settle()
    (known,) = await terminals(cpo)
    assert (known.terminal.id, known.terminal.reference, known.terminal.location_ids) == ("T1", "serial-7", ())

    clock.advance(timedelta(minutes=1))
    async with cpo.database.unit() as unit:
        await payments.assign(unit, known.ref, location_ids=("LOC1",), evse_uids=("EVSE9",))
    await cpo.settle()
    (ours,) = await terminals(ptp)
    assert (ours.terminal.location_ids, ours.terminal.evse_uids) == (("LOC1",), ("EVSE9",))
    async with cpo.database.unit() as unit:
        await payments.describe(
            unit,
            known.ref,
            customer_reference="Kajen",
            invoice_base_url="https://lad.example/invoices",
            invoice_creator=InvoiceCreator.CPO,
        )
        await payments.assign(unit, known.ref, location_ids=("LOC2",), evse_uids=())
    await cpo.settle()
    (ours,) = await terminals(ptp)
    assert (ours.terminal.customer_reference, ours.terminal.invoice_creator) == ("Kajen", InvoiceCreator.CPO)
    assert (ours.terminal.location_ids, ours.terminal.evse_uids) == (("LOC2",), ())

    async with cpo.database.unit() as unit:
        await payments.deactivate(unit, known.ref)
    await cpo.settle()
    clock.advance(timedelta(hours=5))
    await cpo.pull()
    assert [one.deactivated_at is None for one in (*await terminals(ptp), *await terminals(cpo))] == [False, False]
    await ptp.clients.journal.flush()
    async with ptp.database.unit() as unit:
        told = await partners.exchanges(unit, await ptp.connection())
    methods = [one.method for one in told if one.direction == "in" and "/payments/" in one.url]
    assert sorted(methods) == ["PATCH", "POST", "PUT"]
    with pytest.raises(NotTheirs):
        async with ptp.database.unit() as unit:
            await payments.assign(unit, ours.ref, location_ids=(), evse_uids=())


async def test_a_terminal_that_came_with_its_station_is_activated_by_its_reference(
    dealing: None, cpo: Installation, ptp: Installation
) -> None:
    """PAY-008, PAY-009: the provider finds it by that, and makes it known with what the CPO said of it."""
    async with ptp.database.unit() as unit:
        await payments.introduce(unit, terminal("STOCK", reference="Serial-7", city="Wien"), CPO)
    await ptp.settle()
    async with cpo.database.unit() as unit:
        for reference in ("serial-7", "serial-8"):
            asked = terminal("-", reference=reference, location_ids=("LOC1",))
            await paying.activate(unit, CPO, PTP, asked)
    await cpo.settle()
    await ptp.settle()
    known = {one.terminal.reference: one.terminal for one in await terminals(cpo)}
    assert set(known) == {"serial-7", "serial-8"}
    assert (known["serial-7"].id, known["serial-7"].city) == ("STOCK", "Wien")
    assert known["serial-8"].id not in ("STOCK", "-")
    assert all(one.location_ids == ("LOC1",) for one in known.values())
    with pytest.raises(NotConnectedTo):
        async with cpo.database.unit() as unit:
            await paying.activate(unit, CPO, EMSP, asked)


async def test_a_capture_is_told_to_the_cpo_that_makes_the_invoice_and_to_no_other(
    dealing: None, cpo: Installation, ptp: Installation, clock: SetClock
) -> None:
    """PAY-011, PAY-015, PAY-026, PAY-028, PAY-029, PAY-036: by the reference of the CDR; again it is put right."""
    with pytest.raises(NothingCharged):
        async with ptp.database.unit() as unit:
            await payments.confirm(unit, confirmation())
    await charged(cpo, invoice_reference_id="pp-1")
    await charged(ptp, invoice_reference_id="pp-1", id="K1", ref="K1")
    for one in (
        confirmation(status=CaptureStatus.FAILED, eft_data=()),
        confirmation(last_updated=NOW + timedelta(minutes=1)),
    ):
        async with ptp.database.unit() as unit:
            await payments.confirm(unit, one)
        await ptp.settle()
    (heard,) = await captured(cpo)
    assert (heard.confirmation.status, heard.confirmation.total) == (CaptureStatus.SUCCESS, confirmation().total)
    async with cpo.database.unit() as unit:
        paid = await payments.charged(unit, heard)
        assert paid is not None and paid.id == "C1"
        assert await payments.eft_data(unit, CPO, ["PP-1"]) == {"pp-1": ("Mastercard", "Amount: SEK 5.00")}


async def test_a_capture_for_a_charge_that_the_provider_invoices_stays_with_it(
    dealing: None, cpo: Installation, ptp: Installation
) -> None:
    """PAY-028, PAY-029."""
    await charged(ptp)
    async with ptp.database.unit() as unit:
        await payments.confirm(unit, confirmation())
    await ptp.settle()
    assert (len(await captured(ptp)), await captured(cpo)) == (1, [])


async def test_what_was_missed_is_fetched_from_both_lists(cpo: Installation, ptp: Installation) -> None:
    """PAY-002, PAY-011: terminals and confirmations, each by its own list, and of this CPO alone."""
    other = PartyId("DE", "OTH")
    async with ptp.database.unit() as unit:
        await payments.introduce(unit, terminal("T1"), CPO)
        await payments.introduce(unit, terminal("T2"), other)
    await charged(ptp)
    async with ptp.database.unit() as unit:
        await payments.confirm(unit, confirmation())
    await ptp.settle()
    await introduced(cpo, ptp)
    await cpo.pull()
    assert [one.terminal.id for one in await terminals(cpo)] == ["T1"]
    assert [one.confirmation.id for one in await captured(cpo)] == ["C1"]
    found = await cpo.connection()
    assert found.endpoint(Module.TERMINALS, SENDER) == f"{ptp.url}/ocpi/ptp/2.3.0/payments/terminals"


async def test_a_driver_pays_at_a_terminal_from_the_price_to_the_invoice(
    dealing: None, cpo: Installation, ptp: Installation, clock: SetClock
) -> None:
    """PAY-021, PAY-023, PAY-024, PAY-025, PAY-026, PAY-027, PAY-028, PAY-029, CMD-048.

    The price is shown first, the amount of the Tariff is reserved, and one reference goes all the way.
    """
    await furnished(cpo)
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(preauthorize_amount=Decimal(60), last_updated=unit.now))
    await cpo.settle()
    async with ptp.database.unit() as unit:
        ref = (await payments.introduce(unit, terminal(), CPO)).ref
        with pytest.raises(NotServed):
            await payments.offer(unit, ref, CPO, things.WHERE, None)
    await ptp.settle()
    (known,) = await terminals(cpo)
    async with cpo.database.unit() as unit:
        await payments.assign(unit, known.ref, location_ids=("LOC1",), evse_uids=())
        base = "https://lad.example/invoices"
        await payments.describe(
            unit, known.ref, customer_reference=None, invoice_base_url=base, invoice_creator=InvoiceCreator.CPO
        )
    await cpo.settle()

    async with ptp.database.unit() as unit:
        offer = await payments.offer(unit, ref, CPO, things.WHERE, None)
    assert (offer.connector_id, offer.preauthorize) == ("1", Decimal(60))
    assert offer.tariff is not None and offer.tariff.id == "T1"
    assert invoice_url(offer.terminal, "pp-1") == "https://lad.example/invoices/pp-1"
    asked = await paying.start(
        ptp.database, ptp.clients, ref, cpo=CPO, where=things.WHERE, connector_id=None, reference="pp-1"
    )
    assert asked.verdict is Verdict.ACCEPTED
    session = await waiting(cpo)
    assert (session.token.owner, session.token.type) == (PTP, TokenType.AD_HOC_USER)
    assert (session.authorization_reference, session.invoice_reference_id) == ("pp-1", "pp-1")
    await station_says(cpo, session, "ACCEPTED")
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token("pp-1", PTP))
        await sessions.begin(unit, station=station, evse_no=1, uid="pp-1", given=given, at=unit.now, register=wh(0))
    await cpo.settle()
    async with ptp.database.unit() as unit:
        (heard,) = await sessions.page(unit, PTP)
    assert heard.authorization_reference == "pp-1"
    stop = await commands.stop_session(ptp.database, ptp.clients, PTP, owner=CPO, session_id=session.id)
    assert stop.verdict is Verdict.ACCEPTED
    clock.advance(timedelta(minutes=30))
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(5), reason="Remote")
    await cpo.settle()

    async with ptp.database.unit() as unit:
        (charge,) = await cdrs.page(unit, PTP)
        assert (charge.authorization_reference, charge.invoice_reference_id) == ("pp-1", "pp-1")
        await payments.confirm(unit, confirmation(last_updated=unit.now))
    await ptp.settle()
    (told,) = await captured(cpo)
    async with cpo.database.unit() as unit:
        paid = await payments.charged(unit, told)
    assert paid is not None and (paid.id, paid.session_id) == (charge.id, session.id)


# As CPO, from somebody else's provider --------------------------------------------------------------------------------


async def test_a_cpo_takes_terminals_as_the_text_has_them(from_ptp: Ask, cpo: Installation) -> None:
    """PAY-012, PAY-013, PAY-016, PAY-017, PAY-035, PAY-036: the id alone will do, and told again it is the same one."""
    url = f"{cpo.url}/ocpi/cpo/2.3.0/payments/terminals"
    id = "452cf8a1-79aa-4a0e-9aee-dc788586053c"
    assert (await from_ptp("GET", f"{url}/{id}")).both == (404, 2000)
    assert (await from_ptp("POST", url, example("example-create-a-minimal-terminal"))).both == (201, 1000)
    read = await from_ptp("GET", f"{url}/{id.upper()}")
    assert read.data == {"terminal_id": id, "last_updated": "2026-11-23T08:00:00Z"}
    assert read.headers["ocpi-to-party-id"] == "PAY"
    later = parsed(example("example-create-a-terminal")) | {"last_updated": "2026-11-23T09:00:00Z", "x_slot": 4}
    assert (await from_ptp("POST", url, encoded(later))).both == (200, 1000)
    (known,) = await terminals(cpo)
    async with cpo.database.unit() as unit:
        await payments.assign(unit, known.ref, location_ids=("LOC1",), evse_uids=())
    await cpo.settle()
    newest = encoded({"terminal_id": id, "city": "Linz", "last_updated": "2026-11-23T10:00:00Z"})
    assert (await from_ptp("POST", url, newest)).both == (200, 1000)
    (known,) = await terminals(cpo)
    assert (known.terminal.city, known.terminal.address, known.terminal.location_ids) == ("Linz", "Street 1", ("LOC1",))
    assert (await from_ptp("GET", f"{url}/{id}")).data["x_slot"] == 4
    for method in ("PUT", "PATCH", "DELETE"):
        assert (await from_ptp(method, f"{url}/{id}", b"{}")).http == 405
    assert (await from_ptp("POST", url, b"[]")).both == (200, 2001)
    assert (await from_ptp("POST", url, encoded({"city": "Linz"}))).both == (200, 2001)


async def test_a_terminal_names_the_cpo_that_it_is_for_or_nobody(from_ptp: Ask, cpo: Installation) -> None:
    """PAY-019: without party and customer reference, it is for whom the request is."""
    url = f"{cpo.url}/ocpi/cpo/2.3.0/payments/terminals"
    for party, both in (("OTH", (404, 2001)), ("LAD", (201, 1000))):
        said = {"terminal_id": "T1", "country_code": "SE", "party_id": party}
        assert (await from_ptp("POST", url, encoded(said))).both == both


async def test_a_cpo_takes_confirmations_and_no_other_provider_sees_them(from_ptp: Ask, cpo: Installation) -> None:
    """PAY-015, PAY-031, PAY-032, PAY-034, PAY-036: one that failed needs no lines for the invoice."""
    url = f"{cpo.url}/ocpi/cpo/2.3.0/payments/financial-advice-confirmations"
    said = parsed(example("example-of-an-unsuccessful-capture-at-the-psp"))
    assert (await from_ptp("POST", url, encoded(said))).both == (200, 2001)  # a price of 2.2.1
    said["total_costs"] = {"before_taxes": 0, "taxes": []}
    assert (await from_ptp("POST", url, encoded(said))).both == (201, 1000)
    said |= {"capture_status_code": "SUCCESS", "eft_data": ["Visa"], "last_updated": "2026-11-23T08:00:00Z"}
    assert (await from_ptp("POST", url, encoded(said))).both == (200, 1000)
    assert (await from_ptp("GET", f"{url}/{said['id']}")).data == said
    (only,) = await captured(cpo)
    assert (only.confirmation.status, only.cpo) == (CaptureStatus.SUCCESS, CPO)
    assert (await from_ptp("GET", url)).http == 405
    async with stranger(await befriended(cpo, PartyId("DE", "OTH"), Role.PTP, version="2.3.0")) as other:
        assert (await other("GET", f"{url}/{said['id']}")).both == (404, 2000)
        forged = said | {"eft_data": ["Forged"], "last_updated": "2026-11-24T08:00:00Z"}
        assert (await other("POST", url, encoded(forged))).both == (201, 1000)  # another object, of another provider
    assert [one.confirmation.eft_data for one in await captured(cpo) if one.confirmation.owner == PTP] == [("Visa",)]


# As provider, from somebody else's CPO --------------------------------------------------------------------------------


async def test_a_provider_lets_its_cpo_change_a_terminal_and_nobody_else(at_ptp: Ask, ptp: Installation) -> None:
    """PAY-002, PAY-003, PAY-004, PAY-006, PAY-007, PAY-010, PAY-016: what is not named stays, in PUT as in PATCH."""
    async with ptp.database.unit() as unit:
        await payments.introduce(unit, terminal(city="Vienna"), CPO)
        await payments.introduce(unit, terminal("T2"), EMSP)
    url = f"{ptp.url}/ocpi/ptp/2.3.0/payments/terminals"
    assert [one["terminal_id"] for one in (await at_ptp("GET", url)).data] == ["T1"]
    assert (await at_ptp("GET", f"{url}?date_from=2026-11-24T00:00:00Z")).data == []
    assert (await at_ptp("GET", f"{url}/t1")).data["city"] == "Vienna"
    assert (await at_ptp("PATCH", f"{url}/T1", example("example-assign-location-ids-to-terminal"))).both == (200, 1000)
    put = {
        "customer_reference": "OMV",
        "invoice_base_url": "https://omv.example/",
        "last_updated": "2021-01-01T00:00:00Z",
    }
    assert (await at_ptp("PUT", f"{url}/T1", encoded(put))).both == (200, 1000)
    said = (await at_ptp("GET", f"{url}/T1")).data
    assert (said["city"], said["customer_reference"], len(said["location_ids"])) == ("Vienna", "OMV", 3)
    assert said["last_updated"] == "2026-11-23T08:00:00Z"
    assert (await at_ptp("PUT", f"{url}/T1", encoded({"terminal_id": "T9"}))).both == (200, 2001)
    stolen = encoded({"country_code": "DE", "party_id": "OTH"})
    assert (await at_ptp("PATCH", f"{url}/T1", stolen)).both == (404, 2001)
    for method, path, body in (
        ("GET", "T2", None),
        ("PUT", "T2", encoded(put)),
        ("PATCH", "T2", b"{}"),
        ("POST", "T2/deactivate", None),
        ("GET", "NONE", None),
        ("POST", "T1/explode", None),
        ("POST", "explode", b"{}"),
    ):
        assert (await at_ptp(method, f"{url}/{path}", body)).http == 404
    assert (await at_ptp("POST", f"{url}/T1/deactivate")).both == (200, 1000)
    assert (await at_ptp("POST", f"{url}/T1/deactivate")).both == (200, 1000)
    assert {one.terminal.id: one.deactivated_at is None for one in await terminals(ptp)} == {"T1": False, "T2": True}


async def test_a_provider_activates_what_a_cpo_asks_for_but_not_what_another_has(
    at_ptp: Ask, ptp: Installation
) -> None:
    """PAY-008: without an id too, but not without an instant."""
    async with ptp.database.unit() as unit:
        await payments.introduce(unit, terminal("T2", reference="of-another"), EMSP)
    url = f"{ptp.url}/ocpi/ptp/2.3.0/payments/terminals/activate"
    said = parsed(example("example-activating-a-terminal-with-basic-data"))
    assert (await at_ptp("POST", url, encoded(said))).both == (201, 1000)
    del said["terminal_id"]
    assert (await at_ptp("POST", url, encoded(said))).both == (201, 1000)
    assert (await at_ptp("POST", url, encoded(said | {"reference": "of-another"}))).both == (404, 2001)
    del said["last_updated"]
    assert (await at_ptp("POST", url, encoded(said))).both == (200, 2001)
    known = {one.terminal.reference: one for one in await terminals(ptp)}
    assert set(known) == {"of-another", "Term-SerialNumber"}
    assert (known["of-another"].cpo, known["Term-SerialNumber"].cpo) == (EMSP, CPO)
    async with ptp.database.unit() as unit:
        with pytest.raises(OfAnotherCpo):
            await payments.introduce(unit, terminal("T3", party=EMSP), CPO)


async def test_a_provider_shows_its_captures_to_the_cpo_of_the_charge(at_ptp: Ask, ptp: Installation) -> None:
    """PAY-011: one by one and as a list."""
    await charged(ptp)
    async with ptp.database.unit() as unit:
        await payments.confirm(unit, confirmation())
    url = f"{ptp.url}/ocpi/ptp/2.3.0/payments/financial-advice-confirmations"
    (listed,) = (await at_ptp("GET", url)).data
    assert (await at_ptp("GET", f"{url}?date_from=2100-01-01T00:00:00Z")).data == []
    assert (await at_ptp("GET", f"{url}/c1")).data == listed
    assert listed["total_costs"] == {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 1}]}
    assert (await at_ptp("GET", f"{url}/C2")).both == (404, 2000)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await at_ptp(method, f"{url}/C1", b"{}")).http == 405
    async with stranger(await befriended(ptp, PartyId("DE", "OTH"), Role.CPO, version="2.3.0")) as other:
        assert (await other("GET", url)).data == []
        assert (await other("GET", f"{url}/C1")).both == (404, 2000)

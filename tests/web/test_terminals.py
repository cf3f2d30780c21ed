"""The pages of payment terminals: where they serve, what was captured there, and what each side does with them."""

from __future__ import annotations

import aiohttp
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.kit.ids import EvseRef
from laddnav.parties import actions as parties
from laddnav.parties.model import Role as PartyRole
from laddnav.payments import actions as payments
from laddnav.payments.model import CaptureStatus, InvoiceCreator
from laddnav.people.model import Role
from tests.things import US, settled
from tests.web.seen import CPO, PROVIDER, capture, charge, install_terminal
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def test_a_terminal_is_shown_with_where_it_serves_and_what_was_captured_there(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """PAY-005, PAY-033: only what was captured where it serves, with its amount and the CDR that it paid for."""
    await settled(site.database)
    await sign_in(client, site, Role.VIEWER)
    assert "No terminals yet" in await read(client, f"{site.url}/terminals")
    one = await install_terminal(site.database)
    elsewhere = replace(charge(), id="C-ELSEWHERE", authorization_reference="pp-2")
    elsewhere = replace(elsewhere, location=replace(elsewhere.location, id="LOC2", evse_uid="EVSE8"))
    async with site.database.unit() as unit:
        await cdrs.receive(unit, elsewhere, b"{ }")
        await payments.keep_confirmation(
            unit, US, capture(id="CAP2", authorization_reference="pp-2", status=CaptureStatus.FAILED, eft_data=())
        )
        await payments.keep_confirmation(unit, US, capture(id="CAP3", authorization_reference="unheard-of"))
        await payments.keep_confirmation(unit, US, capture(id="CAP4", authorization_reference="pp-4"))
        late = replace(charge(), id="C-LATE", authorization_reference="pp-4")
        await cdrs.receive(unit, replace(late, location=elsewhere.location), b"{  }")
        (there,) = await payments.captures_at(unit, one)
    assert there.where == EvseRef("LOC1", "EVSE1")
    listed = await read(client, f"{site.url}/terminals")
    assert all(words in listed for words in ("TERM1", "AT*PAY", "Kajen", "1 EVSE besides", "Captured", "Active"))
    text = await read(client, f"{site.url}/terminals/{one.ref}")
    assert "5.00" in text and "pp-1" in text and "pp-2" not in text and "Change" not in text
    assert "unheard-of" in text and "Its CDR is not here yet" in text and "pp-4" not in text
    every = await read(client, f"{site.url}/terminals/captures")
    assert all(words in every for words in ("pp-1", "pp-2", "Failed", "Its CDR is not here yet"))
    assert "There is no such terminal." in await read(client, f"{site.url}/terminals/x", status=404)


async def test_as_cpo_it_is_assigned_described_and_given_up(site: Site, client: aiohttp.ClientSession) -> None:
    """PAY-004, PAY-006, PAY-010: each time its provider is told."""
    await settled(site.database)
    one = await install_terminal(site.database, captured=False)
    csrf = await sign_in(client, site, Role.OPERATOR)

    async def do(deed: str, **form: str) -> str:
        async with client.post(f"{site.url}/terminals/{one.ref}/{deed}", data={"csrf": csrf, **form}) as answer:
            return await answer.text()

    assert "told what the terminal serves" in await do("assign", location_ids="LOC1, LOC7", evse_uids="")
    assert "told who makes the invoice" in await do(
        "describe", invoice_creator="CPO", invoice_base_url="https://lad.example/i", customer_reference=""
    )
    assert "its provider is told" in await do("deactivate")
    async with site.database.unit() as unit:
        after = await payments.terminal_by_ref(unit, one.ref)
        kinds = [
            row["kind"] for row in await unit.fetch("select kind from event where kind like 'Terminal%' order by id")
        ]
    assert (after.terminal.location_ids, after.terminal.evse_uids) == (("LOC1", "LOC7"), ())
    assert (after.terminal.invoice_creator, after.terminal.customer_reference) == (InvoiceCreator.CPO, None)
    assert after.deactivated_at is not None and "Given up" in await read(client, f"{site.url}/terminals/{one.ref}")
    assert kinds[-3:] == ["TerminalAssigned", "TerminalDescribed", "TerminalDeactivated"]


async def test_as_provider_a_terminal_goes_to_a_cpo_and_a_charge_begins_once_its_price_was_seen(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """PAY-014, PAY-023: and what cannot be paid there is refused before anything starts."""
    await settled(site.database)
    async with site.database.unit() as unit:
        ours = await parties.fetch(unit, US)
        await parties.update(unit, replace(ours, roles=(*ours.roles, PartyRole.PTP)))
    csrf = await sign_in(client, site, Role.OPERATOR)
    form = {"csrf": csrf, "holder": str(US), "cpo": str(CPO), "id": "OURS-1"}
    async with client.post(f"{site.url}/terminals/introduce", data=form) as answer:
        assert "is told of the terminal" in await answer.text()
    async with site.database.unit() as unit:
        (one,) = await payments.terminals(unit, US)
    text = await read(client, f"{site.url}/terminals/{one.ref}")
    assert "Begin a charge" in text and "Its CPO says what it serves" in text
    there = f"{site.url}/terminals/{one.ref}?location=LOC1&evse=EVSE1"
    assert "cannot pay for this EVSE" in await read(client, there, status=422)
    async with client.post(
        f"{site.url}/terminals/{one.ref}/start",
        data={"csrf": csrf, "location_id": "LOC1", "evse_uid": "EVSE1", "reference": "pp-9"},
    ) as answer:
        assert "cannot pay for this EVSE" in await answer.text()
    async with client.post(
        f"{site.url}/terminals/{one.ref}/assign", data={"csrf": csrf, "location_ids": "LOC1"}
    ) as answer:
        assert "Only the CPO that has this terminal" in await answer.text()


async def test_one_that_came_with_a_station_is_asked_of_a_connected_provider_alone(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """PAY-008: without a connection nobody could be asked."""
    await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    assert "One that came with a station" in await read(client, f"{site.url}/terminals/new")
    form = {"csrf": csrf, "holder": str(US), "provider": str(PROVIDER), "reference": "serial-9"}
    async with client.post(f"{site.url}/terminals/activate", data=form) as answer:
        assert "There is no connection to AT*PAY" in await answer.text()

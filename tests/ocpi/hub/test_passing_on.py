"""One request through a hub to one party, and its answer back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.hub.rules import Denial
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, NEW, OLD, SESSION, Street, behind
from tests.ocpi.peer import said


async def test_the_headers_of_each_leg_are_its_own(street: Street) -> None:
    """HUB-002, HUB-013, HUB-015, HUB-016, HUB-017, HUB-018: parties and correlation are those of the ends."""
    street.emsp.takes("/sessions/SE/LAD/S1")
    ids = {"X_Request_ID": "request-1", "X_Correlation_ID": "together"}
    answer = await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", SESSION, EMSP, **ids)
    assert answer.both == (200, 1000)
    there = street.emsp.peer.last("PUT", "/sessions/SE/LAD/S1").headers
    assert (there["ocpi-to-country-code"], there["ocpi-to-party-id"]) == ("NL", "TNM")
    assert (there["ocpi-from-country-code"], there["ocpi-from-party-id"]) == ("SE", "LAD")
    assert there["x-correlation-id"] == "together"
    assert there["x-request-id"] not in ("request-1", "")
    assert "d2hhdC13ZS1zaG93LXRoZW0=" in there["authorization"]
    assert answer.headers["x-request-id"] == "request-1"
    assert answer.headers["x-correlation-id"] == "together"
    assert (answer.headers["ocpi-to-party-id"], answer.headers["ocpi-from-party-id"]) == ("LAD", "TNM")


async def test_what_is_said_is_passed_on_untouched(street: Street) -> None:
    """HUB-006, HUB-019: unknown fields and last_updated too; names of parties are compared without their case."""
    street.emsp.takes("/sessions/SE/LAD/S1")
    heard: list[bytes] = []

    async def keep(request: Request) -> Response:
        heard.append(await request.body())
        return Response(b'{"status_code" : 1000, "data":{"own":1.50},"timestamp":"2026-11-23T08:00:00Z"}')

    street.emsp.peer.answers["/sessions/SE/LAD/S1"] = keep
    words = encoded(SESSION).replace(b'"kwh":', b'"kwh" : ')
    answer = await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", words, PartyId("nl", "tnm"))
    assert heard == [words]
    assert "status_message" not in answer.words
    assert encoded(answer.data) == b'{"own":1.50}'


async def test_a_hub_keeps_nothing_of_bookings_payments_and_invoices(street: Street) -> None:
    """HUB-013, HUB-019: they go to whom they name, and back, as they are; who has no words for them is not asked."""
    passed_on = {
        Module.BOOKINGS: ("receiver/bookings", "/bookings"),
        Module.PAYMENTS: ("receiver/payments/terminals/FR/NEW/T1", "/payments/terminals/FR/NEW/T1"),
        Module.INVOICE_RECONCILIATION: ("receiver/invoicereconciliation", "/invoicereconciliation"),
    }
    heard: list[bytes] = []

    async def keep(request: Request) -> Response:
        heard.append(await request.body())
        return Response(b'{"status_code" : 1000, "data":{"own":1.50},"timestamp":"2026-11-23T08:00:00Z"}')

    async with behind(street.hub, PartyId("DK", "CPO"), Role.CPO, "2.3.0", *passed_on) as cpo:
        for path, there in passed_on.values():
            cpo.peer.answers[there] = keep
            words = encoded({"at": path}).replace(b":", b" : ")
            answer = await street.new.ask("POST", path, words, cpo.party)
            assert (answer.both, encoded(answer.data), heard.pop()) == ((200, 1000), b'{"own":1.50}', words)
            assert (await street.new.ask("POST", path, words, OLD)).both == (200, 4000)
    async with street.hub.database.unit() as unit:
        for table in ("hub_object", "ocpi_words", "booking", "payment_terminal", "reconciliation"):
            assert await unit.value(f"select count(*) from {table}") == 0, table


async def test_what_the_receiver_says_no_to_is_passed_on(street: Street) -> None:
    """HUB-020."""
    for http, status in ((200, 2001), (404, 2003), (200, 3000), (200, 2999), (200, 1001)):
        street.emsp.peer.answers["/sessions/SE/LAD/S1"] = said(http, status, message="as they say it")
        answer = await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", SESSION, EMSP)
        assert (*answer.both, answer.words["status_message"]) == (http, status, "as they say it")


async def test_who_cannot_be_asked_is_answered_for_by_the_hub(street: Street) -> None:
    """HUB-010, HUB-021, HUB-023, HUB-024, HUB-025, HUB-053: in an envelope, with HTTP 200, and in the hub's name."""
    path = "receiver/sessions/SE/LAD/S1"
    unknown = await street.cpo.ask("PUT", path, SESSION, PartyId("XX", "XXX"))
    assert (unknown.both, unknown.headers["ocpi-from-party-id"]) == ((200, 4001), "HUB")
    assert (await street.cpo.ask("PUT", path, SESSION, OLD)).both == (200, 4000)
    street.emsp.peer.answers["/sessions/SE/LAD/S1"] = Response("<html>", 502)
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4000)
    street.emsp.peer.answers["/sessions/SE/LAD/S1"] = said(200, 10**12)
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4000)
    street.emsp.peer.answers["/sessions/SE/LAD/S1"] = said(401, 2000)
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4000)

    await _moved_away(street)
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4003)
    many = len(street.emsp.peer.asked)
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4003)
    assert len(street.emsp.peer.asked) == many


async def test_a_slow_receiver_holds_up_nobody_else(street: Street) -> None:
    """HUB-022: and who waits for it hears of it before it would give up itself."""
    await street.hub.down()
    street.hub.settings = replace(street.hub.settings, call_within=timedelta(seconds=0.4))
    await street.hub.up()
    over = asyncio.Event()

    async def slow(_: Request) -> Response:
        await over.wait()
        return said(200, 1000)

    street.emsp.peer.answers["/sessions/SE/LAD/S1"] = slow
    street.new.takes("/sessions/SE/LAD/S1")
    path = "receiver/sessions/SE/LAD/S1"
    waiting = asyncio.gather(*(street.cpo.ask("PUT", path, SESSION, EMSP) for _ in range(5)))
    session = SESSION | {"cdr_token": SESSION["cdr_token"] | {"country_code": "FR", "party_id": "NEW"}}
    assert (await street.cpo.ask("PUT", path, session, NEW)).both == (200, 1000)
    assert not waiting.done()
    assert {one.both for one in await waiting} == {(200, 4002)}
    over.set()


async def test_nobody_speaks_in_the_name_of_others(street: Street) -> None:
    """HUB-009."""
    headers = {"OCPI_from_party_id": "NEW", "OCPI_from_country_code": "FR"}
    answer = await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", SESSION, EMSP, **headers)
    assert answer.both == (404, 2001)
    foreign = SESSION | {"country_code": "NO", "party_id": "OLD"}
    assert (await street.cpo.ask("PUT", "receiver/sessions/NO/OLD/S1", foreign, EMSP)).both == (404, 2001)
    assert (await street.cpo.ask("POST", "receiver/cdrs", foreign, EMSP)).both == (404, 2001)
    assert street.emsp.peer.asked == []


async def test_a_request_to_nobody_finds_whose_it_is(street: Street) -> None:
    """HUB-037, HUB-040: by the driver of a Session or a CDR, by the owner in the path, of a place or of a Token."""
    street.emsp.takes("/sessions/SE/LAD/S1")
    answer = await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", SESSION)
    assert (answer.both, answer.headers["ocpi-from-party-id"]) == ((200, 1000), "TNM")
    there = street.emsp.peer.last("PUT", "/sessions/SE/LAD/S1").headers
    assert (there["ocpi-to-party-id"], there["ocpi-from-party-id"]) == ("TNM", "LAD")
    change = {"kwh": 2, "last_updated": "2026-11-23T08:01:00Z"}
    assert (await street.cpo.ask("PATCH", "receiver/sessions/SE/LAD/S1", change)).status == 1000
    assert street.emsp.peer.many("PATCH", "/sessions/SE/LAD/S1") == 1

    street.cpo.takes("/sessions/S1/charging_preferences")
    prefers = {"profile_type": "GREEN"}
    assert (await street.emsp.ask("PUT", "sender/sessions/S1/charging_preferences", prefers)).status == 1000
    unknown = await street.emsp.ask("GET", "sender/locations/LOC9")
    assert unknown.both == (200, 4001)
    listed = await street.emsp.ask("GET", "sender/locations")
    assert listed.both == (200, 4001)


async def test_who_was_denied_to_each_other_does_not_meet(street: Street) -> None:
    """HUB-054: it looks as though there were nobody; in one module, or in all."""
    street.emsp.takes("/sessions/SE/LAD/S1")
    async with street.hub.database.unit() as unit:
        store.hub.deny(unit, HUB, Denial(one=EMSP, other=CPO))
    path = "receiver/sessions/SE/LAD/S1"
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 4001)
    async with street.hub.database.unit() as unit:
        assert await store.hub.allow(unit, HUB, Denial(one=CPO, other=EMSP))
    assert (await street.cpo.ask("PUT", path, SESSION, EMSP)).both == (200, 1000)


async def test_what_a_hub_passes_on_is_counted_by_who_asked_whom(street: Street) -> None:
    """The log by which it settles; no bodies."""
    street.emsp.takes("/sessions/SE/LAD/S1")
    for to in (EMSP, EMSP, PartyId("XX", "XXX")):
        await street.cpo.ask("PUT", "receiver/sessions/SE/LAD/S1", SESSION, to)
    await street.hub.clients.journal.flush()
    async with street.hub.database.unit() as unit:
        tallies = await store.hub.tallies(unit, HUB, unit.now - timedelta(days=1), unit.now + timedelta(days=1))
    assert [(one.asker, one.answerer, one.way, one.requests, one.granted) for one in tallies] == [
        (CPO, HUB, "refused", 1, 0),
        (CPO, EMSP, "forwarded", 2, 2),
    ]
    assert tallies[1].bytes_in == 2 * len(encoded(SESSION))


async def _moved_away(street: Street) -> None:
    """To where nobody listens."""
    async with street.hub.database.unit() as unit:
        for one in await store.connections.registered(unit, HUB):
            if EMSP in one.parties:
                moved = tuple(replace(each, url=f"http://127.0.0.1:9/{each.identifier}") for each in one.endpoints)
                store.connections.update(unit, replace(one, endpoints=moved))

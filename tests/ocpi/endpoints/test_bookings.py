"""Bookings between a CPO and an eMSP, on both sides of the module, and with strangers."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding, offering, waiting
from laddnav.bookings.model import (
    AskedFor,
    Booking,
    BookingRequest,
    CanceledReason,
    Cancellation,
    Offering,
    RequestStatus,
    ReservationStatus,
)
from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.commands import booking as asking
from laddnav.ocpi.commands.asked import NotConnectedTo
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Policy, Shares
from laddnav.ocpi.operate import bookings as operate_bookings
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.ocpi.wire.v2_3_0 import codecs as v2_3_0
from laddnav.parties.model import Role
from laddnav.people.api import NotYours
from laddnav.people.model import Role as Operator
from laddnav.people.model import Visitor
from laddnav.reservations import actions as reservations
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import CdrToken
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.bookings import offers
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, stranger

S = ReservationStatus
DRIVER = CdrToken(owner=EMSP, uid="CARD1", type="RFID", contract_id="NL-TNM-CCARD1")
OTHERS = PartyId("DE", "8AC")
BOOKINGS = "ocpi/cpo/2.3.0/bookings"
HEARD = "ocpi/emsp/2.3.0/bookings"
SINCE = "2026-11-23T07:00:00Z"


def said(thing: Any, **changes: Any) -> dict[str, Any]:
    words: dict[str, Any] = parsed(v2_3_0.CODECS[type(thing)].encode(thing))
    return words | changes


def request(begins: float = 10, ends: float = 11, **changes: Any) -> BookingRequest:
    fields = {"asked_by": EMSP, "tokens": (DRIVER,)} | changes
    return offers.request(begins, ends, **fields)


def a_booking(id: str = "BOK1", **changes: Any) -> Booking:
    """One that a CPO may tell of."""
    one = Booking(
        holder=EMSP,
        owner=CPO,
        id=id,
        ref="",
        request_id="RQ1",
        location_id="LOC1",
        tokens=(DRIVER,),
        period=offers.slot(10, 11),
        status=S.RESERVED,
        authorization_reference="AUTH1",
        terms=offers.terms(),
        requests=(_asked_for(request()),),
        last_updated=offers.NINE,
    )
    return replace(one, **changes)


def _asked_for(wanted: BookingRequest) -> AskedFor:
    return AskedFor(status=RequestStatus.ACCEPTED, request=wanted, received_at=offers.NINE)


async def offered(cpo: Installation, *, by_hand: bool = False, **changes: Any) -> Offering:
    """A place with one connected Evse that can be booked."""
    async with cpo.database.unit() as unit:
        evses = (things.evse(capabilities=("RESERVABLE",)),)
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=evses))
        if not await locations.stations(unit, CPO):
            station = await locations.add_station(unit, CPO, "ST1")
            await locations.attach(unit, "ST1", 1, EvseRef("LOC1", "EVSE1"))
            locations.connected(unit, station, process="test", protocol="ocpp1.6")
        return await offering.offer(unit, offers.place(owner=CPO, **changes), by_hand=by_hand)


async def at(database: Database, holder: PartyId, name: str = "RQ1") -> Booking:
    """As one of the two knows it."""
    async with database.unit() as unit:
        found = await bookings.named(unit, holder, CPO, name)
    assert found is not None
    return found


# Two of ours ----------------------------------------------------------------------------------------------------------


async def test_a_booking_is_asked_for_changed_and_fulfilled(pair: Pair, clock: SetClock) -> None:
    """BOOK-004, BOOK-005, BOOK-006, BOOK-007, BOOK-008, BOOK-012, BOOK-016, BOOK-020, BOOK-035.

    The story that the text tells: PENDING, RESERVED, a change, and a charge (OCPI 2.3.0 mod_bookings_make_request).
    """
    cpo, emsp = pair
    await offered(cpo, by_hand=True)
    first = await asking.ask(emsp.database, emsp.clients, CPO, request())
    assert (first.status, first.requests[0].status, first.owner, first.holder) == (S.PENDING, "PENDING", CPO, EMSP)
    ours = await at(cpo.database, CPO)
    async with cpo.database.unit() as unit:
        await deciding.accept(unit, ours.ref)
    await cpo.settle()
    known = await at(emsp.database, EMSP)
    assert (known.status, known.requests[0].status, known.option and known.option.evse_uid) == (
        S.RESERVED,
        "ACCEPTED",
        "EVSE1",
    )
    second = await asking.ask(emsp.database, emsp.clients, CPO, request(12, 13))
    assert (second.id, second.status, [one.status for one in second.requests]) == (
        first.id,
        S.RESERVED,
        ["ACCEPTED", "PENDING"],
    )
    async with cpo.database.unit() as unit:
        await deciding.accept(unit, ours.ref)
    await cpo.settle()
    assert [one.status for one in (await at(emsp.database, EMSP)).requests] == ["ACCEPTED", "ACCEPTED"]
    clock.set(offers.at(12))
    await waiting.look_after(cpo.database)
    async with cpo.database.unit() as unit:
        held = await bookings.by_ref(unit, ours.ref)
        assert held.reservation is not None
        await reservations.answer(unit, CPO, held.reservation, "ACCEPTED", None)
        started = await sessions.request_start(
            unit, holder=CPO, token=DRIVER, evse=EvseRef("LOC1", "EVSE1"), command_id="c1"
        )
        given = things.token("CARD1", EMSP)
        await sessions.begin(
            unit,
            station=await locations.station(unit, "ST1"),
            evse_no=1,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=given, asked=False, reference=None),
            at=unit.now,
            register=wh(0),
        )
    await cpo.settle()
    assert (await at(emsp.database, EMSP)).status is S.FULFILLED
    async with emsp.database.unit() as unit:
        session = await sessions.fetch(unit, EMSP, CPO, started.id)
    assert session.authorization_reference == "AUTH1"
    async with cpo.database.unit() as unit:
        told = await store.deliveries.list_all(unit, await cpo.connection(), 9)
    assert {one.method for one in told if one.module is Module.BOOKINGS} == {"PUT"}


async def test_an_emsp_cancels_as_the_terms_allow_and_a_cpo_at_any_time(pair: Pair, clock: SetClock) -> None:
    """BOOK-009, BOOK-010, BOOK-018, BOOK-028."""
    cpo, emsp = pair
    await offered(cpo)
    traffic = Cancellation(reason=CanceledReason.TRAFFIC, by=Role.EMSP)
    wanted = request()
    assert (await asking.ask(emsp.database, emsp.clients, CPO, wanted)).status is S.RESERVED
    clock.set(offers.at(9.75))
    late = await asking.ask(emsp.database, emsp.clients, CPO, replace(wanted, canceled=traffic))
    assert (late.status, late.requests[-1].status, late.canceled) == (S.RESERVED, "DECLINED", None)
    async with cpo.database.unit() as unit:
        await deciding.call_off(unit, (await bookings.fetch(unit, CPO, CPO, late.id)).ref, CanceledReason.BLOCKED)
    await cpo.settle()
    known = await at(emsp.database, EMSP)
    assert (known.status, known.canceled) == (
        S.CANCELED,
        Cancellation(reason=CanceledReason.BLOCKED, by=Role.CPO),
    )
    again = replace(wanted, request_id="RQ2", period=offers.period(14, 15))
    assert (await asking.ask(emsp.database, emsp.clients, CPO, again)).status is S.RESERVED
    over = await asking.ask(emsp.database, emsp.clients, CPO, replace(again, canceled=traffic))
    assert (over.status, over.canceled) == (S.CANCELED, traffic)


async def test_what_can_be_booked_is_pushed_and_pulled_as_far_as_it_is_free(pair: Pair, clock: SetClock) -> None:
    """BOOK-001, BOOK-003, BOOK-011, BOOK-016, BOOK-037: what is not listed any more cannot be booked."""
    cpo, emsp = pair
    one = await offered(cpo)
    await cpo.settle()

    async def heard() -> Offering:
        async with emsp.database.unit() as unit:
            (found,) = await bookings.offerings(unit, EMSP, CPO) or [Offering(ref="", holder=EMSP, place=one.place)]
            return found

    assert (await heard()).place.calendars[0].timeslots == (offers.slot(9, 17),)
    clock.advance(timedelta(minutes=1))
    await asking.ask(emsp.database, emsp.clients, CPO, request())
    await cpo.settle()
    assert (await heard()).place.calendars[0].timeslots == (offers.slot(9, 10), offers.slot(11, 17))
    async with cpo.database.unit() as unit:
        await offering.withdraw(unit, one)
    await cpo.settle()
    assert (await heard()).place.calendars == ()
    clock.advance(timedelta(minutes=1))
    await offered(cpo)
    await emsp.pull()
    assert (await heard()).place.calendars != ()
    async with cpo.database.unit() as unit:
        await offering.withdraw(unit, one)
    for _ in range(2):
        clock.advance(timedelta(days=2))
        await emsp.pull()
    assert (await heard()).ref == ""


async def test_nothing_is_booked_where_a_place_is_not_shared(pair: Pair) -> None:
    """shares.locations, shares.countries: as with a reservation, the place is none that they know, nor told of."""
    cpo, emsp = pair
    connection = await cpo.connection()
    closed, open = (Shares(locations=("ELSEWHERE",)), Shares(countries=("NOR",))), Shares(locations=("loc1",))
    for shares in (*closed, open):
        async with cpo.database.unit() as unit:
            await policies.adapt(unit, connection.ref, Policy(shares=shares))
        await offered(cpo)
        await cpo.settle()
        await emsp.pull()
        async with emsp.database.unit() as unit:
            assert len(await bookings.offerings(unit, EMSP, CPO)) == (shares is open)
        with nullcontext() if shares is open else pytest.raises(PartnerRefused):
            await asking.ask(emsp.database, emsp.clients, CPO, request())


async def test_a_booking_that_is_not_listed_any_more_is_unknown(pair: Pair, clock: SetClock) -> None:
    """BOOK-003, BOOK-037: but what has reached its end stays as it was."""
    cpo, emsp = pair
    await offered(cpo)
    await asking.ask(emsp.database, emsp.clients, CPO, request())
    await emsp.pull()
    async with cpo.database.unit() as unit:
        await unit.execute("delete from booking")
    for _ in range(2):
        clock.advance(timedelta(days=2))
        await emsp.pull()
    assert (await at(emsp.database, EMSP)).status is S.UNKNOWN


async def test_nobody_is_asked_who_is_not_connected(emsp: Installation) -> None:
    with pytest.raises(NotConnectedTo):
        await asking.ask(emsp.database, emsp.clients, CPO, request())


# As CPO, with a stranger ----------------------------------------------------------------------------------------------


async def test_a_cpo_lists_what_can_be_booked_by_when_it_is_free(cpo: Installation) -> None:
    """BOOK-001, BOOK-002, BOOK-023, BOOK-024, BOOK-025: page by page, its link with every filter."""
    await offered(cpo)
    async with cpo.database.unit() as unit:
        await offering.offer(unit, offers.place(owner=CPO, id="BL2", calendars=(offers.calendar(offers.slot(20, 22)),)))
    token = await befriended(cpo, EMSP, Role.EMSP, version="2.3.0")
    async with stranger(token) as ask:
        url = f"{cpo.url}/{BOOKINGS}/booking_locations"

        async def listed(query: str = "") -> list[str]:
            answer = await ask("GET", f"{url}?{query}")
            assert answer.both == (200, 1000)
            return [one["id"] for one in answer.data]

        assert await listed() == ["BL1", "BL2"]
        assert await listed(f"date_from={SINCE}") == ["BL1", "BL2"] and await listed(f"date_to={SINCE}") == []
        assert await listed("timeslot_from=2026-11-23T17:00:00Z") == ["BL2"]
        assert await listed("timeslot_to=2026-11-23T20:00:00Z") == ["BL1"]
        assert await listed("timeslot_from=2026-11-23T17:00:00Z&timeslot_to=2026-11-23T20:00:00Z") == []
        assert await listed("timeslot_from=2026-11-23T20:00:00Z&timeslot_to=2026-11-23T17:00:00Z") == []
        page = await ask("GET", f"{url}?limit=1&timeslot_from=2026-11-23T12:00:00Z")
        assert (page.headers["x-total-count"], len(page.data)) == ("2", 1)
        link = page.headers["link"]
        assert link.startswith(f"<{url}?timeslot_from=2026-11-23T12:00:00Z&offset=1")
        assert (await ask("GET", f"{url}?timeslot_from=soon")).both == (200, 2001)
        one = (await ask("GET", f"{url}/bl1")).data
        assert one["booking_option"] == {"power_types": ["AC_3_PHASE"]} and one["location_id"] == "LOC1"
        assert (await ask("GET", f"{url}/BL1/cal1")).data == one["calendars"][0]
        for missing in ("BL9", "BL1/CAL9"):
            assert (await ask("GET", f"{url}/{missing}")).both == (404, 2003)
        for method in ("POST", "PUT", "DELETE"):
            assert (await ask(method, f"{url}/BL1", b"{}")).http == 405
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await ask(method, f"{cpo.url}/{BOOKINGS}", b"{}")).http == 405


async def test_a_party_sees_and_changes_only_what_it_asked_for_itself(cpo: Installation) -> None:
    """BOOK-003, BOOK-004, BOOK-021, BOOK-022: nor can it ask in another's name, or for another's driver."""
    await offered(cpo)
    tokens = [await befriended(cpo, party, Role.EMSP, version="2.3.0") for party in (EMSP, OTHERS)]
    url = f"{cpo.url}/{BOOKINGS}"
    async with stranger(tokens[0]) as they, stranger(tokens[1]) as others:

        async def sends(ask: Ask, **changes: Any) -> Any:
            return await ask("POST", url, encoded(said(request(), **changes)))

        mine = await sends(they)
        assert mine.both == (200, 1000)
        assert (mine.data["reservation_status"], mine.data["request_id"], mine.data["party_id"]) == (
            "RESERVED",
            "RQ1",
            "LAD",
        )
        for wrong in (
            {"country_code": "NL", "party_id": "TNM"},
            {"country_code": "DE", "party_id": "8AC"},  # the driver is still somebody else's
        ):
            assert (await sends(others, **wrong)).both == (404, 2001)
        own = {"country_code": "DE", "party_id": "8AC", "tokens": []}
        no = await sends(others, **own)
        assert (no.data["reservation_status"], no.data["id"] != mine.data["id"]) == ("REJECTED", True)
        canceled = {"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"}
        assert (await sends(others, **own, request_id="RQ9", canceled=canceled)).both == (404, 2000)
        for ask, many in ((they, [mine.data["id"]]), (others, [no.data["id"]])):
            listed = await ask("GET", url)
            assert [one["id"] for one in listed.data] == many and listed.headers["x-total-count"] == "1"
        assert (await they("GET", f"{url}?date_to={SINCE}")).data == []
        assert (await sends(they, booking_location_id="BL9", request_id="RQ3")).both == (404, 2003)
        never = {"start_date_time": "0001-01-01T00:00:00Z", "end_date_time": "9999-12-31T23:59:59Z"}
        assert (await sends(they, request_id="RQ4", period=never)).data["reservation_status"] == "REJECTED"
        assert (await sends(they, canceled=canceled)).data["reservation_status"] == "CANCELED"
        assert (await sends(they, period=said(request(12, 13))["period"])).both == (200, 2000)


async def test_a_partner_of_an_older_version_hears_nothing_of_bookings(cpo: Installation) -> None:
    """BOOK-040: the module is one of 2.3.0, whatever a partner lists."""
    token = await befriended(
        cpo,
        EMSP,
        Role.EMSP,
        endpoints=(Endpoint(identifier="bookings", role=Interface.RECEIVER, url="https://example.org/bookings"),),
    )
    await offered(cpo)
    await cpo.settle()
    assert await cpo.deliveries() == ()
    async with stranger(token) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/bookings")).http == 404


# As eMSP, with a stranger ---------------------------------------------------------------------------------------------


async def test_an_emsp_keeps_what_a_cpo_says_word_for_word(emsp: Installation) -> None:
    """BOOK-011, BOOK-012, BOOK-014, BOOK-015, BOOK-016, BOOK-024: with no booking_option too, and only of its own."""
    token = await befriended(emsp, CPO, Role.CPO, version="2.3.0")
    url = f"{emsp.url}/{HEARD}/SE/LAD/booking_locations/BL1"
    place = said(offers.place(owner=CPO, option=None), tomorrow="kept")
    async with stranger(token) as ask:
        assert (await ask("PUT", url, encoded(place))).http == 201
        assert (await ask("PUT", url, encoded(place))).http == 200
        assert (await ask("GET", url)).data == place
        calendar = said(offers.calendar(offers.slot(20, 22)))
        calendar["last_updated"] = "2026-11-23T09:00:00Z"
        assert (await ask("PUT", f"{url}/CAL1", encoded(calendar))).http == 200
        assert (await ask("PUT", f"{url}/CAL2", encoded(calendar | {"id": "CAL2"}))).http == 201
        assert (await ask("GET", f"{url}/CAL2")).data == calendar | {"id": "CAL2"}
        assert (await ask("GET", url)).data["last_updated"] == "2026-11-23T09:00:00Z"
        change = {"timeslot_increment": 30, "last_updated": "2026-11-23T09:30:00Z"}
        assert (await ask("PATCH", f"{url}/CAL2", encoded(change))).both == (200, 1000)
        now = (await ask("GET", url)).data
        assert (now["last_updated"], now["calendars"][1]["timeslot_increment"]) == ("2026-11-23T09:30:00Z", 30)
        assert now["calendars"][0] == calendar and now["tomorrow"] == "kept"
        terms = {"booking_terms": {"noshow_fee": True}, "last_updated": "2026-11-23T09:45:00Z"}
        assert (await ask("PATCH", url, encoded(terms))).both == (200, 1000)
        assert (await ask("GET", url)).data["booking_terms"] == place["booking_terms"] | {"noshow_fee": True}
        for where in (url, f"{url}/CAL2"):
            assert (await ask("PATCH", where, b'{"tariff_ids": []}')).both == (200, 2001)
            assert (await ask("POST", where, b"{}")).http == (await ask("DELETE", where)).http == 405
        for missing in (f"{url}/CAL9", url.replace("BL1", "BL9")):
            assert (await ask("PATCH", missing, encoded(change))).both == (404, 2003)
        as_in_the_examples = f"{emsp.url}/{HEARD}/bookinglocations/SE/LAD/BL1"
        assert (await ask("PATCH", as_in_the_examples, encoded(change))).http == 404
        assert (await ask("PUT", url.replace("/SE/LAD/", "/NL/TNM/"), encoded(place))).http == 404
        assert (await ask("PUT", url, encoded(place | {"party_id": "NOR"}))).both == (200, 2001)


async def test_a_booking_is_found_by_either_of_its_names(emsp: Installation) -> None:
    """BOOK-012, BOOK-013, BOOK-015, BOOK-018, BOOK-033: and what is over is over."""
    token = await befriended(emsp, CPO, Role.CPO, version="2.3.0")
    url = f"{emsp.url}/{HEARD}/SE/LAD"
    booking = said(a_booking())
    async with stranger(token) as ask:
        assert (await ask("PUT", f"{url}/RQ1", encoded(booking))).http == 201
        assert (await ask("PUT", f"{url}/BOK1", encoded(booking))).http == 200
        for name in ("BOK1", "rq1"):
            assert (await ask("GET", f"{url}/{name}")).data == booking
        later = {"booking_option": {"evse_uid": "EVS1234"}, "last_updated": "2026-11-23T09:30:00Z"}
        assert (await ask("PATCH", f"{url}/RQ1", encoded(later))).both == (200, 1000)
        known = await at(emsp.database, EMSP)
        assert known.option is not None and known.option.evse_uid == "EVS1234"
        over = {"reservation_status": "NO_SHOW", "last_updated": "2026-11-23T10:30:00Z"}
        assert (await ask("PATCH", f"{url}/BOK1", encoded(over))).both == (200, 1000)
        back = {"reservation_status": "RESERVED", "last_updated": "2026-11-23T10:45:00Z"}
        assert (await ask("PATCH", f"{url}/BOK1", encoded(back))).both == (200, 2000)
        assert (await ask("PATCH", f"{url}/BOK1", b'{"reservation_status": "RESERVED"}')).both == (200, 2001)
        for name in ("BOK9", "RQ9"):
            assert (await ask("GET", f"{url}/{name}")).both == (404, 2000)
            assert (await ask("PATCH", f"{url}/{name}", encoded(back))).both == (404, 2000)
        assert (await ask("PUT", f"{url}/BOK2", encoded(booking))).both == (200, 2001)
        theirs = said(a_booking("BOK3", requests=(_asked_for(request(asked_by=OTHERS)),)))
        assert (await ask("PUT", f"{url}/BOK3", encoded(theirs))).both == (200, 2000)
        assert (await ask("POST", f"{url}/BOK1", b"{}")).http == (await ask("DELETE", f"{url}/BOK1")).http == 405
    assert (await at(emsp.database, EMSP)).status is S.NO_SHOW


def test_lists_within_a_module_are_found_at_its_endpoint() -> None:
    """BOOK-001."""
    assert (Module.BOOKING_LOCATIONS.offered_as, Module.BOOKING_LOCATIONS.path) == (
        Module.BOOKINGS,
        ("booking_locations",),
    )


# By the operator of an eMSP -------------------------------------------------------------------------------------------


async def test_an_operator_books_changes_and_cancels_at_a_partner(pair: Pair) -> None:
    """BOOK-004, BOOK-007, BOOK-009, BOOK-022: with one request_id through all of it, and only for its own party."""
    cpo, emsp = pair
    await offered(cpo)
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("CARD1", EMSP))
        (card,) = await tokens.by_uid(unit, EMSP, "CARD1")
        card_ref = (await tokens.page(unit, EMSP, EMSP))[0][0]
    await emsp.pull()
    async with emsp.database.unit() as unit:
        (place,) = await bookings.offerings(unit, EMSP, CPO)
    by = Visitor(id="key", name="key", role=Operator.OPERATOR, holder=EMSP, language="en")
    somebody = replace(by, holder=OTHERS)
    asks = emsp.database, emsp.clients
    wanted = operate_bookings.Wanted(
        booking_location=place.ref, token=card_ref, begins_at=offers.at(10), ends_at=offers.at(11), power_required=11
    )
    with pytest.raises(NotYours):
        await operate_bookings.book(*asks, somebody, wanted)
    first = await operate_bookings.book(*asks, by, wanted)
    assert (first.status, first.tokens[0].uid) == (S.RESERVED, card.uid)
    assert first.period.power_max == 11_000
    gone = operate_bookings.NotComing(reason=CanceledReason.BROKEN_VEHICLE)
    with pytest.raises(NotYours):
        await operate_bookings.cancel_booking(*asks, somebody, first.ref, gone)
    later = operate_bookings.Otherwise(begins_at=offers.at(12), ends_at=offers.at(13))
    moved = await operate_bookings.change_booking(*asks, by, first.ref, later)
    assert (moved.id, moved.status, moved.period.begins_at) == (first.id, S.RESERVED, offers.at(12))
    over = await operate_bookings.cancel_booking(*asks, by, first.ref, gone)
    assert (over.status, [one.request.request_id for one in over.requests]) == (S.CANCELED, [first.request_id] * 3)
    assert over.requests[-1].request.canceled == Cancellation(reason=CanceledReason.BROKEN_VEHICLE, by=Role.EMSP)

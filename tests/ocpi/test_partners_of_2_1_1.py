"""Two installations that speak 2.1.1 with each other, everything both ways; and one that speaks two versions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.money import Price
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.commands.asked import sent_command
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import RECEIVER, SENDER
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TariffType, TaxIncluded
from laddnav.tariffs.rules import UnknownTariff
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey, TokenType, Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import CPO, EMSP, Installation, Pair, introduced, stranger

OLD = "2.1.1"
APP = things.token("APP1", EMSP, type=TokenType.APP_USER, whitelist=Whitelist.NEVER)
SECOND = PartyId("DE", "8AC")


@pytest.fixture
async def old(cpo: Installation, emsp: Installation) -> Pair:
    await introduced(cpo, emsp, OLD)
    return Pair(cpo, emsp)


async def asked(one: Installation) -> list[tuple[str, str]]:
    """(method, path) of what it asked its partners, the oldest first."""
    await one.clients.journal.flush()
    async with one.database.unit() as unit:
        (connection,) = await partners.connections(unit, one.holder)
        said = await partners.exchanges(unit, connection, 500)
    return [(e.method, e.url.split("/ocpi/")[1]) for e in reversed(said) if e.direction == "out"]


# Registration ---------------------------------------------------------------------------------------------------------


async def test_each_is_the_opposite_of_the_other(old: Pair) -> None:
    """CRED-001, CRED-003, CRED-028, CRED-034, VER-006, VER-012, VER-022: no role is said, so it follows from ours."""
    for one, party, their_role in ((old.cpo, EMSP, Role.EMSP), (old.emsp, CPO, Role.CPO)):
        connection = await one.connection()
        assert (connection.state, connection.version) == (State.CONNECTED, OLD)
        assert (connection.party, connection.their_role) == (party, their_role)
        assert connection.parties == {party} and connection.name == f"Company {party}"
        sides = {module: _sides(connection, module) for module in (Module.TOKENS, Module.LOCATIONS, Module.COMMANDS)}
        emsp, cpo = [their_role is Role.EMSP, their_role is Role.CPO], [their_role is Role.CPO, their_role is Role.EMSP]
        assert sides == {Module.TOKENS: emsp, Module.LOCATIONS: cpo, Module.COMMANDS: emsp}


def _sides(connection: Connection, module: Module) -> list[bool]:
    return [connection.endpoint(module, side) is not None for side in (SENDER, RECEIVER)]


async def test_either_side_may_begin_and_the_token_is_said_as_it_is(cpo: Installation, emsp: Installation) -> None:
    """CRED-001, CRED-002, TRN-004, TRN-016, VER-002: credentials are flat, endpoints have no role."""
    async with emsp.database.unit() as unit:
        invitation = await partners.invite(unit, emsp.settings, EMSP, Role.EMSP, version=OLD)
    async with stranger(invitation.token, encoded=False) as ask:
        details = (await ask("GET", f"{emsp.url}/ocpi/2.1.1")).data
        assert {tuple(sorted(one)) for one in details["endpoints"]} == {("identifier", "url")}
        identifiers = [one["identifier"] for one in details["endpoints"]]
        assert set(identifiers) == {"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"}
        ours = (await ask("GET", f"{emsp.url}/ocpi/2.1.1/credentials")).data
    assert (ours["party_id"], ours["country_code"], "roles" in ours) == ("TNM", "NL", False)
    connection = await partners.register(
        cpo.database, cpo.clients, invitation.versions_url, invitation.token, CPO, Role.CPO, OLD
    )
    assert (connection.version, connection.encodes_token) == (OLD, False)


async def test_a_connection_is_renewed_and_ended(old: Pair) -> None:
    """CRED-011, CRED-014, CRED-016, CRED-017, CRED-018."""
    cpo, emsp = old
    before = await emsp.clients.to(await emsp.connection())
    after = await partners.renew(emsp.database, emsp.clients, await emsp.connection())
    assert (after.version, after.party) == (OLD, CPO)
    await (await emsp.clients.to(after)).call("GET", cpo.settings.versions_url, routed=False)
    with pytest.raises(PartnerRefused, match="401"):
        await before.call("GET", cpo.settings.versions_url, routed=False)
    await partners.remove(emsp.database, emsp.clients, after)
    async with cpo.database.unit() as unit:
        assert await partners.connections(unit) == ()


async def test_a_connection_moves_to_a_newer_version(old: Pair) -> None:
    """CRED-015: once both speak it, with a PUT at that version."""
    after = await partners.renew(old.emsp.database, old.emsp.clients, await old.emsp.connection(), "2.2.1")
    assert after.version == (await old.cpo.connection()).version == "2.2.1"
    assert after.encodes_token and (await old.cpo.connection()).encodes_token


# Push -----------------------------------------------------------------------------------------------------------------


async def test_a_location_its_status_and_its_tariff_are_pushed(old: Pair) -> None:
    """LOC-012, LOC-019, LOC-084, TAR-002, TAR-005, TRN-047, TRN-053: they are the partner's one party's."""
    cpo, emsp = old
    await furnished(cpo)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
        tariff = await tariffs.fetch(unit, EMSP, CPO, "T1")
    assert (location.city, location.time_zone, location.publish) == ("Goteborg", "Europe/Stockholm", True)
    assert [connector.id for evse in location.evses for connector in evse.connectors] == ["1", "1"]
    connector = location.evses[0].connectors[0]
    assert (connector.tariff_ids, connector.voltage_max, connector.power_max) == (("T1",), 230, None)
    assert tariff.tax_included is TaxIncluded.UNSAID
    assert [one.price for one in tariff.elements[0].components] == [Decimal("2.50"), Decimal("5.00")]
    async with cpo.database.unit() as unit:
        await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE1", Status.CHARGING, unit.now)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
    assert [evse.status for evse in location.evses] == [Status.CHARGING, Status.AVAILABLE]
    assert ("PATCH", "emsp/2.1.1/locations/SE/LAD/LOC1/EVSE1") in await asked(cpo)
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, _without_tariff(things.location(owner=CPO, last_updated=unit.now)))
        await tariffs.withdraw(unit, CPO, CPO, "T1")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        with pytest.raises(UnknownTariff):
            await tariffs.fetch(unit, EMSP, CPO, "T1")
    assert (await cpo.connection()).dead == 0


def _without_tariff(location: Any) -> Any:
    bare = tuple(replace(one, connectors=(things.connector(tariff_ids=()),)) for one in location.evses)
    return replace(location, evses=bare)


async def test_of_several_tariffs_the_one_for_drivers_with_a_contract_is_told(old: Pair, clock: SetClock) -> None:
    """LOC-082: a Connector names one that holds now; that for who pays at the station is not theirs."""
    cpo, emsp = old
    offered = (things.evse(connectors=(things.connector(tariff_ids=("CASH", "LATER", "T1")),)),)
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("CASH", CPO, type=TariffType.AD_HOC_PAYMENT))
        await tariffs.keep(unit, CPO, things.tariff("LATER", CPO, starts_at=unit.now + timedelta(days=1)))
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO))
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=offered))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
    assert location.evses[0].connectors[0].tariff_ids == ("T1",)
    clock.advance(timedelta(days=2))
    partner = await emsp.clients.to(await emsp.connection())
    reply = await partner.call("GET", f"{cpo.url}/ocpi/cpo/2.1.1/locations/LOC1/EVSE1/1")
    assert parsed(reply.answer.data or b"")["tariff_id"] == "LATER"


async def test_a_token_is_pushed_by_its_uid_alone(old: Pair) -> None:
    """TOK-001, TOK-003, TOK-008, TOK-015, TOK-023: an app's is of a type OTHER."""
    cpo, emsp = old
    await carded(emsp)
    await carded(emsp, "APP1", type=TokenType.APP_USER)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        assert (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.RFID, "CARD1"))).contract_id == "NL-TNM-CCARD1"
        assert (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.OTHER, "APP1"))).valid
    # The log shows no uid of a Token; the whole URL would end in a question mark and the type.
    assert {url for method, url in await asked(emsp) if method == "PUT"} == {"cpo/2.1.1/tokens/…"}


async def test_a_charge_is_told_with_its_place_and_closed_once(old: Pair, clock: SetClock) -> None:
    """SES-001, SES-018, SES-020, SES-025, SES-027, SES-030, CDR-007, CDR-008, CDR-010, CDR-023, CDR-056, CDR-058.

    TYP-027: of the Token the contract is said, and who knows its one card knows the rest.
    """
    cpo, emsp = old
    await furnished(cpo)
    await carded(emsp)
    await cpo.settle()
    await emsp.settle()
    session_id = await charged(cpo, clock)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        session = await sessions.fetch(unit, EMSP, CPO, session_id)
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (session.status, session.energy, session.cost) == (SessionStatus.COMPLETED, kwh("10"), Price(Decimal(30)))
    assert (session.location_id, session.evse_uid, session.connector_id) == ("LOC1", "EVSE1", "1")
    assert session.time_zone == "Europe/Stockholm"
    assert (cdr.energy, cdr.costs.total) == (kwh("10"), Price(Decimal("30.00")))
    for token in (session.token, cdr.token):
        assert (token.owner, token.uid, token.type, token.contract_id) == (EMSP, "CARD1", "RFID", "NL-TNM-CCARD1")
    kept = next(one for one in await cpo.deliveries() if one.module is Module.CDRS)
    assert kept.location_url == f"{emsp.url}/ocpi/emsp/2.1.1/cdrs/SE/LAD/{cdr.id}"
    partner = await cpo.clients.to(await cpo.connection())
    words = parsed((await partner.call("GET", kept.location_url)).answer.data or b"")
    assert (words["auth_id"], words["total_cost"]) == ("NL-TNM-CCARD1", 30) and "stop_date_time" in words


async def test_of_a_contract_with_two_cards_nobody_knows_which_was_shown(old: Pair, clock: SetClock) -> None:
    """SES-025, CDR-058."""
    cpo, emsp = old
    await furnished(cpo)
    await carded(emsp)
    await carded(emsp, "CARD2", contract_id="NL-TNM-CCARD1", last_updated=clock.now())
    await emsp.settle()
    await charged(cpo, clock)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (cdr.token.uid, cdr.token.contract_id) == ("#NA", "NL-TNM-CCARD1")


# Pull -----------------------------------------------------------------------------------------------------------------


async def test_everything_is_fetched_where_no_push_came(cpo: Installation, emsp: Installation, clock: SetClock) -> None:
    """TRN-058, TRN-064, LOC-001, TAR-001, TOK-011, SES-003, SES-004, CDR-005."""
    await furnished(cpo)
    await carded(emsp)
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, things.token("CARD1", EMSP))
    session_id = await charged(cpo, clock)
    await cpo.settle()
    await introduced(cpo, emsp, OLD)
    await emsp.pull()
    await cpo.pull()
    async with emsp.database.unit() as unit:
        assert await locations.count(unit, EMSP) == 1
        assert await tariffs.find(unit, EMSP, CPO, "T1") is not None
        assert (await sessions.fetch(unit, EMSP, CPO, session_id)).energy == kwh("10")
        assert len(await cdrs.page(unit, EMSP)) == 1
        pulls = await partners.pulls(unit, await emsp.connection())
    assert [(one.module, one.seen, one.skipped, one.last_error) for one in pulls] == [
        (module, 1, 0, None) for module in (Module.CDRS, Module.LOCATIONS, Module.SESSIONS, Module.TARIFFS)
    ]
    async with cpo.database.unit() as unit:
        (pull,) = await partners.pulls(unit, await cpo.connection())
    assert (pull.module, pull.seen, pull.skipped) == (Module.TOKENS, 1, 0)


async def test_what_the_version_has_no_words_for_is_not_listed_and_not_hidden(old: Pair, clock: SetClock) -> None:
    """CDR-019, LOC-029: a Location that is not public, and a CDR that takes back another, which waits for a person."""
    cpo, emsp = old
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("HIDDEN", CPO, publish=False, evses=()))
    session_id = await charged(cpo, clock)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        cdr = await cdrs.of_session(unit, CPO, CPO, session_id)
        assert cdr is not None
        await cdrs.credit(unit, cdr.ref, by="Ada", why="Wrong meter")
    await cpo.settle()
    partner = await emsp.clients.to(await emsp.connection())
    for module, ids in (("locations", ["LOC1"]), ("cdrs", [cdr.id])):
        reply = await partner.call("GET", f"{cpo.url}/ocpi/cpo/2.1.1/{module}")
        assert [one["id"] for one in parsed(reply.answer.data or b"")] == ids
        assert reply.headers["x-total-count"] == "1"
    with pytest.raises(PartnerRefused, match="404"):
        await partner.call("GET", f"{cpo.url}/ocpi/cpo/2.1.1/locations/HIDDEN")
    (dead,) = [one for one in await cpo.deliveries() if one.state == "dead"]
    assert dead.module is Module.CDRS and "has no Credit CDRs" in (dead.last_error or "")


async def test_a_location_that_is_not_public_any_more_is_gone(old: Pair, clock: SetClock) -> None:
    """LOC-022, LOC-029: 2.1.1 cannot say that it is not to be shown, so whoever was told of it hears that."""
    cpo, emsp = old
    await furnished(cpo)
    await cpo.settle()
    hidden = things.location(owner=CPO, publish=False, last_updated=clock.advance(timedelta(minutes=1)))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, hidden)
        await locations.keep(unit, CPO, things.location("NEVER", CPO, publish=False, evses=()))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
        assert await locations.count(unit, EMSP) == 1
    assert {evse.status for evse in location.evses} == {Status.REMOVED}
    assert (await cpo.connection()).dead == 0


# Real-time authorisation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, Allowed.ALLOWED),
        ({"blocked": True}, Allowed.BLOCKED),
        ({"type": TokenType.APP_USER}, Allowed.ALLOWED),
    ],
)
async def test_the_emsp_decides_in_real_time(old: Pair, changes: dict[str, Any], allowed: Allowed) -> None:
    """TOK-031, TOK-035, TOK-038, TOK-042, TOK-044, TOK-045, TOK-046, TOK-051."""
    cpo, emsp = old
    await carded(emsp, whitelist=Whitelist.NEVER, **changes)
    await emsp.settle()
    ask = Asker(cpo.database, cpo.clients)
    given = await tokens.authorize(cpo.database, CPO, "card1", evse=EvseRef("LOC1", "EVSE1"), ask=ask)
    assert (given.allowed, given.asked, given.reference) == (allowed, True, None)
    assert given.token is not None and (given.token.owner, given.token.uid) == (EMSP, "CARD1")
    if allowed is Allowed.ALLOWED:
        assert given.location is not None and given.location.evse_uids == ("EVSE1",)


async def test_a_token_that_the_emsp_does_not_know_is_404(old: Pair) -> None:
    """TOK-041: and 2000, for 2.1.1 has no code for it."""
    cpo, emsp = old
    token = things.token("LOST", EMSP, whitelist=Whitelist.NEVER)
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, token)
    given = await tokens.authorize(cpo.database, CPO, "LOST", ask=Asker(cpo.database, cpo.clients))
    assert (given.allowed, given.asked) == (Allowed.NOT_ALLOWED, True)
    partner = await cpo.clients.to(await cpo.connection())
    with pytest.raises(PartnerRefused) as refused:
        await partner.call("POST", f"{emsp.url}/ocpi/emsp/2.1.1/tokens/LOST/authorize")
    assert (refused.value.http, refused.value.status) == (404, 2000)


# Commands -------------------------------------------------------------------------------------------------------------


async def test_a_charge_is_started_and_stopped_from_afar(old: Pair) -> None:
    """CMD-005, CMD-007, CMD-008, CMD-010, CMD-015, CMD-023, CMD-026, CMD-042, CMD-045."""
    cpo, emsp = old
    await furnished(cpo)
    start = await commands.start_session(
        emsp.database, emsp.clients, EMSP, token=APP, owner=CPO, location_id="LOC1", evse_uid="EVSE1"
    )
    assert start.verdict is Verdict.ACCEPTED
    async with cpo.database.unit() as unit:
        (session,) = await sessions.page(unit, CPO)
        assert (session.token.owner, session.token.uid, session.token.type) == (EMSP, "APP1", "OTHER")
        await sessions.answer_start(unit, CPO, session.id, "ACCEPTED")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert (await sent_command(unit, start.command_id)).result == "ACCEPTED"
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        given = Authorization(allowed=Allowed.ALLOWED, token=APP)
        await sessions.begin(unit, station=station, evse_no=1, uid="APP1", given=given, at=unit.now, register=wh(0))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        # 2.1.1 has no word for how it was begun, and says that it was asked.
        assert (await sessions.fetch(unit, EMSP, CPO, session.id)).auth_method is AuthMethod.AUTH_REQUEST
    stop = await commands.stop_session(emsp.database, emsp.clients, EMSP, owner=CPO, session_id=session.id)
    assert stop.verdict is Verdict.ACCEPTED
    stop = await commands.stop_session(emsp.database, emsp.clients, EMSP, owner=CPO, session_id="NONE")
    assert stop.verdict is Verdict.UNKNOWN_SESSION


async def test_who_cannot_name_the_connector_need_not(old: Pair) -> None:
    """CMD-023: an Evse that wants it named is started all the same."""
    cpo, emsp = old
    await furnished(cpo)
    choosy = (things.evse(capabilities=("START_SESSION_CONNECTOR_REQUIRED",)), things.evse("EVSE2"))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=choosy, last_updated=unit.now))
    start = await commands.start_session(
        emsp.database, emsp.clients, EMSP, token=APP, owner=CPO, location_id="LOC1", evse_uid="EVSE1"
    )
    assert start.verdict is Verdict.ACCEPTED


async def test_a_no_of_the_station_is_a_no(old: Pair) -> None:
    """CMD-007, CMD-010: 2.1.1 has one word for all of them."""
    cpo, emsp = old
    await furnished(cpo)
    start = await commands.start_session(
        emsp.database, emsp.clients, EMSP, token=APP, owner=CPO, location_id="LOC1", evse_uid="EVSE1"
    )
    async with cpo.database.unit() as unit:
        (session,) = await sessions.page(unit, CPO)
        await sessions.answer_start(unit, CPO, session.id, "EVSE_OCCUPIED")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        done = await sent_command(unit, start.command_id)
    assert (done.state, done.result) == ("failed", "REJECTED")


# Two versions at once -------------------------------------------------------------------------------------------------


async def test_one_operator_serves_partners_of_two_versions_from_the_same_objects(
    cpo: Installation, emsp: Installation, clock: SetClock
) -> None:
    """TRN-060, TRN-092, CRED-041: and neither hears of the charges of the other."""
    async with emsp.database.unit() as unit:
        await parties.add(unit, things.party(SECOND, ref=unit.new_id(), name="Second"))
    await introduced(cpo, emsp, OLD)
    await introduced(cpo, emsp, "2.2.1", SECOND)
    await furnished(cpo)
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("CARD1", EMSP))
        await tokens.keep(unit, SECOND, things.token("CARD2", SECOND))
    await emsp.settle()
    first = await charged(cpo, clock, uid="CARD1")
    second = await charged(cpo, clock, uid="CARD2")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        for holder, session_id, taxes in ((EMSP, first, None), (SECOND, second, Decimal("7.50"))):
            location = await locations.fetch(unit, holder, CPO, "LOC1")
            assert location.city == ("Goteborg" if taxes is None else "Göteborg")
            (cdr,) = await cdrs.page(unit, holder)
            assert cdr.costs.total.before_taxes == Decimal("30.00")
            assert (cdr.costs.total.taxes and cdr.costs.total.taxes[0].amount) == taxes
            assert (await sessions.fetch(unit, holder, CPO, session_id)).token.owner == holder
    async with cpo.database.unit() as unit:
        versions = [one.version for one in await partners.connections(unit, CPO)]
    assert versions == [OLD, "2.2.1"]

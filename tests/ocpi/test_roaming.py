"""Two installations roam: everything that one owns reaches the other, by push and by pull, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.model import Exchange
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TaxIncluded
from laddnav.tariffs.rules import UnknownTariff
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey, TokenType, Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, Pair, introduced


async def furnished(cpo: Installation) -> None:
    """A place with a tariff, and the connected station ST1 behind both of its Evses."""
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(owner=CPO))
        await locations.keep(unit, CPO, things.location(owner=CPO))
        station = await locations.add_station(unit, CPO, "ST1")
        await locations.attach(unit, "ST1", 1, EvseRef("LOC1", "EVSE1"))
        await locations.attach(unit, "ST1", 2, EvseRef("LOC1", "EVSE2"))
        locations.connected(unit, station, process="test", protocol="ocpp1.6")


async def carded(emsp: Installation, uid: str = "CARD1", **changes: Any) -> None:
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token(uid, EMSP, **changes))


async def charged(cpo: Installation, clock: SetClock, *, energy: str = "10", uid: str = "CARD1") -> str:
    """One whole charge with a card of the eMSP; its Session's id."""
    given = await tokens.authorize(cpo.database, CPO, uid)
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid=uid, given=given, at=unit.now, register=wh(1000)
        )
    clock.advance(timedelta(hours=1))
    async with cpo.database.unit() as unit:
        end = wh(1000) + kwh(energy)
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=end, reason="Local")
    return session.id


# Registration ---------------------------------------------------------------------------------------------------------


async def test_two_installations_register_with_each_other(cpo: Installation, emsp: Installation) -> None:
    """CRED-001, CRED-003, CRED-004, CRED-005, CRED-006, CRED-043."""
    await introduced(cpo, emsp)
    ours, theirs = await cpo.connection(), await emsp.connection()
    assert (ours.state, theirs.state) == (State.CONNECTED, State.CONNECTED)
    assert (ours.party, theirs.party) == (EMSP, CPO)
    assert (ours.their_role, theirs.their_role) == (Role.EMSP, Role.CPO)
    assert ours.name == f"Company {EMSP}"


async def test_either_side_may_begin(cpo: Installation, emsp: Installation) -> None:
    """CRED-001: it is symmetric."""
    async with emsp.database.unit() as unit:
        invitation = await partners.invite(unit, emsp.settings, EMSP, Role.EMSP)
    connection = await partners.register(
        cpo.database, cpo.clients, invitation.versions_url, invitation.token, CPO, Role.CPO, name="Nearby"
    )
    assert (connection.state, connection.name) == (State.CONNECTED, "Nearby")


async def test_tokens_are_renewed_and_the_old_ones_end(pair: Pair) -> None:
    """CRED-014, CRED-016, CRED-038, CRED-044."""
    cpo, emsp = pair
    before = await emsp.clients.to(await emsp.connection())
    await partners.renew(emsp.database, emsp.clients, await emsp.connection())
    await furnished(cpo)
    await cpo.settle()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert await locations.find(unit, EMSP, CPO, "LOC1") is not None
    with pytest.raises(Exception, match="401"):
        await before.call("GET", cpo.settings.versions_url, routed=False)


async def test_leaving_ends_it_on_both_sides(pair: Pair) -> None:
    """CRED-017, CRED-018."""
    cpo, emsp = pair
    await furnished(cpo)
    await partners.remove(emsp.database, emsp.clients, await emsp.connection())
    await cpo.settle()
    async with cpo.database.unit() as unit:
        assert await partners.connections(unit) == ()
    await introduced(cpo, emsp)
    assert (await cpo.connection()).state is State.CONNECTED


# Push -----------------------------------------------------------------------------------------------------------------


async def test_a_location_its_tariff_and_their_changes_are_pushed(pair: Pair) -> None:
    """LOC-012, LOC-016, LOC-019, LOC-120, TAR-005: the whole when it is new, and a change when only the status is."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "loc1")
        assert location == things.location(owner=CPO)
        said = things.tariff(owner=CPO, tax_included=TaxIncluded.NO)  # 2.3.0 cannot leave open whether they are
        assert await tariffs.fetch(unit, EMSP, CPO, "T1") == said
    async with cpo.database.unit() as unit:
        await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE1", Status.CHARGING, unit.now)
        now = unit.now
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
        assert [evse.status for evse in location.evses] == [Status.CHARGING, Status.AVAILABLE]
        assert location.last_updated == location.evses[0].last_updated == now
    methods = [(one.method, one.url) for one in await _exchanges(cpo)]
    assert ("PATCH", f"{emsp.url}/ocpi/emsp/{NEWEST}/locations/SE/LAD/LOC1/EVSE1") in methods


async def test_a_withdrawn_tariff_is_taken_back_when_nobody_offers_it_any_more(pair: Pair, clock: SetClock) -> None:
    """TAR-005, TAR-006."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await tariffs.withdraw(unit, CPO, CPO, "T1")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert await tariffs.find(unit, EMSP, CPO, "T1") is not None
    waiting = next(one for one in await cpo.deliveries() if one.module is Module.TARIFFS and one.last_error)
    assert "still offered at Location 'LOC1'" in (waiting.last_error or "")
    at = clock.advance(timedelta(minutes=20))
    async with cpo.database.unit() as unit:
        free = things.evse(connectors=(things.connector(tariff_ids=()),))
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=(free,), last_updated=at))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        with pytest.raises(UnknownTariff):
            await tariffs.fetch(unit, EMSP, CPO, "T1")


async def test_a_token_and_its_end_are_pushed(pair: Pair, clock: SetClock) -> None:
    """TOK-008, TOK-009, TOK-004: by uid and type."""
    cpo, emsp = pair
    await carded(emsp)
    await carded(emsp, type=TokenType.APP_USER, whitelist=Whitelist.NEVER)
    await emsp.settle()
    key = TokenKey(EMSP, TokenType.RFID, "card1")
    async with cpo.database.unit() as unit:
        assert (await tokens.fetch(unit, CPO, key)).valid
        assert len(await tokens.by_uid(unit, CPO, "CARD1")) == 2
    await carded(emsp, valid=False, last_updated=clock.advance(timedelta(minutes=1)))
    await emsp.settle()
    async with cpo.database.unit() as unit:
        assert not (await tokens.fetch(unit, CPO, key)).valid


async def test_a_charge_is_told_as_it_goes_and_closed_once(pair: Pair, clock: SetClock) -> None:
    """SES-001, SES-021, SES-035, CDR-001, CDR-002, CDR-007, CDR-010, CDR-025: a Session, one CDR, its URL."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await cpo.settle()
    await emsp.settle()
    session_id = await charged(cpo, clock)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        session = await sessions.fetch(unit, EMSP, CPO, session_id)
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (session.status, session.energy) == (SessionStatus.COMPLETED, kwh("10"))
    assert session.time_zone == "Europe/Stockholm"
    assert session.cost is not None and session.cost.before_taxes == Decimal("30.00")
    assert (cdr.session_id, cdr.energy, cdr.costs.total.after_taxes) == (session_id, kwh("10"), Decimal("37.50"))
    assert cdr.token.owner == EMSP
    async with cpo.database.unit() as unit:
        ours = await cdrs.of_session(unit, CPO, CPO, session_id)
        assert ours is not None
    kept = next(one for one in await cpo.deliveries() if one.module is Module.CDRS)
    assert kept.location_url == f"{emsp.url}/ocpi/emsp/{NEWEST}/cdrs/SE/LAD/{ours.id}"
    partner = await cpo.clients.to(await cpo.connection())
    assert b'"total_energy":10' in ((await partner.call("GET", kept.location_url)).answer.data or b"")


async def test_nobody_but_the_tokens_company_hears_of_a_charge(pair: Pair, clock: SetClock) -> None:
    """SES-005, CDR-005, CDR-006: it is not on the lists of the others, and the one that is says when it was closed."""
    cpo, emsp = pair
    await furnished(cpo)
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, things.token("OWN", CPO))
    await charged(cpo, clock, uid="OWN")
    await cpo.settle()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert not await sessions.page(unit, EMSP) and not await cdrs.page(unit, EMSP)
    await carded(emsp)
    await emsp.settle()
    theirs = await charged(cpo, clock)
    await cpo.settle()
    asker = await emsp.clients.to(await emsp.connection())
    listed = (await asker.call("GET", f"{cpo.url}/ocpi/cpo/{NEWEST}/cdrs")).answer
    assert [(one["session_id"], one["last_updated"]) for one in parsed(listed.data or b"")] == [
        (theirs, rfc3339(clock.now()))
    ]


# The outbox -----------------------------------------------------------------------------------------------------------


async def test_what_a_partner_missed_arrives_once_when_it_is_back(pair: Pair, clock: SetClock) -> None:
    """TRN-090, CDR-004: nothing is lost while the partner is down, nothing arrives twice."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    await cpo.settle()
    await emsp.down()
    first = await charged(cpo, clock)
    await cpo.settle()
    second = await charged(cpo, clock, energy="20")
    await cpo.settle()
    waiting = await cpo.connection()
    assert waiting.waiting == 4 and waiting.failures > 0 and waiting.last_error and not waiting.dead
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        received = await cdrs.page(unit, EMSP)
        assert [one.session_id for one in reversed(received)] == [first, second]
        assert (await sessions.fetch(unit, EMSP, CPO, second)).status is SessionStatus.COMPLETED
    now = await cpo.connection()
    assert (now.waiting, now.dead, now.failures, now.last_error) == (0, 0, 0, None)


async def test_while_the_line_is_down_a_partner_is_left_alone_for_longer_and_longer(
    pair: Pair, clock: SetClock
) -> None:
    cpo, emsp = pair
    await emsp.down()
    await furnished(cpo)
    await cpo.settle()
    once = await cpo.connection()
    await cpo.settle()
    assert (await cpo.connection()).failures == once.failures == 1
    assert once.retry_at is not None and once.retry_at - clock.now() == timedelta(seconds=1)
    for failures, wait in ((2, 2), (3, 4), (4, 8)):
        clock.advance(timedelta(minutes=20))
        await cpo.settle()
        now = await cpo.connection()
        assert now.failures == failures and now.retry_at == clock.now() + timedelta(seconds=wait)
    assert now.waiting == 2


async def test_the_newest_state_wins(pair: Pair, clock: SetClock) -> None:
    """Ten changes while nobody listens are one message."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    await emsp.down()
    for number in range(10):
        async with cpo.database.unit() as unit:
            at = clock.advance(timedelta(seconds=1))
            await locations.keep(unit, CPO, things.location(owner=CPO, name=f"Name {number}", last_updated=at))
        await cpo.settle()
    assert (await cpo.connection()).waiting == 1
    before = len(await _exchanges(cpo))
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert (await locations.fetch(unit, EMSP, CPO, "LOC1")).name == "Name 9"
    assert len(await _exchanges(cpo)) == before + 1


async def test_a_change_of_what_the_partner_lost_is_mended_by_the_whole(pair: Pair) -> None:
    """TRN-043, TRN-044."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        await unit.execute("delete from ocpi_words")
    async with cpo.database.unit() as unit:
        await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE2", Status.OUTOFORDER, unit.now)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
        assert location.evses[1].status is Status.OUTOFORDER
    assert (await cpo.connection()).dead == 0


async def test_what_is_refused_is_shown_and_can_be_sent_again(pair: Pair, clock: SetClock) -> None:
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    connection = await emsp.connection()
    async with emsp.database.unit() as unit:
        store.connections.update(unit, replace(connection, roles=()))
    await charged(cpo, clock)
    await cpo.settle()
    shown = await cpo.connection()
    dead = [one for one in await cpo.deliveries() if one.state == "dead"]
    assert shown.dead == len(dead) == 4 and "no party of this connection" in (dead[0].last_error or "")
    async with emsp.database.unit() as unit:
        store.connections.update(unit, connection)
    async with cpo.database.unit() as unit:
        assert await partners.resend(unit, shown, dead[0].id) == 1
        assert await partners.resend(unit, shown) == 3
    await cpo.settle()
    assert (await cpo.connection()).dead == 0
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1


async def test_a_cdr_repeated_after_a_lost_answer_is_one_cdr(pair: Pair, clock: SetClock) -> None:
    """CDR-003, CDR-004."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    await charged(cpo, clock)
    await cpo.settle()
    done = next(one for one in await cpo.deliveries() if one.module is Module.CDRS)
    async with cpo.database.unit() as unit:
        assert await partners.resend(unit, await cpo.connection(), done.id) == 1
    await cpo.settle()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1
    assert (await cpo.connection()).dead == 0


# Pull -----------------------------------------------------------------------------------------------------------------


async def test_everything_is_fetched_after_registration(cpo: Installation, emsp: Installation, clock: SetClock) -> None:
    """TRN-058, TRN-078, LOC-001, TAR-001, TOK-011, TOK-012, SES-003: what there was before, page by page."""
    await furnished(cpo)
    async with cpo.database.unit() as unit:
        for number in range(230):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=(things.evse(f"E{number}"),)))
    for number in range(120):
        await carded(emsp, f"CARD{number}")
    await introduced(cpo, emsp)
    await cpo.pull()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert await locations.count(unit, EMSP) == 231
        assert await tariffs.find(unit, EMSP, CPO, "T1") is not None
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
    assert (pulls[Module.LOCATIONS].seen, pulls[Module.LOCATIONS].skipped) == (231, 0)
    assert all(one.finished_at and one.next_url is None and one.last_error is None for one in pulls.values())
    async with cpo.database.unit() as unit:
        assert len(await tokens.page(unit, CPO, EMSP, limit=500)) == 120


async def test_a_second_pull_fetches_what_changed(pair: Pair, clock: SetClock) -> None:
    """LOC-002, TRN-065: by date_from, with some overlap for clocks that differ."""
    cpo, emsp = pair
    await furnished(cpo)
    await emsp.pull()
    clock.advance(timedelta(hours=5))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("LOC2", CPO, last_updated=unit.now))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
        assert await locations.count(unit, EMSP) == 2
    assert pulls[Module.LOCATIONS].seen == 1


async def test_a_pull_that_broke_off_goes_on_where_it_was(
    cpo: Installation, emsp: Installation, clock: SetClock
) -> None:
    async with cpo.database.unit() as unit:
        for number in range(150):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=(things.evse(f"E{number}"),)))
    await introduced(cpo, emsp)
    connection = await emsp.connection()
    endpoint = f"{cpo.url}/ocpi/cpo/{NEWEST}/locations"
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        store.pulls.pulled(
            unit, replace(task, started_at=unit.now, seen=100, next_url=f"{endpoint}?offset=100&limit=100")
        )
    await cpo.down()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        assert task.last_error and task.next_url
    await cpo.up()
    clock.advance(timedelta(minutes=5))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        assert await locations.count(unit, EMSP) == 50
    assert (task.seen, task.next_url, task.last_error) == (150, None, None)


async def test_sessions_and_cdrs_are_fetched_where_no_push_came(pair: Pair, clock: SetClock) -> None:
    """SES-004, TRN-090."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    session_id = await charged(cpo, clock)
    async with cpo.database.unit() as unit:
        store.connections.update(unit, replace(await cpo.connection(), endpoints=()))
    await cpo.settle()
    clock.advance(timedelta(hours=6))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert (await sessions.fetch(unit, EMSP, CPO, session_id)).status is SessionStatus.COMPLETED
        assert len(await cdrs.page(unit, EMSP)) == 1


# Real-time authorisation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "allowed", "asked"),
    [
        ({"whitelist": Whitelist.NEVER}, Allowed.ALLOWED, True),
        ({"whitelist": Whitelist.ALLOWED_OFFLINE}, Allowed.ALLOWED, True),
        ({"whitelist": Whitelist.NEVER, "blocked": True}, Allowed.BLOCKED, True),
        ({"whitelist": Whitelist.NEVER, "expires_at": things.LONG_AGO}, Allowed.EXPIRED, True),
        ({"whitelist": Whitelist.ALWAYS}, Allowed.ALLOWED, False),
    ],
)
async def test_the_emsp_decides_in_real_time_where_it_wants_to(
    pair: Pair, changes: dict[str, Any], allowed: Allowed, asked: bool
) -> None:
    """TOK-028, TOK-030, TOK-031, TOK-035, TOK-038, TOK-042, TOK-043, TOK-046, TOK-047."""
    cpo, emsp = pair
    await carded(emsp, **changes)
    await emsp.settle()
    ask = Asker(cpo.database, cpo.clients)
    given = await tokens.authorize(cpo.database, CPO, "card1", evse=EvseRef("LOC1", "EVSE1"), ask=ask)
    assert (given.allowed, given.asked) == (allowed, asked)
    if asked and allowed is Allowed.ALLOWED:
        assert given.reference and given.location is not None and given.location.evse_uids == ("EVSE1",)
    assert given.token is not None and given.token.owner == EMSP


@pytest.mark.parametrize(
    ("whitelist", "allowed"),
    [(Whitelist.NEVER, Allowed.NOT_ALLOWED), (Whitelist.ALLOWED_OFFLINE, Allowed.ALLOWED)],
)
async def test_when_the_emsp_cannot_be_reached_the_whitelist_decides(
    pair: Pair, whitelist: Whitelist, allowed: Allowed
) -> None:
    """TOK-030, TOK-031."""
    cpo, emsp = pair
    await carded(emsp, whitelist=whitelist)
    await emsp.settle()
    await emsp.down()
    given = await tokens.authorize(cpo.database, CPO, "CARD1", ask=Asker(cpo.database, cpo.clients))
    assert (given.allowed, given.asked) == (allowed, False)


async def test_a_token_that_the_emsp_does_not_know_is_not_allowed(pair: Pair) -> None:
    """TOK-040."""
    cpo, _ = pair
    token = things.token("LOST", EMSP, whitelist=Whitelist.NEVER)
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, token)
    given = await tokens.authorize(cpo.database, CPO, "LOST", ask=Asker(cpo.database, cpo.clients))
    assert given == Authorization(allowed=Allowed.NOT_ALLOWED, token=token, asked=True)
    assert await Asker(cpo.database, cpo.clients)(CPO, None, "LOST", None) is None


async def test_the_reference_of_an_authorisation_is_in_session_and_cdr(pair: Pair, clock: SetClock) -> None:
    """TOK-047, SES-028, CDR-029."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp, whitelist=Whitelist.NEVER)
    await emsp.settle()
    given = await tokens.authorize(cpo.database, CPO, "CARD1", ask=Asker(cpo.database, cpo.clients))
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(5), reason="Local")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (cdr.authorization_reference, cdr.auth_method) == (given.reference, AuthMethod.AUTH_REQUEST)


async def _exchanges(one: Installation) -> list[Exchange]:
    await one.clients.journal.flush()
    async with one.database.unit() as unit:
        return [e for e in await partners.exchanges(unit, await one.connection(), 500) if e.direction == "out"]

"""Who may charge, and who has to be asked."""

from datetime import timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, LocationReferences, Token, TokenType, Whitelist
from laddnav.tokens.rules import as_partners_see
from tests.clock import SetClock
from tests.things import LONG_AGO, THEM, US, token

HERE = EvseRef("LOC1", "EVSE1")


class Emsp:
    """Answers as told and remembers what it was asked; None: it cannot be reached."""

    def __init__(self, answer: Allowed | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, LocationReferences | None]] = []

    async def __call__(
        self, holder: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None:
        self.asked.append((uid, where))
        if self.answer is None:
            return None
        return Authorization(allowed=self.answer, token=token, location=where, reference="REF-1", asked=True)


async def kept(database: Database, *some: Token) -> None:
    async with database.unit() as unit:
        for one in some:
            await tokens.keep(unit, US, one)


@pytest.mark.parametrize(
    ("whitelist", "answer", "verdict", "asked"),
    [
        (Whitelist.ALWAYS, Allowed.BLOCKED, Allowed.ALLOWED, False),
        (Whitelist.ALLOWED, Allowed.BLOCKED, Allowed.ALLOWED, False),
        (Whitelist.ALLOWED_OFFLINE, Allowed.NO_CREDIT, Allowed.NO_CREDIT, True),
        (Whitelist.ALLOWED_OFFLINE, None, Allowed.ALLOWED, True),
        (Whitelist.NEVER, Allowed.ALLOWED, Allowed.ALLOWED, True),
        (Whitelist.NEVER, None, Allowed.NOT_ALLOWED, True),
    ],
)
async def test_the_whitelist_says_who_decides(
    database: Database, whitelist: Whitelist, answer: Allowed | None, verdict: Allowed, asked: bool
) -> None:
    """TOK-028, TOK-029, TOK-030, TOK-031: NEVER asks always, ALLOWED_OFFLINE decides alone only while it must."""
    await kept(database, token(owner=THEM, whitelist=whitelist))
    emsp = Emsp(answer)
    given = await tokens.authorize(database, US, "card1", evse=HERE, ask=emsp)
    assert given.allowed is verdict
    assert bool(emsp.asked) is asked
    if asked:
        assert emsp.asked == [("card1", LocationReferences("LOC1", ("EVSE1",)))]


async def test_our_own_card_is_never_asked_about(database: Database) -> None:
    await kept(database, token(whitelist=Whitelist.NEVER))
    emsp = Emsp(Allowed.BLOCKED)
    assert (await tokens.authorize(database, US, "CARD1", ask=emsp)).allowed is Allowed.ALLOWED
    assert emsp.asked == []


async def test_a_uid_that_nobody_knows_is_not_allowed(database: Database) -> None:
    """Not even by a yes that does not say whose it is, for then there is nobody to bill."""
    given = await tokens.authorize(database, US, "STRANGER", ask=Emsp(Allowed.ALLOWED))
    assert given == Authorization(allowed=Allowed.NOT_ALLOWED)
    assert (await tokens.authorize(database, US, "STRANGER")).allowed is Allowed.NOT_ALLOWED


async def test_a_uid_that_we_were_never_told_is_asked_about(database: Database) -> None:
    """TOK-034"""
    theirs = token("NEW1", owner=THEM)

    async def ask(
        holder: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None:
        assert (token, uid) == (None, "NEW1")
        return Authorization(allowed=Allowed.ALLOWED, token=theirs, asked=True)

    given = await tokens.authorize(database, US, "NEW1", ask=ask)
    assert (given.allowed, given.token) == (Allowed.ALLOWED, theirs)


async def test_an_invalid_card_is_asked_about_where_its_whitelist_says_so(database: Database) -> None:
    """TOK-032: what we keep of it may be old; TOK-033: where nobody is asked, what is not valid does not charge."""
    await kept(database, token(owner=THEM, valid=False, whitelist=Whitelist.NEVER))
    assert (await tokens.authorize(database, US, "CARD1", ask=Emsp(Allowed.ALLOWED))).allowed is Allowed.ALLOWED
    await kept(database, token("CARD2", owner=THEM, valid=False, whitelist=Whitelist.ALWAYS))
    emsp = Emsp(Allowed.ALLOWED)
    assert (await tokens.authorize(database, US, "CARD2", ask=emsp)).allowed is Allowed.BLOCKED
    assert emsp.asked == []


async def test_a_card_is_one_of_its_company_by_its_uid_and_type(database: Database) -> None:
    """TOK-005: in whatever case, and beside an app's of the same uid."""
    later = LONG_AGO + timedelta(hours=1)
    await kept(database, token(), token("card1", visual_number="7", last_updated=later))
    await kept(database, token("CARD1", type=TokenType.APP_USER))
    async with database.unit() as unit:
        known = await tokens.by_uid(unit, US, "CARD1")
    assert sorted((one.type, one.visual_number) for one in known) == [("APP_USER", None), ("RFID", "7")]


def test_partners_ask_each_time_about_what_lives_for_one_charge_or_in_an_app() -> None:
    """TOK-026"""
    told = {type: as_partners_see(token(type=type, whitelist=Whitelist.ALLOWED)).whitelist for type in TokenType}
    assert {type for type, whitelist in told.items() if whitelist is Whitelist.NEVER} == {
        TokenType.AD_HOC_USER,
        TokenType.APP_USER,
    }


async def test_a_blocked_or_expired_card_says_which(database: Database, clock: SetClock) -> None:
    await kept(
        database,
        token("LOST", blocked=True),
        token("OLD", expires_at=clock.now()),
        token("NEXT", expires_at=clock.now() + timedelta(seconds=1)),
        token("OFF", valid=False),
    )
    verdicts = {uid: (await tokens.authorize(database, US, uid)).allowed for uid in ("LOST", "OLD", "NEXT", "OFF")}
    assert verdicts == {
        "LOST": Allowed.BLOCKED,
        "OLD": Allowed.EXPIRED,
        "NEXT": Allowed.ALLOWED,
        "OFF": Allowed.BLOCKED,
    }


async def test_of_two_companies_cards_with_one_uid_the_one_that_may_charge_is_taken(database: Database) -> None:
    await kept(database, token(owner=THEM, valid=False), token(owner=PartyId("DK", "XYZ")))
    given = await tokens.authorize(database, US, "CARD1")
    assert given.token is not None
    assert given.token.owner == PartyId("DK", "XYZ")


async def test_a_verdict_is_remembered_for_the_start_that_follows(database: Database, clock: SetClock) -> None:
    await kept(database, token(owner=THEM, whitelist=Whitelist.NEVER))
    given = await tokens.authorize(database, US, "CARD1", ask=Emsp(Allowed.ALLOWED))
    async with database.unit() as unit:
        assert await tokens.given_before(unit, US, "card1") == given
    clock.advance(tokens.GOOD_FOR + timedelta(seconds=1))
    async with database.unit() as unit:
        assert await tokens.given_before(unit, US, "CARD1") is None


async def test_older_news_about_a_card_is_not_news(database: Database) -> None:
    await kept(database, token(valid=False, last_updated=LONG_AGO + timedelta(hours=1)), token(valid=True))
    async with database.unit() as unit:
        (one,) = await tokens.by_uid(unit, US, "card1")
    assert not one.valid


async def test_a_card_that_is_exported_blocked_and_imported_again_is_blocked(database: Database) -> None:
    """What is told has milliseconds; what is kept has microseconds, and is no newer for that."""
    told = LONG_AGO + timedelta(milliseconds=1)
    await kept(database, token(last_updated=told + timedelta(microseconds=7)))
    await kept(database, token(blocked=True, last_updated=told))
    async with database.unit() as unit:
        (one,) = await tokens.by_uid(unit, US, "card1")
    assert one.blocked and one.last_updated > told + timedelta(microseconds=7)


async def test_a_connection_of_the_database_is_free_while_the_emsp_thinks(database: Database) -> None:
    """A slow partner must not hold a database connection."""
    await kept(database, token(owner=THEM, whitelist=Whitelist.NEVER))

    async def slow(
        holder: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None:
        assert database.pool.lent == 0
        return None

    await tokens.authorize(database, US, "CARD1", ask=slow)

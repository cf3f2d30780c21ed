"""Signing in and out, keys and deeds, on the real database."""

import asyncio
import threading
from datetime import timedelta
from urllib.parse import quote

import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.actions import links
from laddnav.people.model import Account, Role, SignedIn, Visitor
from laddnav.people.rules import (
    EVERYWHERE_FREE,
    FIRST_NAME,
    FORGOTTEN,
    FREE_FAILURES,
    LASTS,
    ORIGIN_FREE,
    VISITS_KEPT,
    LastAdmin,
    LinkOver,
    NameTaken,
    TooManyAttempts,
    UnknownAccount,
    UnknownKey,
    UnknownVisit,
    WrongNameOrPassword,
)
from tests.clock import SetClock

PASSWORD = "correct horse battery staple"


async def add(database: Database, name: str = "Ada", role: Role = Role.ADMIN) -> Account:
    return await people.add_account(database, name=name, password=PASSWORD, role=role, language="sv", by="test")


async def sign_in(
    database: Database, name: str = "Ada", password: str = PASSWORD, address: str = "192.0.2.1"
) -> SignedIn:
    return await people.sign_in(database, name=name, password=password, address=address, device="Firefox")


async def who(database: Database, *, cookie: str | None = None, bearer: str | None = None) -> Visitor | None:
    async with database.unit() as unit:
        return await people.who(unit, cookie=cookie, bearer=bearer)


async def deeds(database: Database) -> list[tuple[str, str]]:
    """(who, deed), the oldest first."""
    async with database.unit() as unit:
        return [(deed.who, deed.deed) for deed in reversed(await people.deeds(unit))]


# ---- Visits


async def test_the_first_start_makes_an_admin_and_says_the_password_once(database: Database) -> None:
    async with database.unit() as unit:
        password = await people.first_account(unit)
    assert password is not None
    signed_in = await sign_in(database, FIRST_NAME, password)
    visitor = await who(database, cookie=signed_in.secret)
    assert visitor is not None and visitor.role is Role.ADMIN
    async with database.unit() as unit:
        assert await people.first_account(unit) is None


async def test_the_cookie_names_its_visitor_and_no_other_secret_does(database: Database) -> None:
    ada = await add(database)
    signed_in = await sign_in(database, "ADA")  # case does not tell names apart
    visitor = await who(database, cookie=signed_in.secret)
    assert visitor is not None and visitor.visit == signed_in.visit
    assert (visitor.id, visitor.name, visitor.role, visitor.language) == (ada.id, "Ada", Role.ADMIN, "sv")
    assert await who(database) is None
    assert await who(database, cookie=signed_in.secret[:-1]) is None
    assert await who(database, cookie=signed_in.visit.id) is None
    assert await who(database, bearer=signed_in.secret) is None


async def test_secrets_are_kept_nowhere(database: Database) -> None:
    await add(database)
    signed_in = await sign_in(database)
    async with database.unit() as unit:
        made = await people.create_key(unit, name="export", role=Role.VIEWER, holder=None, by="Ada")
    kept = ""
    async with database.unit() as unit:
        for table in ("account", "visit", "api_key", "audit", "sign_in_attempt"):
            kept += str([tuple(row) for row in await unit.fetch(f"select * from {table}")])
    assert "argon2id" in kept
    for secret in (PASSWORD, signed_in.secret, made.secret, made.secret.removeprefix("lad_")):
        assert secret not in kept and quote(secret) not in kept


async def test_a_visit_lives_on_by_being_seen_and_ends_when_it_is_not(database: Database, clock: SetClock) -> None:
    await add(database, role=Role.VIEWER)
    cookie = (await sign_in(database)).secret
    for _ in range(5):
        clock.advance(LASTS[Role.VIEWER].unseen - timedelta(seconds=1))
        assert await who(database, cookie=cookie) is not None
    clock.advance(LASTS[Role.VIEWER].unseen)
    assert await who(database, cookie=cookie) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.FINANCE])
async def test_a_visit_ends_however_much_it_is_used(database: Database, clock: SetClock, role: Role) -> None:
    await add(database, role=role)
    cookie, lasts = (await sign_in(database)).secret, LASTS[role]
    step = min(lasts.unseen, lasts.altogether) / 2
    for _ in range(round(lasts.altogether / step) - 1):
        clock.advance(step)
        assert await who(database, cookie=cookie) is not None
    clock.advance(step)
    assert await who(database, cookie=cookie) is None


async def test_who_may_more_meanwhile_stays_no_longer_than_such_a_one_may(database: Database, clock: SetClock) -> None:
    await add(database)
    eve = await add(database, "Eve", Role.VIEWER)
    cookie = (await sign_in(database, "Eve")).secret
    for _ in range(2):
        clock.advance(LASTS[Role.VIEWER].unseen - timedelta(hours=1))
        assert await who(database, cookie=cookie) is not None
    async with database.unit() as unit:
        await people.change_account(unit, eve.id, role=Role.FINANCE, by="Ada")
    clock.advance(timedelta(minutes=1))
    assert await who(database, cookie=cookie) is None


class FastClock(SetClock):
    """An hour of it is a minute on the wall."""

    def wall(self, length: timedelta) -> timedelta:
        return length * 60


async def test_a_visit_lasts_as_long_on_the_wall_when_our_clock_runs_fast(database_url: str) -> None:
    clock = FastClock()
    database = await Database.connect(database_url, clock=clock)
    await add(database)
    cookie = (await sign_in(database)).secret
    clock.advance(59 * LASTS[Role.ADMIN].unseen)
    assert await who(database, cookie=cookie) is not None
    for _ in range(FREE_FAILURES + 1):
        with pytest.raises(WrongNameOrPassword):
            await sign_in(database, password="wrong")
    with pytest.raises(TooManyAttempts) as refused:
        await sign_in(database)
    assert refused.value.wait == timedelta(seconds=1)
    await database.close()


async def test_one_visit_can_be_ended_and_the_others_stay(database: Database) -> None:
    ada = await add(database)
    here, there = await sign_in(database), await sign_in(database)
    async with database.unit() as unit:
        await people.end_visit(unit, ada.id, there.visit.id, by="Ada")
    assert await who(database, cookie=there.secret) is None
    assert await who(database, cookie=here.secret) is not None
    async with database.unit() as unit:
        assert [visit.id for visit in await people.visits(unit, ada.id)] == [here.visit.id]
        with pytest.raises(UnknownVisit):
            await people.end_visit(unit, ada.id, there.visit.id, by="Ada")


async def test_a_visit_is_ended_only_under_its_own_account(database: Database) -> None:
    await add(database)
    eve = await add(database, "Eve", Role.VIEWER)
    signed_in = await sign_in(database)
    async with database.unit() as unit:
        with pytest.raises(UnknownVisit):
            await people.end_visit(unit, eve.id, signed_in.visit.id, by="Eve")
    assert await who(database, cookie=signed_in.secret) is not None


async def test_all_visits_but_this_one_can_be_ended_and_signing_out_ends_this_one(database: Database) -> None:
    ada = await add(database)
    here, *others = [await sign_in(database) for _ in range(3)]
    async with database.unit() as unit:
        assert await people.end_all_visits(unit, ada.id, but=here.visit.id, by="Ada") == 2
    assert [await who(database, cookie=other.secret) for other in others] == [None, None]
    visitor = await who(database, cookie=here.secret)
    assert visitor is not None
    async with database.unit() as unit:
        await people.sign_out(unit, visitor)
    assert await who(database, cookie=here.secret) is None


async def test_old_visits_and_failures_are_forgotten(database: Database, clock: SetClock) -> None:
    ada = await add(database)
    await sign_in(database)
    clock.advance(LASTS[Role.ADMIN].unseen + VISITS_KEPT + timedelta(seconds=1))
    recent = await sign_in(database)
    await people.forget(database)
    async with database.unit() as unit:
        assert [row["id"] for row in await unit.fetch("select id from visit")] == [recent.visit.id]
        assert [visit.id for visit in await people.visits(unit, ada.id)] == [recent.visit.id]


# ---- Failed sign-ins


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "wrong"), ("Nobody", PASSWORD), ("A\x00da", PASSWORD), ("", "")]
)
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(database: Database, name: str, password: str) -> None:
    await add(database)
    with pytest.raises(WrongNameOrPassword, match="Name or password is wrong"):
        await sign_in(database, name, password)


async def test_a_stranger_who_keeps_guessing_is_slowed_down_and_keeps_the_owner_from_nothing(
    database: Database, clock: SetClock
) -> None:
    await add(database)
    for number in range(FREE_FAILURES + 1):
        with pytest.raises(WrongNameOrPassword):
            await sign_in(database, password="wrong", address=f"2001:db8::{number}")
    with pytest.raises(TooManyAttempts, match="again in 1 seconds"):
        await sign_in(database, address="2001:db8::ffff")
    await sign_in(database, address="198.51.100.1")
    with pytest.raises(TooManyAttempts):  # nor does the owner's coming let the stranger guess on
        await sign_in(database, password="wrong", address="2001:db8::1")
    clock.advance(timedelta(seconds=1))
    await sign_in(database, address="2001:db8::1")
    with pytest.raises(WrongNameOrPassword):  # a good one wipes the slate of the name there
        await sign_in(database, password="wrong", address="2001:db8::1")
    await sign_in(database, address="2001:db8::1")


async def test_guesses_at_a_name_are_bounded_from_however_many_origins_they_come(
    database: Database, clock: SetClock
) -> None:
    await add(database)
    clock.advance(timedelta(minutes=59))
    async with database.unit() as unit:
        for _ in range(EVERYWHERE_FREE):
            await people.count(unit, everywhere="name ada")
    await sign_in(database, address="198.51.100.1")  # taken back: it was good
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database, password="wrong", address="192.0.2.1")
    with pytest.raises(TooManyAttempts, match="again in 1 seconds"):
        await sign_in(database, address="192.0.2.2")
    clock.advance(timedelta(minutes=1))  # the next hour has its own
    for _ in range(2):
        with pytest.raises(WrongNameOrPassword):
            await sign_in(database, password="wrong", address="192.0.2.2")


async def test_failures_slow_down_an_origin_in_its_hour_and_not_before_a_town_has_mistyped(
    database: Database, clock: SetClock
) -> None:
    await add(database)
    async with database.unit() as unit:
        for number in range(ORIGIN_FREE):
            await people.count(unit, f"name nobody{number}", origin="address 192.0.2.1")
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database, "nobody")
    with pytest.raises(TooManyAttempts):
        await sign_in(database)
    await sign_in(database, address="198.51.100.1")
    clock.advance(FORGOTTEN)
    await sign_in(database)


async def test_one_who_keeps_asking_for_links_keeps_nobody_behind_the_same_address_waiting(database: Database) -> None:
    for _ in range(FREE_FAILURES + 1):
        await links.count_asking(database, email="EVE@example.org ", address="192.0.2.1")
    with pytest.raises(TooManyAttempts):
        await links.count_asking(database, email="eve@example.org", address="192.0.2.1")
    await links.count_asking(database, email="eve@example.org", address="198.51.100.1")  # nor Eve herself, elsewhere
    await links.count_asking(database, email="ada@example.org", address="192.0.2.1")
    for _ in range(FREE_FAILURES + 1):
        with pytest.raises(LinkOver):
            await links.come(database, "old", language="en", address="192.0.2.1", device="Firefox")
    async with database.unit() as unit:
        link = await links.make(unit, "customer")
    assert link is not None
    await links.come(database, link, language="en", address="192.0.2.1", device="Firefox")


async def test_who_types_an_origin_where_an_address_is_asked_for_slows_nobody_there(database: Database) -> None:
    async with database.unit() as unit:
        for _ in range(ORIGIN_FREE - 1):
            await people.count(unit, origin="link asked 192.0.2.1")
    for email in ("192.0.2.1", "opened 192.0.2.1", "asked 192.0.2.1"):
        for _ in range(2):
            await links.count_asking(database, email=email, address="198.51.100.1")
    for _ in range(2):
        await links.count_asking(database, email="ada@example.org", address="192.0.2.1")


async def test_many_attempts_at_once_are_not_as_many_free_ones(database: Database) -> None:
    await add(database)
    answers = await asyncio.gather(*(sign_in(database, password="wrong") for _ in range(12)), return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert kinds.count(WrongNameOrPassword) == FREE_FAILURES + 1
    assert kinds.count(TooManyAttempts) == 12 - FREE_FAILURES - 1


# ---- Accounts


async def test_a_name_is_given_once_whatever_its_case(database: Database) -> None:
    await add(database)
    with pytest.raises(NameTaken):
        await add(database, "ADA")


async def test_who_is_disabled_is_signed_out_and_stays_out(database: Database) -> None:
    await add(database)
    eve = await add(database, "Eve", Role.OPERATOR)
    cookie = (await sign_in(database, "Eve")).secret
    async with database.unit() as unit:
        await people.change_account(unit, eve.id, disabled=True, by="Ada")
    assert await who(database, cookie=cookie) is None
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database, "Eve")
    async with database.unit() as unit:
        await people.change_account(unit, eve.id, disabled=False, by="Ada")
    assert await who(database, cookie=cookie) is None
    await sign_in(database, "Eve")


async def test_a_change_of_role_holds_at_the_next_request(database: Database) -> None:
    await add(database)
    eve = await add(database, "Eve", Role.OPERATOR)
    cookie = (await sign_in(database, "Eve")).secret
    async with database.unit() as unit:
        await people.change_account(unit, eve.id, role=Role.VIEWER, language="en", by="Ada")
    visitor = await who(database, cookie=cookie)
    assert visitor is not None and (visitor.role, visitor.language) == (Role.VIEWER, "en")


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": Role.OPERATOR}])
async def test_the_last_admin_stays_one(database: Database, change: dict[str, object]) -> None:
    ada = await add(database)
    with pytest.raises(LastAdmin):
        async with database.unit() as unit:
            await people.change_account(unit, ada.id, by="Ada", **change)  # type: ignore[arg-type]  # one of two
    with pytest.raises(UnknownAccount):
        async with database.unit() as unit:
            await people.change_account(unit, "nobody", by="Ada", **change)  # type: ignore[arg-type]  # one of two


async def test_two_admins_who_disable_each_other_at_once_do_not_both_succeed(database: Database) -> None:
    ada, eve = await add(database), await add(database, "Eve")

    async def disable(account: Account) -> None:
        async with database.unit() as unit:
            await people.change_account(unit, account.id, disabled=True, by="the other")

    answers = await asyncio.gather(disable(ada), disable(eve), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "NoneType"]


async def test_a_new_password_ends_every_other_visit(database: Database) -> None:
    ada = await add(database)
    here, there = await sign_in(database), await sign_in(database)
    with pytest.raises(WrongNameOrPassword):
        await people.change_password(database, ada.id, "another good password", by="Ada", current="wrong")
    await people.change_password(
        database, ada.id, "another good password", by="Ada", current=PASSWORD, keep=here.visit.id
    )
    assert await who(database, cookie=here.secret) is not None
    assert await who(database, cookie=there.secret) is None
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database)
    await sign_in(database, password="another good password")


# ---- Keys and deeds


async def test_a_key_names_its_program_until_it_is_revoked(database: Database, clock: SetClock) -> None:
    holder = PartyId("SE", "LAD")
    async with database.unit() as unit:
        made = await people.create_key(unit, name="export", role=Role.OPERATOR, holder=holder, by="Ada")
    assert made.secret.startswith("lad_")
    visitor = await who(database, bearer=made.secret)
    assert visitor == Visitor(id=made.key.id, name="export", role=Role.OPERATOR, holder=holder, language="en")
    assert await who(database, cookie=made.secret) is None
    async with database.unit() as unit:
        (key,) = await people.keys(unit)
        assert key.used_at == clock.now()
        await people.revoke_key(unit, key.id, by="Ada")
    assert await who(database, bearer=made.secret) is None
    with pytest.raises(UnknownKey):
        async with database.unit() as unit:
            await people.revoke_key(unit, key.id, by="Ada")


async def test_every_deed_is_written_down_in_the_unit_that_does_it(database: Database) -> None:
    ada = await add(database)
    await sign_in(database)
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database, password="wrong")
    async with database.unit() as unit:
        made = await people.create_key(unit, name="export", role=Role.VIEWER, holder=None, by="Ada")
        await people.revoke_key(unit, made.key.id, by="Ada")
        await people.change_account(unit, ada.id, language="en", by="Ada")
        await people.end_all_visits(unit, ada.id, by="Ada")
    assert await deeds(database) == [
        ("test", "add account"),
        ("Ada", "sign in"),
        ("Ada", "sign in refused"),
        ("Ada", "create key"),
        ("Ada", "revoke key"),
        ("Ada", "change account"),
        ("Ada", "end all visits"),
    ]
    async with database.unit() as unit:
        first, second = await people.deeds(unit, limit=2)
        assert [deed.deed for deed in (await people.deeds(unit, after=second.id, limit=1))] == ["revoke key"]
        assert (first.about, first.detail) == (f"account {ada.id}", "1")


async def test_a_sign_in_takes_no_thread_that_others_need(database: Database) -> None:
    """Stations show passwords and names are resolved in those that everybody shares; a crowd waits elsewhere."""
    before = set(threading.enumerate())
    await add(database)
    await sign_in(database)
    with pytest.raises(WrongNameOrPassword):
        await sign_in(database, "Nobody")
    new = {one.name.split("_")[0] for one in set(threading.enumerate()) - before}
    assert new <= {"sign-in"} <= {one.name.split("_")[0] for one in threading.enumerate()}

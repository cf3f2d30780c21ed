"""A driver's own pages: in by a link that is mailed, and nothing there that is somebody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import aiohttp
import msgspec
from yarl import URL

from laddnav.cdrs import actions as cdrs
from laddnav.customers import actions as customers
from laddnav.customers.actions import coming, reimbursing
from laddnav.customers.home import Home
from laddnav.customers.model import Customer, Kind
from laddnav.customers.rules import CustomerSaid
from laddnav.db.outbox import drain
from laddnav.kit.energy import kwh
from laddnav.locations import actions as locations
from laddnav.mail import store as mail
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import LINK, LINKS_MAX
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenKey
from tests.clock import SetClock
from tests.things import US, location, settled, token
from tests.web.site import Site, begin, measure, stop
from tests.web.test_doors import GUARDED, ask, client, name
from tests.web.test_doors import sign_in as desk
from tests.web.test_hubs import read

__all__ = ["client"]

EVA, ULF, NOBODY = "eva@example.org", "ulf@example.org", "nobody@example.org"


async def customer(site: Site, email: str, uid: str) -> Customer:
    """Whose card is the one of this uid."""
    said = CustomerSaid(name=email.partition("@")[0].title(), email=email, language="en")
    async with site.database.unit() as unit:
        one = await customers.add(unit, US, said, by="a test")
        await tokens.keep(unit, US, token(uid))
        await customers.keep_contract(unit, one.ref, token(uid).contract_id, by="a test")
        return one


async def mailed(site: Site) -> list[tuple[str, str]]:
    """To whom, and the link, which no page shows: of each mail, the newest first."""
    async with site.database.unit() as unit:
        found = await mail.listed(unit, None, before=None, state=None, limit=50)
    return [(one.to, re.findall(r"link=(\S+)", one.text)[0]) for one in found]


async def ask_link(client: aiohttp.ClientSession, site: Site, email: str) -> str:
    async with client.post(f"{site.url}/my/sign-in", data={"email": email}) as answer:
        assert answer.status == 200
        return await answer.text()


async def come(client: aiohttp.ClientSession, site: Site, link: str) -> int:
    async with client.post(f"{site.url}/my/come", data={"link": link}, allow_redirects=False) as answer:
        return answer.status


async def signed_in(client: aiohttp.ClientSession, site: Site, email: str = EVA) -> str:
    """Its CSRF token."""
    await ask_link(client, site, email)
    assert await come(client, site, (await mailed(site))[0][1]) == 303
    async with site.database.unit() as unit:
        found = [await people.who(unit, cookie=one.value) for one in client.cookie_jar]
    (visit,) = [one.visit for one in found if one is not None and one.visit is not None]
    return visit.csrf


async def charged(site: Site, clock: SetClock) -> str:
    """With Eva's card; the ref of its CDR."""
    station = await settled(site.database)
    await customer(site, EVA, "CARD1")
    clock.advance(timedelta(minutes=1))
    session = await begin(site, clock, station)
    await measure(site, clock, station, session, 3000)
    await stop(site, clock, session, 5000)
    await drain(site.database)
    async with site.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
    return cdr.ref


async def test_a_link_lets_in_once_and_for_a_quarter_of_an_hour(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    await customer(site, EVA, "CARD1")
    assert (await client.get(f"{site.url}/my", allow_redirects=False)).status == 303
    await signed_in(client, site)
    assert "Hello Eva" in await read(client, f"{site.url}/my")
    client.cookie_jar.clear()
    ((_, used),) = await mailed(site)
    assert await come(client, site, used) == 401
    await ask_link(client, site, EVA)
    clock.advance(LINK)
    assert await come(client, site, (await mailed(site))[0][1]) == 401
    assert await come(client, site, "made up") == 401
    async with client.get(f"{site.url}/my/come?link={used}") as answer:
        assert answer.status == 200, "to look at a link, as mail programs do, is not to use it"


async def test_who_asks_hears_the_same_of_every_address_and_no_letter_box_is_filled(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    await customer(site, EVA, "CARD1")
    assert await ask_link(client, site, NOBODY) == await ask_link(client, site, EVA.upper())
    assert [to for to, _ in await mailed(site)] == [EVA]
    for _ in range(LINKS_MAX + 1):
        await ask_link(client, site, EVA)
    assert len(await mailed(site)) == LINKS_MAX
    await ask_link(client, site, EVA)
    async with client.post(f"{site.url}/my/sign-in", data={"email": EVA}) as answer:
        assert (answer.status, "oo many" in await answer.text()) == (429, True)
    await ask_link(client, site, ULF)


async def test_the_desk_mails_a_link_for_the_one_customer_that_is_open(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """A household has one address, and whose pages somebody is to see was said to the desk."""
    await settled(site.database)
    first, second = await customer(site, EVA, "CARD1"), await customer(site, EVA, "CARD2")
    csrf = await desk(client, site, Role.SUPPORT)
    for said in (*["A link to their own pages is on its way."] * LINKS_MAX, "Enough links are on their way"):
        async with client.post(f"{site.url}/customers/{second.ref}/link", data={"csrf": csrf}) as answer:
            assert said in await answer.text()
    client.cookie_jar.clear()
    assert len(sent := await mailed(site)) == LINKS_MAX
    assert await come(client, site, sent[0][1]) == 303
    kept = await read(client, f"{site.url}/my/data.json")
    assert second.ref in kept and first.ref not in kept


async def test_a_drivers_plan_is_shown_with_and_without_charging_at_home(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    eva = await customer(site, EVA, "CARD1")
    await signed_in(client, site)
    without = await read(client, f"{site.url}/my/plan")
    async with site.database.unit() as unit:
        await locations.keep(unit, US, location("HOME1"))
        company = await customers.add(unit, US, CustomerSaid(name="Nordfrakt AB", kind=Kind.BUSINESS), by="a test")
        home = Home(
            holder=US,
            ref="",
            employer=company.ref,
            employee=eva.ref,
            location_id="HOME1",
            rates=(await reimbursing.rate_of(unit, US, Decimal("1.985"), None),),
            last_updated=unit.now,
        )
        await reimbursing.agree(unit, home, by="a test")
        for currency in ("SEK", "EUR"):
            await reimbursing.pay_back(
                unit,
                US,
                owner=US,
                cdr_id=currency,
                location_id="HOME1",
                contract_id="any",
                day=home.rates[0].since,
                energy=kwh("10"),
                currency=currency,
            )
    english = await read(client, f"{site.url}/my/plan")
    client.cookie_jar.update_cookies({"language": "sv"}, URL(site.url))
    swedish = await read(client, f"{site.url}/my/plan")
    assert "Charging at home" not in without
    assert all(words in english for words in ("1.985", "19.85", "Nothing: charged in EUR, and the rate is in SEK"))
    assert all(words in swedish for words in ("1,985", "19,85", "laddningen är i EUR och ersättningen i SEK"))


async def test_a_driver_signs_out_everywhere_else(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    await customer(site, EVA, "CARD1")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as telephone:
        await signed_in(telephone, site)
        csrf = await signed_in(client, site)
        assert (await read(client, f"{site.url}/my/you")).count('data-label="Since"') == 2
        async with client.post(f"{site.url}/my/visits/end-others", data={"csrf": csrf}) as answer:
            said = await answer.text()
        assert "You are signed out everywhere else." in said and said.count('data-label="Since"') == 1
        assert (await telephone.get(f"{site.url}/my", allow_redirects=False)).status == 303


async def test_a_driver_sees_each_line_of_their_own_charge_and_nothing_of_anybody_else(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    ref = await charged(site, clock)
    await signed_in(client, site)
    listed, shown = await read(client, f"{site.url}/my"), await read(client, f"{site.url}/my/charges/{ref}")
    assert all(words in listed for words in ("Kajen", "4.0", "18.75"))
    assert all(words in shown for words in ("Energy", "18.75", "2.50"))
    (invoice,) = re.findall(r"/my/invoices/([\w-]+)\.pdf", shown)
    async with client.get(f"{site.url}/my/invoices/{invoice}.pdf") as answer:
        assert (answer.status, (await answer.read())[:4]) == (200, b"%PDF")

    client.cookie_jar.clear()
    await customer(site, ULF, "CARD2")
    csrf = await signed_in(client, site, ULF)
    assert "Kajen" not in await read(client, f"{site.url}/my")
    await read(client, f"{site.url}/my/charges/{ref}", status=404)
    await read(client, f"{site.url}/my/invoices/{invoice}.pdf", status=404)
    assert "CARD1" not in await read(client, f"{site.url}/my/cards")
    async with client.get(f"{site.url}/my/data.json") as answer:
        kept = await answer.text()
    assert ULF in kept and EVA not in kept and "CARD1" not in kept
    form = {"csrf": csrf, "uid": "CARD1"}
    async with client.post(f"{site.url}/my/cards/lost", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    async with site.database.unit() as unit:
        assert not (await tokens.fetch(unit, US, TokenKey(US, "RFID", "CARD1"))).blocked


async def test_what_was_charged_before_a_contract_was_theirs_stays_with_whom_it_was_billed_to(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    ref = await charged(site, clock)
    async with site.database.unit() as unit:
        (eva,) = await customers.page(unit, US)
        await customers.release_contract(unit, eva.ref, token().contract_id, by="a test")
    await customer(site, ULF, "CARD1")
    await signed_in(client, site, ULF)
    assert "CARD1" in await read(client, f"{site.url}/my/cards")
    assert "Kajen" not in await read(client, f"{site.url}/my")
    await read(client, f"{site.url}/my/charges/{ref}", status=404)


async def test_a_lost_card_is_blocked_at_once_and_that_is_written_down(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    eva = await customer(site, EVA, "CARD1")
    csrf = await signed_in(client, site)
    async with client.post(f"{site.url}/my/cards/lost", data={"csrf": csrf, "uid": "CARD1"}) as answer:
        assert "The card is blocked." in await answer.text()
    async with site.database.unit() as unit:
        assert (await tokens.fetch(unit, US, TokenKey(US, "RFID", "CARD1"))).blocked
        deeds = [(one.who, one.deed, one.about) for one in await people.deeds(unit)]
    assert (f"driver {eva.ref}", "block card", f"customer {eva.ref}") in deeds


async def test_a_wish_to_be_deleted_waits_for_a_person_and_then_nobody_comes_in_by_an_old_link(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    await customer(site, EVA, "CARD1")
    csrf = await signed_in(client, site)
    await ask_link(client, site, EVA)
    async with client.post(f"{site.url}/my/leave", data={"csrf": csrf}) as answer:
        assert "You asked for deletion" in await answer.text()
    async with site.database.unit() as unit:
        ((eva, _),) = await coming.leaving(unit, US)
        await coming.has_left(unit, eva, by="anna")
        assert await coming.leaving(unit, US) == []
    assert (await client.get(f"{site.url}/my", allow_redirects=False)).status == 303
    assert await come(client, site, (await mailed(site))[0][1]) == 401


async def test_a_driver_opens_no_door_of_the_house(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    await customer(site, EVA, "CARD1")
    csrf = await signed_in(client, site)
    async with client.get(f"{site.url}/", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/my"
    shut = [one for one in GUARDED if "driver" not in (one.role, *one.also) and one.path != "/"]
    for door in shut:
        form = {"csrf": csrf} if door.method == "POST" else {}
        assert (await ask(client, site, door, **form)).status == 403, name(door)
    assert len(shut) > 100


async def test_what_is_kept_of_them_is_theirs_to_take_along(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await charged(site, clock)
    await signed_in(client, site)
    async with client.get(f"{site.url}/my/data.json") as answer:
        kept = msgspec.json.decode(await answer.read())
    assert kept["customer"]["email"] == EVA
    assert [one["uid"] for one in kept["cards"]] == ["CARD1"]
    assert [one["costs"]["total"]["before_taxes"] for one in kept["charges"]] == [15.0]
    assert not kept["charges_left_out"] and len(kept["invoices"]) == 1

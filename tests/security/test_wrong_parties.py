"""Every endpoint of OCPI, asked by everybody whom it does not concern: nobody sees or changes what is not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping

import pytest
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.sides import OFFERED, UNROUTED
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import Interface, Module, State, Step, opposite
from laddnav.ocpi.wire.profiles import ProfileVerdict
from laddnav.ocpi.wire.routing import Route, route_headers
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import Answer, Ask, Installation, befriended, installed, stranger
from tests.ocpi.peer import peer
from tests.security.contents import every_row
from tests.security.doors import Door, Said, doors, is_known, said
from tests.security.house import House, asked, by_contract, connection_of, delegating, furnished, kept_for_them

US = PartyId("SE", "LAD")
ALSO_US = PartyId("SE", "NOR")  # another party of the same installation
PARTNER = PartyId("NL", "TNM")
OTHER = PartyId("DE", "XYZ")
HUB = PartyId("BE", "HUB")
CPO = PartyId("BE", "CPO")  # at whose Stations our drivers charge

# What is for every partner of ours in the same role, and for nobody else: where one can charge, at what price, and
# whether a Token of ours may.
FOR_EVERYBODY = {
    (Module.BOOKING_LOCATIONS, Interface.SENDER),
    (Module.LOCATIONS, Interface.SENDER),
    (Module.TARIFFS, Interface.SENDER),
    (Module.TOKENS, Interface.SENDER),
    (Module.HUB_CLIENT_INFO, Interface.SENDER),
}
# What changes because somebody asks: the logs, when it was heard of, and what we last said of our own things.
SINCE_SOMEBODY_ASKED = {"ocpi_exchange": "true", "hub_request": "true", "ocpi_words": "said"}
OF_RESULTS = (Module.COMMANDS, Interface.SENDER)  # whose URL is a secret already
OF_HUBS = (Module.HUB_CLIENT_INFO, Interface.RECEIVER)  # only a hub says who is behind it
NO = {*Verdict, *ProfileVerdict} - {Verdict.ACCEPTED, ProfileVerdict.ACCEPTED, ProfileVerdict.TOO_OFTEN}


class Wrong(Struct, frozen=True, kw_only=True):
    """Somebody who has no business there: with which token, in whose name, and with which headers."""

    token: str | None
    in_url: PartyId = PARTNER
    in_body: PartyId = PARTNER
    headers: Mapping[str, str] = {}
    of: PartyId | None = None  # whose partner it is, in the role that is asked
    shut_out: bool = False  # from versions and credentials too

    def says_nothing_wrong(self, door: Door, right: Said, said: Said, body: bytes | None) -> bool:
        """Its headers mean nothing there, or what it would say is right, or what everybody may."""
        if self.headers:
            return door.module in UNROUTED or not door.version.routes
        if self.token is None:
            return (door.module, door.interface) == OF_RESULTS
        if self.of is not None:
            return said.nameless or door.passes_on or (self.of is US and (door.module, door.interface) in FOR_EVERYBODY)
        is_other = self.in_url is OTHER or self.in_body is OTHER
        return is_other and (said.segments, body) == (right.segments, right.spelt(door))


class Walk:
    """One installation, its right party, and everybody else."""

    def __init__(self, one: Installation, role: Role, them: Role, house: House, right: str, hub: str) -> None:
        self.one, self.role, self.them, self.house, self.right, self.hub = one, role, them, house, right, hub
        self.doors = [door for door in doors(role) if door.is_delegated is (them is Role.SCSP)]

    def ask(
        self, ask: Ask, door: Door, what: Said, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Awaitable[Answer]:
        return ask(door.method, f"{self.one.url}{what.url(door)}", body, headers)


# In each role that we play, its counterpart asks; and of an eMSP whoever limits its drivers' charges.
ASKED_BY = [*((role, opposite(role)) for role in OFFERED), (Role.EMSP, Role.SCSP)]


@pytest.fixture(params=ASKED_BY, ids=lambda one: f"{one[0]} by {one[1]}")
async def walk(request: pytest.FixtureRequest, database_url: str, clock: SetClock) -> AsyncIterator[Walk]:
    role, them = request.param
    async with installed(database_url, clock, US, role, stranger_rate=0) as one, peer() as cpo:
        async with one.database.unit() as unit:
            await parties.add(unit, things.party(ALSO_US, ref=unit.new_id()))
        right = await befriended(one, PARTNER, them)
        hub = await befriended(one, HUB, Role.HUB)
        house = await furnished(one, clock, PARTNER)
        if them is Role.SCSP:
            house = replace(house, charging=await delegating(one, CPO, cpo))
            await by_contract(one, US, PARTNER)
        await asked(one, await connection_of(one, US, PARTNER, role))
        walk = Walk(one, role, them, house, right, hub)
        await served(walk, ends=False)
        await kept_for_them(one)
        yield walk


async def served(walk: Walk, *, ends: bool) -> None:
    """The right party asks, and gets what it wants: else it would say nothing that nobody else does."""
    order = ["POST", "PUT", "GET", "PATCH", "DELETE"]
    async with stranger(walk.right) as by_the_partner, stranger(walk.hub) as by_the_hub:
        for door in sorted(walk.doors, key=lambda door: order.index(door.method)):
            ask = by_the_hub if (door.module, door.interface) == OF_HUBS else by_the_partner
            for what in said(door, walk.house, PARTNER) if is_known(door, walk.house) else ():
                if is_an_end(door, what) is ends:
                    answer = await walk.ask(ask, door, what, what.spelt(door))
                    assert answer.status == 1000, (str(door), what.segments, answer.words)
                    assert refusal(answer) is None, (str(door), what.segments, answer.words)


def is_an_end(door: Door, what: Said) -> bool:
    """After it, nothing would be left for others to try."""
    return (
        door.method == "DELETE"
        or "deactivate" in what.segments
        or (door.module is Module.COMMANDS and "RESERVE_NOW" not in what.segments)
    )


def refusal(answer: Answer) -> str | None:
    """A no in the words of commands and profiles, which are a yes of OCPI."""
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    return result if result in NO else None


def test_of_each_endpoint_it_is_known_what_the_right_party_says() -> None:
    """A new one is knocked at by everybody wrong at once, but a no says little where nobody is told yes."""
    house = House(holder=US, partner=PARTNER, charging="S1", charged="S2")
    unknown = {door.key for role in OFFERED for door in doors(role) if not door.passes_on and not is_known(door, house)}
    # Of a capture there is nothing to be seen before a CDR of theirs was paid at a terminal of ours.
    assert unknown == {(Module.CONFIRMATIONS, Interface.SENDER, "GET", 1)}


async def everybody_else(walk: Walk) -> Mapping[str, Wrong]:
    one, role = walk.one, walk.role
    them = walk.them
    another_role = Role.CPO if role is Role.HUB else Role.HUB
    left = await befriended(one, PartyId("FR", "LFT"), them)
    async with one.database.unit() as unit:
        await partners.leave(unit, await connection_of(one, US, PartyId("FR", "LFT"), role), Step.THEY_DELETE)
    suspended = await befriended(one, PartyId("FR", "SUS"), them, state=State.SUSPENDED)
    invited = await befriended(one, PartyId("FR", "INV"), them, state=State.INVITED)
    registering = await befriended(one, PartyId("FR", "REG"), them, state=State.REGISTERING)
    to_others = route_headers(Route(to=ALSO_US, origin=PARTNER))
    from_others = route_headers(Route(to=US, origin=OTHER))
    return {
        "another partner": Wrong(token=await befriended(one, OTHER, them), of=US),
        "a partner of another party of ours": Wrong(
            token=await befriended(one, OTHER, them, holder=ALSO_US), of=ALSO_US
        ),
        "a partner of another role": Wrong(token=await befriended(one, OTHER, them, our_role=another_role)),
        "one that left": Wrong(token=left, shut_out=True),
        "one that is suspended": Wrong(token=suspended, shut_out=True),
        "one that is invited only": Wrong(token=invited),
        "one that we are registering with": Wrong(token=registering),
        "somebody without a token": Wrong(token=None, shut_out=True),
        "somebody unknown": Wrong(token="a-token-of-nobody", shut_out=True),
        **await by_another_contract(walk),
        "the right one, for somebody else": Wrong(token=walk.right, headers=to_others),
        "the right one, as somebody else": Wrong(token=walk.right, headers=from_others),
        "the right one, of somebody else's thing": Wrong(token=walk.right, in_url=OTHER, in_body=OTHER),
        "the right one, at somebody else's URL": Wrong(token=walk.right, in_url=OTHER),
        "the right one, with somebody else's body": Wrong(token=walk.right, in_body=OTHER),
    }


async def by_another_contract(walk: Walk) -> Mapping[str, Wrong]:
    """Who limits charges of the drivers of another party of ours has nothing to do with those of this one."""
    if walk.them is not Role.SCSP:
        return {}
    party = PartyId("FR", "LIM")
    token = await befriended(walk.one, party, walk.them, holder=ALSO_US, our_role=walk.role)
    await by_contract(walk.one, ALSO_US, party)
    return {"one with a contract with another party of ours": Wrong(token=token)}


async def test_nobody_sees_or_changes_what_is_not_theirs(walk: Walk) -> None:
    """TRN-009: and what it concerns goes on to be served."""
    failures: list[str] = []
    others = await everybody_else(walk)
    after = await every_row(walk.one.database, but=SINCE_SOMEBODY_ASKED)
    for name, wrong in others.items():
        before = after
        async with stranger(wrong.token) as ask:
            for door in walk.doors:
                failures += [f"{name}: {door} {answer}" for answer in await let_in(walk, ask, door, wrong)]
            if wrong.shut_out:
                failures += [f"{name}: {url}" for url in await handshakes(walk, ask)]
            after = await every_row(walk.one.database, but=SINCE_SOMEBODY_ASKED)
        failures += [
            f"{name}: {sign} {row}" for sign, rows in (("-", before - after), ("+", after - before)) for row in rows
        ]
    assert not failures, "\n".join(failures[:40])
    await served(walk, ends=True)


async def let_in(walk: Walk, ask: Ask, door: Door, wrong: Wrong) -> list[str]:
    """What the wrong party was given at a door, if anything."""
    given: list[str] = []
    for right, other in zip(said(door, walk.house, PARTNER), said(door, walk.house, OTHER), strict=True):
        url = other if wrong.in_url is OTHER else right
        body = (other if wrong.in_body is OTHER else right).spelt(door)
        if wrong.says_nothing_wrong(door, right, url, body):
            continue
        answer = await walk.ask(ask, door, url, body, wrong.headers)
        assert answer.http < 500, (str(door), answer.words)
        if not (refusal(answer) or (answer.data in (None, []) and (answer.status != 1000 or answer.data == []))):
            given.append(f"{url.segments} {answer.http} {answer.words}")
    return given


async def handshakes(walk: Walk, ask: Ask) -> list[str]:
    """Where a stranger is told anything else than that it is one."""
    urls = [("GET", "versions"), *(("GET", number) for number in VERSIONS)]
    urls += [(method, f"{number}/credentials") for number in VERSIONS for method in ("GET", "POST", "PUT", "DELETE")]
    answers = {url: await ask(url[0], f"{walk.one.url}/ocpi/{url[1]}", b"{}") for url in urls}
    return [f"{url} {answer.words}" for url, answer in answers.items() if answer.both != (401, 2000) or answer.data]


async def test_in_its_own_name_nobody_makes_anything_but_its_own(walk: Walk) -> None:
    """Ids are anybody's: what another partner tells under the same ones stands beside, and takes nothing away."""
    but = SINCE_SOMEBODY_ASKED | {"booking_location": "true"}  # what one has booked, no other can
    for holder, whose in ((US, OTHER), (ALSO_US, PARTNER)):
        token = await befriended(walk.one, whose, walk.them, holder=holder)
        before = await every_row(walk.one.database, but=but)
        async with stranger(token) as ask:
            for door in walk.doors:
                for what in said(door, walk.house, whose):
                    answer = await walk.ask(ask, door, what, what.spelt(door))
                    assert answer.http < 500, (str(door), answer.words)
        after = await every_row(walk.one.database, but=but)
        assert before - after == set()
        for name, row in (
            (name, parsed(row.encode())) for name, _, row in (one.partition(" ") for one in after - before)
        ):
            told = str(row)
            assert row.get("holder", str(holder)) == str(holder), (name, row)
            assert str(PARTNER) not in told if whose is OTHER else str(OTHER) not in told, (name, row)

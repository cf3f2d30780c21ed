"""Two partners between whom everything goes wrong: in the end both say the same, and nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random  # noqa: TID251 - seeded dice
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.postings import payable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.db.events import Event
from laddnav.db.unit import Listener
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi.connections import partners
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.chaos import MISHAPS, Chaos
from tests.ocpi.furnishing import charged, furnished
from tests.ocpi.network import CPO, EMSP, HEARS, Installation, Pair, installed, introduced

BILLED: Mapping[type[Event], Sequence[Listener]] = {
    **HEARS,
    CdrClosed: [*HEARS[CdrClosed], billing.bill],
    CdrReceived: [cdrs.check],
    CdrAccepted: [billing.bill],
}
ROUNDS = 12
THEIRS_AHEAD = timedelta(hours=5)  # of ours, whatever they think the time is
WITHIN = timedelta(seconds=0.5)  # they wait for each other, so that what comes too late costs no more
CARDS = ("CARD1", "CARD2", "CARD3", "CARD4")


class Story:
    """What happens on both sides, by the dice; `charges` counts those that have to be billed."""

    def __init__(self, pair: Pair, clocks: Sequence[SetClock], chaos: Sequence[Chaos], dice: Random) -> None:
        self.cpo, self.emsp = pair
        self.clocks, self.chaos, self.dice = clocks, chaos, dice
        self.charges = 0

    async def goes_on(self) -> None:
        """Something happens, some of it is told, and time passes."""
        for _ in range(self.dice.randrange(1, 4)):
            await self.dice.choice([self.status, self.place, self.price, self.card, self.charge])()
        for one in self.dice.sample([self.cpo, self.emsp], 2):
            await one.settle()
            if self.dice.random() < 0.5:
                await one.pull()
        self.pass_by(timedelta(seconds=self.dice.randrange(1, 300)))

    async def ends(self) -> None:
        """The line is good again, and a day passes."""
        for mishaps in self.chaos:
            mishaps.quiet = True
        for _ in range(30):
            for one in (self.cpo, self.emsp):
                await one.settle()
                await one.pull()
            self.pass_by(timedelta(hours=1))

    def pass_by(self, length: timedelta) -> None:
        for clock in self.clocks:
            clock.advance(length)

    async def status(self) -> None:
        async with self.cpo.database.unit() as unit:
            status = self.dice.choice([Status.AVAILABLE, Status.CHARGING, Status.BLOCKED])
            await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE2", status, unit.now)

    async def place(self) -> None:
        async with self.cpo.database.unit() as unit:
            id, name = f"PLACE{self.dice.randrange(6)}", f"Kajen {self.dice.randrange(100)}"
            await locations.keep(unit, CPO, things.location(id, CPO, name=name, evses=(), last_updated=unit.now))

    async def price(self) -> None:
        async with self.cpo.database.unit() as unit:
            id, url = f"T{self.dice.randrange(2, 8)}", f"https://ladd.example/{self.dice.randrange(100)}"
            await tariffs.keep(unit, CPO, things.tariff(id, CPO, url=url, last_updated=unit.now))

    async def card(self) -> None:
        async with self.emsp.database.unit() as unit:
            valid = self.dice.random() < 0.7
            uid = f"OTHER{self.dice.randrange(6)}"
            await tokens.keep(unit, EMSP, things.token(uid, EMSP, valid=valid, last_updated=unit.now))

    async def charge(self) -> None:
        before = self.clocks[0].now()
        await charged(self.cpo, self.clocks[0], energy=str(self.dice.randrange(1, 20)), uid=self.dice.choice(CARDS))
        self.clocks[1].advance(self.clocks[0].now() - before)
        self.charges += 1


@asynccontextmanager
async def told(urls: Sequence[str], seed: int) -> AsyncIterator[Story]:
    """Two that know each other, and what they have to tell; from now on everything goes wrong."""
    dice = Random(seed)
    clocks = SetClock(), SetClock()
    clocks[1].advance(THEIRS_AHEAD)
    chaos = Chaos(dice), Chaos(dice)
    async with (
        installed(urls[0], clocks[0], CPO, Role.CPO, hears=BILLED) as cpo,
        installed(urls[1], clocks[1], EMSP, Role.EMSP, hears=BILLED) as emsp,
    ):
        await introduced(cpo, emsp)
        await furnished(cpo)
        async with emsp.database.unit() as unit:
            for uid in CARDS:
                await tokens.keep(unit, EMSP, things.token(uid, EMSP, whitelist=Whitelist.ALWAYS))
        await emsp.settle()
        for one, mishaps in zip((cpo, emsp), chaos, strict=True):
            one.clients.settings = replace(one.settings, call_within=WITHIN)
            await one.down()
            one.outside = mishaps.around
            await one.up()
        yield Story(Pair(cpo, emsp), clocks, chaos, dice)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 100))])
async def test_in_the_end_both_say_the_same(database_url: str, other_database_url: str, seed: int) -> None:
    """CDR-002, CDR-003, CDR-004, SES-003: and each CDR is billed once."""
    async with told((database_url, other_database_url), seed) as story:
        for _ in range(ROUNDS):
            await story.goes_on()
        await story.charge()
        await story.ends()
        ours, theirs = await known(story.cpo), await known(story.emsp)
        assert set().union(*(one.thrown for one in story.chaos)) == {mishap.__name__ for mishap in MISHAPS}
        for kind in ours:
            assert ours[kind] == theirs[kind], kind
        assert len(ours["cdrs"]) == story.charges
        for one in (story.cpo, story.emsp):
            async with one.database.unit() as unit:
                waiting = [(each.waiting, each.dead) for each in await partners.connections(unit, one.holder)]
                assert waiting == [(0, 0)] and not await unit.value("select count(*) from job")
        await each_is_billed_once(story.emsp, ours["cdrs"])


async def known(one: Installation) -> dict[str, dict[str, Any]]:
    """What one of them knows of what both should know, in words that do not say who knows it."""
    async with one.database.unit() as unit:
        return {
            "locations": {
                each.id: (each.name, [(evse.uid, evse.status) for evse in each.evses])
                for _, _, each in await locations.page(unit, one.holder, CPO, limit=1000)
            },
            "tariffs": {each.id: each.url for _, _, each in await tariffs.page(unit, one.holder, CPO, limit=1000)},
            "tokens": {
                each.uid: (each.valid, each.whitelist)
                for _, _, each in await tokens.page(unit, one.holder, EMSP, limit=1000)
            },
            "sessions": {
                each.id: (each.status, each.energy, each.ended_at)
                for each in await sessions.page(unit, one.holder, CPO, limit=1000)
            },
            "cdrs": {
                each.id: (each.energy, each.costs.total.before_taxes)
                for each in await cdrs.page(unit, one.holder, CPO, limit=1000)
            },
        }


async def each_is_billed_once(emsp: Installation, closed: Mapping[str, Any]) -> None:
    """And owed to the CPO once."""
    async with emsp.database.unit() as unit:
        owed = await ledger.entries(unit, EMSP, account=payable(CPO), limit=10_000)
        assert sorted(one.entry.cites for one in owed) == sorted(f"cdr {CPO}/{id}" for id in closed)
        assert sum(one.amount for one in await ledger.trial_balance(unit, EMSP)) == 0

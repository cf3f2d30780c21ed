"""Our VEN at a VTN whose business side is played by two clients of others: limits obeyed, proved and reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.seal import Seal
from laddnav.kit.time import rfc3339
from laddnav.ocpi.calls.guard import ForbiddenAddress
from laddnav.openadr import actions
from laddnav.openadr.model import GridResource, KnownVtn, SignalProof, SignalState, Vtn
from laddnav.openadr.polling import Vtns
from laddnav.server.outward import Outward
from laddnav.sites import actions as sites
from laddnav.sites import store as sites_store
from laddnav.sites.actions.planning import outlook_of
from laddnav.sites.model.site import Member, Site
from laddnav.sites.model.told import Covers, Measurement, OutsideLimit, Place
from tests.clock import SetClock
from tests.openadr.conftest import Grid
from tests.things import US, settled

SEAL = Seal(b"k" * 32)
AMPS = Decimal(16), Decimal(16), Decimal(16)


class Ven:
    """Ours, with one site and one VTN."""

    def __init__(self, database: Database, clock: SetClock, vtns: Vtns, ref: str) -> None:
        self.database = database
        self.clock = clock
        self.vtns = vtns
        self.ref = ref

    async def polls(self, after: timedelta = timedelta(seconds=30)) -> KnownVtn:
        self.clock.advance(after)
        await self.vtns.poll_due()
        return await self.known()

    async def known(self) -> KnownVtn:
        async with self.database.unit() as unit:
            return await actions.by_ref(unit, self.ref)

    async def proofs(self) -> list[SignalProof]:
        """In the order in which they were heard."""
        async with self.database.unit() as unit:
            return list(reversed(await actions.signals(unit, US, limit=100)))

    async def limits(self) -> list[OutsideLimit]:
        async with self.database.unit() as unit:
            return list(await sites.limits(unit, US, "home"))

    async def plans(self) -> tuple[float, ...]:
        """What a kWh costs in each quarter, by a plan made now."""
        return (await sites.plan(self.database, US, "home", why="a test")).prices

    async def plan_is_wanted(self) -> bool:
        async with self.database.unit() as unit:
            return await unit.value("select plan_wanted from site where id_key = 'home'") is not None

    async def resource(self, *, prices: bool = False) -> None:
        async with self.database.unit() as unit:
            home = GridResource(holder=US, vtn="vtn", site_id="home", name="home", full_kw=Decimal(11), prices=prices)
            await actions.is_resource(unit, home, by="a test")

    async def draws(self, amps: str, minutes: int = 1) -> None:
        """By its mains meter, looked at twice a minute."""
        for _ in range(minutes * 2):
            async with self.database.unit() as unit:
                one = Measurement(place=Place.GRID, at=unit.now, amps=(Decimal(amps),) * 3)
                await sites.measured(unit, US, "home", one)
            await actions.prove(self.database)
            self.clock.advance(timedelta(seconds=30))


@pytest.fixture
async def ven(database: Database, clock: SetClock, grid: Grid) -> AsyncIterator[Ven]:
    await settled(database)
    outward = Outward(allow_loopback=True)
    async with database.unit() as unit:
        site = Site(
            holder=US,
            id="home",
            ref=unit.new_id(),
            name="Home",
            time_zone="Europe/Stockholm",
            currency="SEK",
            amps=AMPS,
            members=(Member(station_id="ST1", evse_no=1, amps_max=Decimal(16)),),
            last_updated=unit.now,
        )
        await sites.save(unit, site, by="a test")
        vtn = Vtn(
            holder=US,
            ref="vtn",
            name="The grid",
            url=grid.url,
            client_id="ven-laddnav",
            ven_name="laddnav",
            changed_at=unit.now,
            changed_by="a test",
        )
        await actions.connect(unit, vtn, "a-secret-of-the-ven", seal=SEAL)
    one = Ven(database, clock, Vtns(database, outward.exchange, SEAL), "vtn")
    await one.resource()
    yield one
    await outward.close()


async def an_event(grid: Grid, begin_at: datetime, **said: Any) -> dict[str, Any]:
    """4.2 kW for ten minutes, with a report of what was used."""
    program = await grid.does("program", {"programName": "Dimming"})
    event: dict[str, Any] = {
        "programID": program["id"],
        "eventName": "section 14a",
        "intervalPeriod": {"start": rfc3339(begin_at), "duration": "PT10M"},
        "payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KW"}],
        "reportDescriptors": [{"payloadType": "USAGE", "units": "KWH"}],
        "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [4.2]}]}],
    }
    made: dict[str, Any] = await grid.does("event", event | said)
    return made


async def test_a_limit_is_heard_obeyed_proved_and_reported(ven: Ven, grid: Grid) -> None:
    begin_at = ven.clock.now() + timedelta(minutes=2)
    event = await an_event(grid, begin_at)
    known = await ven.polls()
    assert known.standing.answers and known.standing.trouble is None
    (proof,) = await ven.proofs()
    assert (proof.state, proof.limit_kw, proof.heard_at) == (SignalState.AHEAD, Decimal("4.2"), ven.clock.now())
    (limit,) = await ven.limits()
    assert (limit.kw, limit.covers, limit.begin_at, limit.end_at) == (
        Decimal("4.2"),
        Covers.SITE,
        begin_at,
        begin_at + timedelta(minutes=10),
    )

    ven.clock.set(begin_at)
    await ven.draws("12")  # 8.28 kW: its cars are on their way down
    assert (await ven.proofs())[0].state is SignalState.IN_FORCE
    await _obeyed(ven)
    await ven.draws("6", minutes=9)  # 4.14 kW
    await actions.prove(ven.database)
    (proof,) = await ven.proofs()
    assert (proof.state, proof.obeyed_at) == (SignalState.OVER, begin_at + timedelta(minutes=1))
    assert (proof.highest_kw, proof.over_minutes, proof.minutes) == (Decimal("4.14"), 0, 9)
    assert proof.energy_kwh == Decimal("0.759")  # one minute of 8.28 kW, nine of 4.14 kW

    await ven.polls()
    (report,) = await grid.does("reports")
    assert (report["eventID"], report["clientName"]) == (event["id"], "laddnav")
    (resource,) = report["resources"]
    (interval,) = resource["intervals"]
    assert resource["resourceName"] == "home"
    assert interval["payloads"] == [{"type": "USAGE", "values": [0.759]}]
    assert interval["intervalPeriod"]["start"] == rfc3339(begin_at)
    await ven.polls()
    assert len(await grid.does("reports")) == 1


async def _obeyed(ven: Ven) -> None:
    """As the site says once its Stations have acknowledged that they draw no more."""
    async with ven.database.unit() as unit:
        (limit,) = await sites.limits(unit, US, "home")
        site = await sites.fetch(unit, US, "home")
        sites_store.told.put_limit(unit, site, replace(limit, obeyed_at=unit.now))


async def test_we_are_known_there_with_our_resources_and_asked_for_once(ven: Ven, grid: Grid) -> None:
    known = await ven.polls()
    assert known.standing.ven_id == "ven-1" and known.resources[0].id == "resource-2"
    await ven.polls()
    assert [one["venName"] for one in await grid.does("vens")] == ["laddnav"]


async def test_what_is_changed_there_is_changed_here_and_what_is_withdrawn_holds_no_more(ven: Ven, grid: Grid) -> None:
    event = await an_event(grid, ven.clock.now() + timedelta(seconds=10))
    await ven.polls()
    lower = [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [3]}]}]
    await grid.does("change", event | {"intervals": lower})
    await ven.polls()
    assert [one.kw for one in await ven.limits()] == [Decimal(3)]
    await grid.does("withdraw", event)
    await ven.polls()
    assert await ven.limits() == []
    (proof,) = await ven.proofs()
    assert (proof.state, proof.withdrawn_at) == (SignalState.WITHDRAWN, ven.clock.now())


async def test_prices_that_a_vtn_tells_are_what_plans_go_by_where_its_resource_says_so(ven: Ven, grid: Grid) -> None:
    begin_at = ven.clock.now()
    kinds = {"PRICE": 2, "EXPORT_PRICE": 0.5, "GHG": 40}
    await an_event(
        grid,
        begin_at,
        intervalPeriod={"start": rfc3339(begin_at), "duration": "PT1H"},
        payloadDescriptors=[
            {"payloadType": kind, "units": "KWH", "currency": "SEK"} for kind in ("PRICE", "EXPORT_PRICE")
        ],
        reportDescriptors=None,
        intervals=[
            {"id": hour, "payloads": [{"type": kind, "values": [value + hour]} for kind, value in kinds.items()]}
            for hour in range(2)
        ],
    )
    await ven.polls()
    assert set(await ven.plans()) == {0.0}  # noted
    await ven.resource(prices=True)
    await ven.polls()
    assert await ven.plan_is_wanted()
    prices = await ven.plans()
    assert prices[0] == 2 and prices[4] == 3 and prices[-1] == 2.5  # beyond what was told, its median
    async with ven.database.unit() as unit:
        site = await sites.fetch(unit, US, "home")
        outlook = await outlook_of(unit, site, begin_at, begin_at + timedelta(hours=2))
    assert outlook.export_prices is not None and outlook.carbon is not None
    assert [one.value for one in outlook.export_prices.steps] == [Decimal("0.5"), Decimal("1.5")]
    assert [one.value for one in outlook.carbon.steps] == [40, 41]

    # Heard once more it is no news; a VTN that is switched off tells nothing of what is to come.
    await ven.polls()
    assert not await ven.plan_is_wanted()
    async with ven.database.unit() as unit:
        vtn = (await actions.by_ref(unit, "vtn")).vtn
        await actions.change(unit, replace(vtn, enabled=False), None, seal=SEAL)
    assert await ven.plan_is_wanted() and set(await ven.plans()) != set(prices)
    async with ven.database.unit() as unit:
        past = await outlook_of(unit, site, begin_at, begin_at + timedelta(hours=2))
    assert past.prices is not None and [one.value for one in past.prices.steps] == [2]
    assert past.prices.steps[0].end_at == ven.clock.now()


async def test_more_events_than_a_page_holds_are_all_heard(ven: Ven, grid: Grid) -> None:
    begin_at = ven.clock.now() + timedelta(hours=1)
    first = await an_event(grid, begin_at)
    for _ in range(50):
        await grid.does("event", {key: first[key] for key in ("programID", "intervals", "intervalPeriod")})
    await ven.polls()
    assert len(await ven.proofs()) == 51


HOSTILE: dict[str, dict[str, Any]] = {
    "nonsense": {"body": "<html>we are closed</html>"},
    "half": {"body": '[{"id": "e1", "programID'},
    "no list": {"body": {"events": []}},
    "forbidden": {"status": 403},
    "too many": {"status": 429, "headers": {"Retry-After": "300"}},
    "broken": {"status": 500},
    "elsewhere": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/inward"}},
    "endless": {"body": [{"id": "x", "programID": "p", "intervals": []}] * 50},
}


@pytest.mark.parametrize("how", HOSTILE)
async def test_what_held_goes_on_to_hold_while_a_vtn_makes_no_sense(how: str, ven: Ven, grid: Grid) -> None:
    await an_event(grid, ven.clock.now())
    await ven.polls(timedelta())
    before = await ven.limits()
    assert [one.kw for one in before] == [Decimal("4.2")]
    await grid.misbehaves(events=HOSTILE[how])
    known = await ven.polls()
    assert not known.standing.answers and known.standing.trouble
    assert await ven.limits() == before
    await grid.misbehaves()
    known = await ven.polls(timedelta(minutes=5))
    assert known.standing.answers and known.standing.trouble is None


async def test_one_that_does_not_answer_is_left_alone_for_longer_and_longer(ven: Ven, grid: Grid) -> None:
    await grid.misbehaves(events={"status": 500})
    asked = []
    for _ in range(20):
        asked.append(await ven.vtns.poll_due())
        ven.clock.advance(timedelta(seconds=30))
    assert sum(asked) == 5  # at once, then after 30, 60, 120 and 240 seconds
    await grid.misbehaves(events={"status": 429, "headers": {"Retry-After": "600"}})
    ven.clock.advance(timedelta(minutes=10))
    assert await ven.vtns.poll_due() == 1
    ven.clock.advance(timedelta(seconds=599))
    assert await ven.vtns.poll_due() == 0


async def test_a_token_that_holds_no_longer_is_fetched_anew_once(ven: Ven, grid: Grid) -> None:
    await ven.polls()
    await grid.misbehaves(events={"status": 401, "times": 1})
    assert (await ven.polls()).standing.answers
    await grid.misbehaves(events={"status": 401})
    known = await ven.polls()
    assert not known.standing.answers and known.standing.trouble == "GET /events was answered with 401"


async def test_an_event_that_cannot_be_read_any_more_holds_as_it_was_understood(ven: Ven, grid: Grid) -> None:
    event = await an_event(grid, ven.clock.now())
    await ven.polls()
    await grid.misbehaves(events={"body": [{"id": event["id"], "intervals": "gone"}]})
    known = await ven.polls()
    assert known.standing.answers and f"event {event['id']}" in (known.standing.trouble or "")
    assert len(await ven.limits()) == 1


async def test_a_vtn_switched_off_limits_nothing_and_one_that_is_removed_leaves_its_proof(ven: Ven, grid: Grid) -> None:
    await an_event(grid, ven.clock.now())
    await ven.polls()
    async with ven.database.unit() as unit:
        vtn = (await actions.by_ref(unit, "vtn")).vtn
        await actions.change(unit, replace(vtn, enabled=False), None, seal=SEAL)
    assert await ven.limits() == []
    assert await ven.vtns.poll_due() == 0
    async with ven.database.unit() as unit:
        await actions.remove(unit, "vtn", by="a test")
    assert [one.state for one in await ven.proofs()] == [SignalState.WITHDRAWN]


async def test_nobody_is_led_inward(ven: Ven) -> None:
    outward = Outward(allow_loopback=False)
    for url in ("http://127.0.0.1:1", "https://127.0.0.1", "https://10.0.0.1/openadr", "https://[::1]"):
        with pytest.raises(ForbiddenAddress):
            await outward.exchange("GET", url, {}, None)
    await outward.close()


async def test_the_clock_of_a_vtn_is_held_against_ours(ven: Ven, grid: Grid) -> None:
    """The process beside us goes by the wall, our clock stands where the test has set it."""
    assert abs((await ven.polls()).standing.skew_seconds) > 60

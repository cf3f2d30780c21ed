"""What sources say is kept with where it came from, replaces what was said before, and is guessed where it is late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from laddnav.db import stream
from laddnav.db.unit import Database
from laddnav.kit.refusal import Trouble
from laddnav.kit.seal import Seal
from laddnav.market import actions, rules
from laddnav.market.actions import UnfitFeed, Wanted
from laddnav.market.feeds.table import FEED
from laddnav.market.model import Following, Kind, MarketStep, Published
from laddnav.market.rules import NotFollowed, UnfitPrices, change, forecast, holes, market_day
from laddnav.market.zones import ZONES, UnknownZone
from laddnav.parties import actions as parties
from laddnav.server.outward import Outward
from tests import things
from tests.clock import SetClock
from tests.market import samples

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)  # the clock of tests shows 09:00 of a Monday in Stockholm
SEAL = Seal(bytes(32))


def steps(begin: datetime, *values: object, length: timedelta = HOUR) -> tuple[MarketStep, ...]:
    return tuple(MarketStep(begin + n * length, length, Decimal(str(value))) for n, value in enumerate(values))


def sek(*told: MarketStep) -> Published:
    return Published(zone="SE3", currency="SEK", steps=told)


async def keep(database: Database, *told: MarketStep, currency: str = "SEK") -> int | None:
    """How many steps another document had said otherwise; None: it said nothing new."""
    async with database.unit() as unit:
        said = Published(zone="se3", currency=currency, steps=told)
        document = await actions.keep(unit, said, source="a test", by="a test")
        return None if document is None else document.changed


async def known(database: Database, begin: datetime, end: datetime, **more: str) -> list[tuple[float, int, bool]]:
    """(price, minutes, whether it is a forecast)."""
    async with database.unit() as unit:
        found = await actions.prices(unit, "SE3", begin, end, **more)
        return [(float(one.value), one.length // timedelta(minutes=1), one.forecast) for one in found.steps]


# ---- Kept


async def test_what_is_published_anew_replaces_and_what_it_was_stays_with_its_source(database: Database) -> None:
    begin, _ = market_day(TODAY)
    async with database.unit() as unit:
        await parties.add(unit, things.party())
        cursor = await stream.newest(unit)
    assert await keep(database, *steps(begin, 1, 2, 3)) == 0
    assert await keep(database, *steps(begin, 1, 2, 3)) is None
    assert await keep(database, *steps(begin, 1, 5, 3)) == 1
    assert await known(database, begin, begin + 3 * HOUR) == [(1, 60, False), (5, 60, False), (3, 60, False)]
    async with database.unit() as unit:
        after, before = await actions.documents(unit, "SE3")
        told = await stream.after(unit, cursor)
    assert [one.value for one in before.said.steps] == [1, 2, 3] and (before.new, after.new) == (3, 0)
    assert (before.source, before.fetched_by, after.begin_at) == ("a test", "a test", begin)
    assert [one.kind for one in told] == ["PricesPublished"] * 2


async def test_an_hour_that_is_said_anew_in_quarters_leaves_the_rest_of_it(database: Database) -> None:
    begin, _ = market_day(TODAY)
    await keep(database, *steps(begin, 4, 8))
    assert await keep(database, *steps(begin + HOUR, 1, 8, length=QUARTER)) == 1
    assert await known(database, begin, begin + 2 * HOUR) == [
        (4, 60, False),
        (1, 15, False),
        (8, 15, False),
        (8, 15, False),
        (8, 15, False),
    ]


async def test_nothing_is_converted_and_no_two_currencies_are_mixed(database: Database) -> None:
    begin, _ = market_day(TODAY)
    await keep(database, *steps(begin, "0.05"), currency="EUR")
    assert await known(database, begin, begin + HOUR) == [(0.05, 60, False)]
    await keep(database, *steps(begin, "0.55"), currency="SEK")
    assert await known(database, begin, begin + HOUR) == [(0.55, 60, False)]
    assert await known(database, begin, begin + HOUR, currency="EUR") == [(0.05, 60, False)]
    assert await known(database, begin, begin + HOUR, currency="NOK") == []


async def test_a_currency_that_is_told_no_more_does_not_hide_the_one_that_is(database: Database) -> None:
    begin, _ = market_day(TODAY)
    await keep(database, *steps(begin - 9 * DAY, "0.55"), currency="SEK")
    await keep(database, *steps(begin, "0.05"), currency="EUR")
    assert await known(database, begin, begin + HOUR) == [(0.05, 60, False)]


async def test_an_absurd_price_is_flagged_and_kept(database: Database) -> None:
    begin, _ = market_day(TODAY)
    await keep(database, *steps(begin, "421.50", "-0.02", 44, "-9"))
    async with database.unit() as unit:
        found = await actions.prices(unit, "SE3", begin, begin + 4 * HOUR)
        (document,) = await actions.documents(unit)
    assert [one.odd for one in found.steps] == [True, False, False, True] and document.odd == 2


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (sek(), "no prices"),
        (Published(zone="SE3", currency="KRO", steps=steps(things.LONG_AGO, 1)), "no currency"),
        (sek(MarketStep(things.LONG_AGO, timedelta(minutes=7), Decimal(1))), "lasts 0:07:00"),
        (sek(MarketStep(things.LONG_AGO + QUARTER, HOUR, Decimal(1))), "begins at no full"),
        (sek(*steps(things.LONG_AGO, 1), *steps(things.LONG_AGO, 2)), "Two steps hold"),
        (sek(*steps(things.LONG_AGO + 1000 * DAY, 2)), "nobody knows prices of then"),
        (sek(*steps(things.LONG_AGO - 20_000 * DAY, 2)), "no such market then"),
        (sek(*steps(things.LONG_AGO, "NaN")), "no price that can be calculated with"),
    ],
)
def test_what_cannot_be_is_refused_and_says_where(said: Published, says: str) -> None:
    with pytest.raises(UnfitPrices, match=says):
        rules.fit(said, datetime(2026, 11, 23, tzinfo=UTC))


quarters = st.lists(st.tuples(st.integers(0, 40), st.sampled_from((1, 2, 4)), st.integers(-3, 3)), max_size=12)


def apart(told: list[tuple[int, int, int]]) -> list[MarketStep]:
    """Steps on full hours, halves and quarters that do not lie over each other."""
    found: list[MarketStep] = []
    for start, count, value in sorted(told):
        begin = things.LONG_AGO + start * QUARTER * count
        if not any(one.begin_at < begin + count * QUARTER and one.end_at > begin for one in found):
            found.append(MarketStep(begin, count * QUARTER, Decimal(value)))
    return sorted(found, key=lambda one: one.begin_at)


def by_quarter(told: list[MarketStep]) -> dict[datetime, Decimal]:
    return {one.begin_at + n * QUARTER: one.value for one in told for n in range(one.length // QUARTER)}


@given(before=quarters, said=quarters)
def test_after_a_change_each_quarter_is_what_was_said_last_of_it(
    before: list[tuple[int, int, int]], said: list[tuple[int, int, int]]
) -> None:
    held, told = apart(before), apart(said)
    made = change(held, told)
    after = [one for one in held if one.begin_at not in made.gone] + list(made.come)
    assert by_quarter(after) == by_quarter(held) | by_quarter(told)
    assert sum((one.length for one in after), timedelta()) / QUARTER == len(
        by_quarter(after)
    )  # nothing lies over anything
    again = change(sorted(after, key=lambda one: one.begin_at), told)
    assert again.come == ()


# ---- Guessed


async def test_where_nothing_is_published_yet_the_last_three_like_days_say_it(database: Database) -> None:
    """The day after Monday the 23rd is a workday: so are Monday, Friday and Thursday; the weekend between is not."""
    for day, price in ((date(2026, 11, 18), 9), (date(2026, 11, 19), 1), (date(2026, 11, 20), 2), (TODAY, 3)):
        begin, _ = market_day(day)
        await keep(database, *steps(begin, *[price] * 96, length=QUARTER))
    for day in (date(2026, 11, 21), date(2026, 11, 22)):
        await keep(database, *steps(market_day(day)[0], *[70] * 96, length=QUARTER))
    begin, end = market_day(TOMORROW)
    assert await known(database, begin - QUARTER, end) == [(3, 15, False), *[(2, 15, True)] * 96]
    saturday = market_day(date(2026, 11, 28))[0]
    assert await known(database, saturday, saturday + QUARTER) == [(70, 15, True)]
    async with database.unit() as unit:
        assert (await actions.prices(unit, "SE3", begin, end)).published_until == begin


async def test_where_nothing_was_ever_published_nothing_is_guessed(database: Database) -> None:
    begin, end = market_day(TODAY)
    assert await known(database, begin, end) == []
    with pytest.raises(UnknownZone):
        async with database.unit() as unit:
            await actions.prices(unit, "SE5", begin, end)


@pytest.mark.parametrize(("day", "quarters_of_it"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_a_day_on_which_clocks_change_is_guessed_by_what_they_show(day: date, quarters_of_it: int) -> None:
    """Each hour of the days before costs as much as its number; in autumn two o'clock is guessed twice."""
    history: list[MarketStep] = []
    for before in range(8, 0, -1):
        begin, _ = market_day(day - timedelta(days=before))
        history += steps(begin, *range(24))
    begin, end = market_day(day)
    guessed = forecast(history, [(begin, end)])
    hours = [int(one.value) for one in guessed]
    assert hours == {92: [0, 1, *range(3, 24)], 100: [0, 1, 2, *range(2, 24)]}[quarters_of_it]
    assert sum((one.length for one in guessed), timedelta()) == quarters_of_it * QUARTER


def test_an_hour_that_is_missing_amid_others_is_guessed_and_flagged() -> None:
    begin, _ = market_day(TODAY)
    told = [*steps(begin - DAY * 3, *[5] * 24), *steps(begin, 1), *steps(begin + 2 * HOUR, 1)]
    (hole,) = holes(told[24:], begin, begin + 3 * HOUR)
    assert hole == (begin + HOUR, begin + 2 * HOUR)
    assert forecast(told, [hole]) == [MarketStep(begin + HOUR, HOUR, Decimal(5), forecast=True)]


# ---- Fetched


class Net:
    """What is found outside, by URL; everything else is away."""

    def __init__(self) -> None:
        self.there: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def __call__(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        self.asked.append(url)
        if url not in self.there:
            raise Trouble(f"{url} did not answer")
        return self.there[url]

    def publish(self, day: date, price: float) -> None:
        begin, end = market_day(day)
        values = [price] * ((end - begin) // QUARTER)
        self.there[f"https://prices.example/{day:%Y/%m-%d}_SE3.json"] = samples.elpriset(begin, values)


async def followed(database: Database) -> Following:
    async with database.unit() as unit:
        (one,) = await actions.followed(unit)
        return one


async def follow(
    database: Database, feed: str = "elprisetjustnu", *, url: str = "https://prices.example", key: str | None = None
) -> None:
    async with database.unit() as unit:
        said = Wanted(feed=feed, url=url, key=key)
        await actions.follow(unit, SEAL, "SE3", Kind.PRICE, said, by="a test")


async def test_a_source_is_asked_when_it_publishes_and_ever_later_while_it_is_late(
    database: Database, clock: SetClock
) -> None:
    net = Net()
    async with database.unit() as unit:
        await parties.add(unit, things.party())
        cursor = await stream.newest(unit)
    await follow(database)
    net.publish(TODAY, 0.5)
    await actions.fetch_due(database, net, SEAL)
    one = await followed(database)
    assert (one.trouble, one.late_since, one.tries) == (None, None, 0)
    assert one.next_at == datetime(2026, 11, 23, 11, 45, tzinfo=UTC)  # 12:45 by the clock of the market
    # It publishes late: each wait is twice as long, until half an hour.
    clock.set(one.next_at)
    waits = []
    while clock.now() < datetime(2026, 11, 23, 14, 30, tzinfo=UTC):
        await actions.fetch_due(database, net, SEAL)
        one = await followed(database)
        waits.append(one.next_at - clock.now())
        clock.set(one.next_at)
    assert [wait // timedelta(minutes=1) for wait in waits[:7]] == [2, 4, 8, 16, 30, 30, 30]
    assert one.late_since == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert one.trouble is not None and one.trouble.startswith("2026-11-24: https://prices.example")
    async with database.unit() as unit:
        assert [told.kind for told in await stream.after(unit, cursor)].count("PricesLate") == 1
    # Meanwhile what is late is guessed; when it comes, it counts.
    begin, end = market_day(TOMORROW)
    assert await known(database, begin, begin + QUARTER) == [(0.5, 15, True)]
    net.publish(TOMORROW, 0.75)
    await actions.fetch_due(database, net, SEAL)
    assert await known(database, begin, begin + QUARTER) == [(0.75, 15, False)]
    one = await followed(database)
    assert (one.trouble, one.late_since, one.tries) == (None, None, 0)
    assert one.next_at == clock.now() + rules.LOOK_AGAIN  # it may be published anew
    net.publish(TOMORROW, 0.8)
    clock.set(one.next_at)
    await actions.fetch_due(database, net, SEAL)
    assert await known(database, begin, end) == [(0.8, 15, False)] * 96


async def test_who_is_asked_is_not_asked_by_others_meanwhile_and_not_before_its_time(database: Database) -> None:
    net, second = Net(), Net()
    await follow(database)

    async def slow(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        await actions.fetch_due(database, second, SEAL)
        return await net(url)

    net.publish(TODAY, 1)
    await actions.fetch_due(database, slow, SEAL)
    assert len(net.asked) == 1 and second.asked == []
    await actions.fetch_due(database, second, SEAL)
    assert second.asked == []


async def test_a_key_is_sealed_and_in_nothing_that_is_told(database: Database) -> None:
    net = Net()
    await follow(database, "entsoe", key="very-secret")
    await actions.fetch_due(database, net, SEAL)
    one = await followed(database)
    assert "securityToken=very-secret" in net.asked[0]
    assert one.key is not None and "very-secret" not in one.key and SEAL.opened(one.key) == "very-secret"
    assert one.trouble is not None and "securityToken=…" in one.trouble and "very-secret" not in one.trouble
    await follow(database, "entsoe")  # the key that is known stays
    assert (await followed(database)).key == one.key


async def test_euros_are_kept_in_the_zone_s_currency_too_at_a_rate_that_somebody_states(database: Database) -> None:
    begin, end = market_day(TODAY)
    net = Net()
    document = samples.a44(samples.period(f"{begin:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%MZ}", "PT60M", {1: 50}))

    async def ask(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        return document

    async with database.unit() as unit:
        wanted = Wanted(feed="entsoe", key="k", per_euro=Decimal("11.2"))
        await actions.follow(unit, SEAL, "SE3", Kind.PRICE, wanted, by="a test")
    await actions.fetch_due(database, ask, SEAL)
    assert await known(database, begin, begin + HOUR) == [(0.56, 60, False)]
    assert await known(database, begin, begin + HOUR, currency="EUR") == [(0.05, 60, False)]
    assert (await followed(database)).per_euro == Decimal("11.2") and net.asked == []


async def test_a_source_is_asked_over_the_guarded_line_and_never_inward_unless_that_is_allowed(
    database: Database, clock: SetClock
) -> None:
    begin, end = market_day(TODAY)
    document = samples.elpriset(begin, [0.5] * ((end - begin) // QUARTER))

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=document) if request.path == "/2026/11-23_SE3.json" else web.Response(status=404)

    server = TestServer(web.Application())
    server.app.router.add_get("/{rest:.*}", answer)
    await server.start_server()
    await follow(database, url=f"http://127.0.0.1:{server.port}")
    for allow, told in ((False, []), (True, [(0.5, 15, False)])):
        outward = Outward(allow_loopback=allow)
        await actions.fetch_due(database, outward, SEAL)
        await outward.close()
        assert await known(database, begin, begin + QUARTER) == told
        trouble = (await followed(database)).trouble
        assert (trouble is None) is allow, trouble
        clock.set((await followed(database)).next_at)
    await server.close()


async def test_what_cannot_be_asked_is_refused_by_its_field(database: Database) -> None:
    for wanted, says in (
        (Wanted(feed="nobody"), "feed: 'nobody' cannot be asked"),
        (Wanted(feed=FEED.name), "feed: 'table' cannot be asked"),
        (Wanted(feed="carbon", url="https://x.example"), "carbon does not tell price"),
        (Wanted(feed="entsoe"), "key: entsoe answers only who shows one"),
        (Wanted(feed="nordpool", url="ftp://x.example"), "url: it begins with"),
        (Wanted(feed="nordpool", per_euro=Decimal(-1)), "per_euro: -1 is no rate"),
        (Wanted(feed="nordpool", per_euro=Decimal("NaN")), "per_euro: NaN is no rate"),
    ):
        with pytest.raises(UnfitFeed, match=says):
            async with database.unit() as unit:
                await actions.follow(unit, SEAL, "SE3", Kind.PRICE, wanted, by="a test")
    with pytest.raises(NotFollowed):
        async with database.unit() as unit:
            await actions.unfollow(unit, "SE3", Kind.PRICE, by="a test")


async def test_carbon_is_kept_beside_prices(database: Database, clock: SetClock) -> None:
    net = Net()
    net.there["https://carbon.example/SE3?t=k"] = samples.electricity_maps(clock.now(), [20, 30])
    async with database.unit() as unit:
        wanted = Wanted(feed="carbon", url="https://carbon.example/{zone}?t={key}", key="k")
        await actions.follow(unit, SEAL, "SE3", Kind.CARBON, wanted, by="a test")
    await actions.fetch_due(database, net, SEAL)
    async with database.unit() as unit:
        found = await actions.carbon(unit, "SE3", clock.now(), clock.now() + 2 * HOUR)
        assert [int(one.value) for one in found.steps] == [20, 30] and found.currency == ""
        assert await actions.known_zones(unit) == [(ZONES["SE3"], Kind.CARBON, clock.now() + HOUR)]

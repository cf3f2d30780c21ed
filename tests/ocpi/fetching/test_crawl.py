"""A list is fetched whole however it is handed out, and a list that never ends is ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from laddnav.kit.time import rfc3339
from laddnav.ocpi.calls.calling import Reply
from laddnav.ocpi.deviations.policy import Lists
from laddnav.ocpi.fetching import crawl
from laddnav.ocpi.fetching.crawl import Endless, leaves
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.envelope import Answer

AT = "https://their.example/ocpi/cdrs"
NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")

Headers = Callable[["Shelf", int, int, str], dict[str, str]]


class Shelf:
    """A list as a partner hands it out: `headers` are made of the offset, how many are returned, and the URL asked."""

    def __init__(self, many: int, headers: Headers, *, most: int = 10, counts: bool = True) -> None:
        self.objects = [{"id": f"C{number:03}"} for number in range(many)]
        self.headers = headers
        self.most = most
        self.counts = counts
        self.asked: list[dict[str, str]] = []
        self.shrinks_before = 0  # the number of the request before which the first object is gone

    async def fetch(self, url: str) -> Reply:
        assert url.startswith(AT), "the token goes nowhere else"
        query = dict(parse_qsl(urlsplit(url).query))
        self.asked.append(query)
        if len(self.asked) == self.shrinks_before:
            del self.objects[0]
        offset = int(query["offset"]) if self.counts else 0
        many = min(int(query.get("limit", self.most)), self.most) if self.most else len(self.objects)
        page = self.objects[offset : offset + many]
        headers = self.headers(self, offset, len(page), url)
        return Reply(http=200, headers=headers, answer=Answer(status=1000, data=encoded(page)))


def more(shelf: Shelf, offset: int, returned: int) -> bool:
    return offset + returned < len(shelf.objects)


def linked(template: str) -> Headers:
    """With a link as long as there is more."""

    def headers(shelf: Shelf, offset: int, returned: int, url: str) -> dict[str, str]:
        link = template.format(at=AT, offset=offset + returned, url=url, limit=shelf.most)
        return {"link": f'<{link}>; rel="next"'} if more(shelf, offset, returned) else {}

    return headers


def total(many: int | None = None) -> Headers:
    return lambda shelf, offset, returned, url: {"x-total-count": str(len(shelf.objects) if many is None else many)}


def nothing(shelf: Shelf, offset: int, returned: int, url: str) -> dict[str, str]:
    return {}


async def crawled(shelf: Shelf, lists: Lists, since: datetime | None = None, url: str | None = None) -> list[str]:
    found: list[Any] = []
    async for leaf in leaves(shelf.fetch, AT, since, NOW, lists, url):
        found += leaf.objects
    return [one["id"] for one in found]


@pytest.mark.parametrize(
    ("shelf", "lists"),
    [
        pytest.param(Shelf(35, linked("{at}?offset={offset}&limit={limit}")), Lists(), id="links"),
        pytest.param(Shelf(35, linked("http://inner:8080/ocpi/cdrs?offset={offset}&limit=10")), Lists(), id="inner"),
        pytest.param(Shelf(35, linked("/ocpi/cdrs?offset={offset}&limit=10")), Lists(), id="relative"),
        pytest.param(Shelf(35, linked("{url}"), most=10), Lists(asks=10), id="a link to itself"),
        pytest.param(Shelf(35, total()), Lists(), id="a total and a lower limit than we ask for"),
        pytest.param(Shelf(35, total(0)), Lists(asks=10), id="a total of nothing"),
        pytest.param(Shelf(35, nothing), Lists(asks=10), id="no headers"),
        pytest.param(
            Shelf(35, lambda shelf, offset, returned, url: {"x-limit": "10"}), Lists(), id="only its own limit"
        ),
        pytest.param(Shelf(35, linked("{at}?offset=99")), Lists(follows_links=False, asks=10), id="links that lie"),
        pytest.param(Shelf(35, nothing, most=0, counts=False), Lists(asks=10), id="no paging at all"),
    ],
)
async def test_everything_is_fetched_once(shelf: Shelf, lists: Lists) -> None:
    """TRN-069, TRN-078, TRN-080."""
    found = await crawled(shelf, lists)
    assert sorted(set(found)) == [one["id"] for one in shelf.objects]
    assert len(shelf.asked) <= 5


async def test_a_partner_that_ignores_the_offset_is_let_go() -> None:
    """It says that there is more, and hands out the same again, which is taken once."""
    shelf = Shelf(35, total(), counts=False)
    assert len(await crawled(shelf, Lists())) == 10 and len(shelf.asked) == 2


async def test_one_is_asked_again_that_may_have_slipped_by() -> None:
    shelf = Shelf(35, total())
    shelf.shrinks_before = 2
    found = await crawled(shelf, Lists())
    assert set(found) >= {one["id"] for one in shelf.objects}
    assert [one["offset"] for one in shelf.asked] == ["0", "10", "9", "19", "29"]


async def test_a_total_that_goes_up_and_down_holds_up_nobody() -> None:
    shelf = Shelf(35, lambda shelf, offset, returned, url: {"x-total-count": str(35 + len(shelf.asked) % 2)})
    assert set(await crawled(shelf, Lists())) == {one["id"] for one in shelf.objects}
    assert len(shelf.asked) <= 12


async def test_a_list_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "PAGES_MAX", 5)
    endless = Shelf(1000, linked("{at}?offset={offset}"))
    with pytest.raises(Endless):
        await crawled(endless, Lists())


async def test_our_filters_are_kept_when_a_link_forgets_or_changes_them() -> None:
    """TRN-072: as they should have been in it."""
    for link in ("{at}?offset={offset}", "{at}?offset={offset}&date_from=1999-01-01T00:00:00Z"):
        shelf = Shelf(35, linked(link))
        await crawled(shelf, Lists(), since=NOW - timedelta(days=1))
        assert {one["date_from"] for one in shelf.asked} == {"2026-11-20T12:00:00Z"}


async def test_as_many_are_asked_for_at_once_as_the_partner_gives() -> None:
    shelf = Shelf(35, total(), most=1000)
    await crawled(shelf, Lists(asks=20))
    assert [one["limit"] for one in shelf.asked] == ["20", "20"]


async def test_a_list_is_fetched_by_stretches_that_the_partner_takes() -> None:
    """Each begins where the last one ended; the last has no end, as our clock is not theirs."""
    shelf = Shelf(12, total())
    await crawled(shelf, Lists(window_days=31), since=NOW - timedelta(days=70))
    borders = [rfc3339(NOW - timedelta(days=days)) for days in (70, 39, 8)]
    asked = [(one["date_from"], one.get("date_to")) for one in shelf.asked if one["offset"] == "0"]
    assert asked == [(borders[0], borders[1]), (borders[1], borders[2]), (borders[2], None)]
    await crawled(shelf, Lists(), since=NOW - timedelta(days=70))
    assert shelf.asked[-2] == {"date_from": borders[0], "offset": "0", "limit": "100"}


async def test_stretches_go_two_years_back_at_most() -> None:
    shelf = Shelf(0, nothing)
    await crawled(shelf, Lists(window_days=365), since=datetime.fromisoformat("2010-01-01T00:00:00+00:00"))
    assert shelf.asked[0]["date_from"] == rfc3339(NOW - crawl.FIRST_WINDOWS) and len(shelf.asked) == 2


async def test_a_crawl_goes_on_where_it_broke_off_in_the_same_stretch() -> None:
    shelf = Shelf(35, total())
    lists = Lists(window_days=31)
    pages = leaves(shelf.fetch, AT, NOW - timedelta(days=40), NOW, lists)
    leaf = await anext(pages)
    await pages.aclose()
    assert leaf.next_url is not None
    await crawled(shelf, lists, url=leaf.next_url)
    assert [one["offset"] for one in shelf.asked][:5] == ["0", "10", "20", "30", "0"]
    assert "date_to" in shelf.asked[1] and "date_to" not in shelf.asked[4]

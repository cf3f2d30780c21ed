"""Pages of a list: what is asked for, what is given, and the link to the next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire import paging
from laddnav.ocpi.wire.paging import Page

AT = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)


def test_a_page_is_what_was_asked_for_and_no_more_than_we_give() -> None:
    """TRN-062, TRN-063, TRN-068, TRN-076."""
    assert paging.asked({}) == Page(offset=0, limit=paging.PAGE_MAX)
    assert paging.asked({"limit": "2000", "offset": "10"}) == Page(offset=10, limit=paging.PAGE_MAX)
    assert paging.asked({"date_from": "2026-11-21T09:47:00", "date_to": "2026-11-21T10:47:00 01:00"}) == Page(
        date_from=AT, date_to=AT
    )


@pytest.mark.parametrize(
    "query", [{"limit": "-1"}, {"offset": "ten"}, {"offset": "9" * 30}, {"date_from": "soon"}, {"date_to": ""}]
)
def test_a_page_that_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    """TRN-081."""
    with pytest.raises(Unreadable, match=next(iter(query))):
        paging.asked(query)


def test_every_page_but_the_last_links_to_the_next_with_all_filters() -> None:
    """TRN-070, TRN-071, TRN-072, TRN-073, TRN-074."""
    page = Page(offset=100, limit=100, date_from=AT)
    said = paging.headers("https://a.example/ocpi/cpo/2.2.1/cdrs", page, returned=100, total=250)
    assert said["Link"] == (
        '<https://a.example/ocpi/cpo/2.2.1/cdrs?date_from=2026-11-21T09:47:00Z&offset=200&limit=100>; rel="next"'
    )
    assert (said["X-Total-Count"], said["X-Limit"]) == ("250", "100")
    last = paging.headers("https://a.example/x", Page(offset=200, limit=100), returned=50, total=250)
    assert "Link" not in last and last["X-Limit"] == "100"


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://a.example/x?offset=50>; rel="next"', "https://a.example/x?offset=50"),
        ("<https://a.example/x>; rel=next", "https://a.example/x"),
        ('<https://a.example/p>; rel="prev", <https://a.example/n>; title="a, b"; REL="next"', "https://a.example/n"),
        ('<https://a.example/p>; rel="prev"', None),
        ("", None),
        (None, None),
        ("next", None),
    ],
)
def test_the_next_page_is_found_in_a_link_header(header: str | None, url: str | None) -> None:
    """TRN-078."""
    assert paging.next_link(header) == url


def test_a_link_is_followed_at_the_endpoints_own_origin_with_our_filters() -> None:
    followed = paging.within("http://inner:8080/ocpi/cdrs?offset=50", "https://a.example/ocpi/cdrs", Page(date_from=AT))
    assert followed == "https://a.example/ocpi/cdrs?offset=50&date_from=2026-11-21T09:47:00Z"


def test_segments_are_joined_with_and_without_a_trailing_slash() -> None:
    """TRN-056, TRN-057."""
    for endpoint in ("https://a.example/ocpi/tokens", "https://a.example/ocpi/tokens/"):
        assert (
            paging.joined(endpoint, "NL", "TNM", "a/b *ö") == "https://a.example/ocpi/tokens/NL/TNM/a%2Fb%20%2A%C3%B6"
        )
    assert paging.joined("https://a.example/x?key=1", "A") == "https://a.example/x/A?key=1"
    assert paging.with_query("https://a.example/x?key=1", "limit=5") == "https://a.example/x?key=1&limit=5"

"""Lists by pages: what is asked for, and how the next page is named (OCPI 2.2.1 transport_and_format_pagination)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.ocpi.wire.shared.scalars import DateTime, from_json

PAGE_MAX = 100  # what we hand out at once at most; a page of so many Locations is about half a megabyte
_OFFSET_MAX = 2**53


class Page(Struct, frozen=True, kw_only=True):
    """Which part of a list; `date_from` is inclusive, `date_to` exclusive, both about `last_updated`.

    `after`: what it is counted from, by the ref of the object that stands before; "" is the beginning. `counted`: how
    many objects the link that led here says there are, where it says so.
    """

    offset: int = 0
    limit: int = PAGE_MAX
    after: str = ""
    counted: int | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None
    timeslot_from: datetime | None = None  # of what can be booked, what is free at some time from this moment on
    timeslot_to: datetime | None = None  # and before this one

    @property
    def filtered(self) -> bool:
        """Whether it is of what was at a time, and not of what is there."""
        return not (self.date_from is self.date_to is self.timeslot_from is self.timeslot_to is None)


class Place(Struct, frozen=True):
    """How far a list was read: up to and with this object of this holder, `offset` objects in all.

    `counted`: how long the list was when it was begun; None where each page counts it anew.
    """

    offset: int
    holder: PartyId
    ref: str
    counted: int | None = None

    def __str__(self) -> str:
        read = f"{self.offset}.{self.holder.country}{self.holder.party}.{self.ref}"
        return read if self.counted is None else f"{read}.{self.counted}"


_PLACE = re.compile(r"(\d{1,16})\.([A-Z]{2})([A-Z0-9]{3})\.([0-9a-f-]{1,40})(?:\.(\d{1,16}))?", re.ASCII)


def place_in(query: Mapping[str, str], page: Page) -> Place | None:
    """Where our own link said that the page begins. Raises Unreadable.

    None too where it is not what the offset says: whoever counts on from a link of ours means what it counts.
    """
    text = query.get("after")
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Unreadable(f"after={text[:40]!r} is no place in this list; take it from the link as it is")
    counted = None if found[5] is None else int(found[5])
    place = Place(int(found[1]), PartyId(found[2], found[3]), found[4], counted)
    return place if "offset" not in query or place.offset == page.offset else None


def asked(query: Mapping[str, str], most: int = PAGE_MAX) -> Page:
    """Raises Unreadable, naming the parameter."""
    return Page(
        offset=_count(query, "offset", 0),
        limit=min(_count(query, "limit", most) or most, most),
        date_from=_instant(query, "date_from"),
        date_to=_instant(query, "date_to"),
    )


def free_then(page: Page, query: Mapping[str, str]) -> Page:
    """With what a list of BookingLocations may be asked for besides. Raises Unreadable."""
    return replace(page, timeslot_from=_instant(query, "timeslot_from"), timeslot_to=_instant(query, "timeslot_to"))


def query_of(page: Page) -> str:
    """The parameters as a client sends them. Nothing in numbers and instants has to be escaped."""
    pairs = [f"{name}={rfc3339(at)}" for name in _INSTANTS if (at := getattr(page, name)) is not None]
    return "&".join((*pairs, f"offset={page.offset}", f"limit={page.limit}"))


_INSTANTS = ("date_from", "date_to", "timeslot_from", "timeslot_to")


def headers(url: str, page: Page, returned: int, total: int, most: int = PAGE_MAX) -> dict[str, str]:
    """What goes with a page of a list whose objects are counted."""
    end = page.offset + returned
    return counts(total, most) | (leading_on(url, replace(page, offset=end)) if returned and end < total else {})


def counts(total: int, most: int) -> dict[str, str]:
    return {"X-Total-Count": str(total), "X-Limit": str(most)}


def leading_on(url: str, following: Page, place: Place | None = None) -> dict[str, str]:
    """The link keeps every filter (OCPI 2.2.1 transport_and_format_paginated_response).

    With the place that was come to, the next page is found there; the offset beside it is for people.
    """
    after = "" if place is None else f"&after={place}"
    return {"Link": f'<{url}?{query_of(following)}{after}>; rel="next"'}


_LINK = re.compile(r'<([^<>]*)>\s*((?:;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^",;]*)\s*)*)')
_NEXT = re.compile(r'(?i);\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)')


def next_link(header: str | None) -> str | None:
    """The URL with rel="next" among the links of a Link header."""
    for url, parameters in _LINK.findall(header or ""):
        if _NEXT.search(";" + parameters.lstrip(" ;") if parameters else ""):
            return str(url)
    return None


def page_in(url: str, limit: int) -> Page:
    """Which part of a list a URL of ours asks for. Raises Unreadable."""
    return replace(asked(dict(parse_qsl(urlsplit(url).query)), most=_OFFSET_MAX), limit=limit)


def offset_of(url: str) -> int:
    """Where a page begins, as its URL says."""
    said = dict(parse_qsl(urlsplit(url).query)).get("offset", "0")
    return count_in(said)


def count_in(text: str) -> int:
    """What a partner counted; 0 where that is no number that anything could have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def with_query(url: str, query: str) -> str:
    """The URL with these parameters added to those it may have already."""
    if not query:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, query) if part)))


def joined(url: str, *segments: str) -> str:
    """An endpoint and the segments below it, each percent-encoded, whether or not the endpoint ends in a slash."""
    path, mark, query = url.partition("?")
    return "/".join([path.rstrip("/"), *map(_quoted, segments)]) + mark + query


def _quoted(segment: str) -> str:
    """Nearly all are letters and digits, if not with a hyphen between them, and stay as they are."""
    plain = segment.isascii() and segment.replace("-", "0").isalnum()
    return segment if plain else quote(segment, safe="")


def within(link: str, endpoint: str, page: Page) -> str:
    """A next link as it can be followed: at the endpoint's own origin, with the filters of the crawl.

    Behind a proxy partners name an inner host or the wrong scheme, and some forget the filters; the token must not
    travel to another host, and the pages must stay those that were asked for.
    """
    theirs, ours = urlsplit(link), urlsplit(endpoint)
    pairs = dict(parse_qsl(theirs.query, keep_blank_values=True))
    for name, value in parse_qsl(query_of(page)):
        if name in ("date_from", "date_to"):
            pairs[name] = value
    path = theirs.path or ours.path
    return urlunsplit((ours.scheme, ours.netloc, path, urlencode(pairs, safe=":"), ""))


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > _OFFSET_MAX:
        raise Unreadable(f"{name}={text[:40]!r} is no count")
    return int(text)


def _instant(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        # A plus sign that nobody escaped arrives as a space: 2026-11-21T09:47:00+01:00.
        said = from_json(DateTime, re.sub(r"(?<=\d) (?=\d\d:\d\d$)", "+", text) if "T" in text else text)
    except ValueError as error:
        raise Unreadable(f"{name}={text[:40]!r} is no instant") from error
    assert isinstance(said, DateTime)
    return said.at

"""Where a page of ours begins, as our own link says it."""

from datetime import UTC, datetime

import pytest

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire import paging
from laddnav.ocpi.wire.paging import Page, Place

PLACE = Place(250, PartyId("SE", "LAD"), "0193a5b0-7c00-7000-8000-00000000000a")
FOLLOWING = Page(offset=250, limit=50, date_from=datetime(2026, 11, 21, 9, 47, tzinfo=UTC))


def test_a_link_says_where_the_next_page_begins_beside_all_that_was_asked_for() -> None:
    """TRN-070, TRN-072."""
    link = paging.leading_on("https://a.example/ocpi/cpo/2.2.1/cdrs", FOLLOWING, PLACE)["Link"]
    assert link == (
        "<https://a.example/ocpi/cpo/2.2.1/cdrs?date_from=2026-11-21T09:47:00Z&offset=250&limit=50"
        '&after=250.SELAD.0193a5b0-7c00-7000-8000-00000000000a>; rel="next"'
    )
    assert paging.place_in({"after": str(PLACE), "offset": "250"}, FOLLOWING) == PLACE
    assert paging.place_in({"after": str(PLACE)}, Page()) == PLACE
    counted = Place(PLACE.offset, PLACE.holder, PLACE.ref, 1_000_000)
    assert str(counted) == f"{PLACE}.1000000" and paging.place_in({"after": str(counted)}, Page()) == counted


def test_whoever_counts_on_from_a_link_is_answered_by_its_count() -> None:
    """TRN-068, TRN-080: a place that is not that of the offset is none."""
    assert paging.place_in({}, FOLLOWING) is None
    assert paging.place_in({"after": str(PLACE), "offset": "249"}, Page(offset=249)) is None


@pytest.mark.parametrize(
    "after", ["", "250", "250.SELAD.", "250.SE*LAD.0193", "²50.SELAD.0193", "250.SELAD.0193.", "250.SELAD.0193'--"]
)
def test_a_place_that_is_none_is_refused(after: str) -> None:
    """TRN-081."""
    with pytest.raises(Unreadable, match="after="):
        paging.place_in({"after": after}, FOLLOWING)

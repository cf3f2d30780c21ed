"""An answer says data, status and instant, and is judged by its first digit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import parsed

AT = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)


def test_an_answer_says_data_status_and_instant() -> None:
    """TRN-015, TRN-018, TRN-020, TRN-021."""
    assert parsed(envelope.sealed(envelope.listed([b'{"a":1}', b'{"a":2}']), AT)) == {
        "data": [{"a": 1}, {"a": 2}],
        "status_code": 1000,
        "status_message": "Success",
        "timestamp": "2026-11-21T09:47:00Z",
    }
    assert "data" not in parsed(envelope.sealed(None, AT))
    assert parsed(envelope.refused(2001, 'no "id"', AT))["status_message"] == 'no "id"'


@pytest.mark.parametrize(
    ("body", "granted"),
    [
        (b'{"status_code": 1000}', True),
        (b'{"status_code": 1999, "data": null, "timestamp": 5}', True),
        (b'{"status_code": 2001, "data": "debugging help"}', False),
        (b'\xef\xbb\xbf{"status_code": 3000}', False),
    ],
)
def test_an_answer_is_judged_by_its_first_digit(body: bytes, granted: bool) -> None:
    """TRN-019, TRN-029, TRN-032."""
    assert envelope.opened(body).granted is granted


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail": "Not Found"}', b'{"status_code": "1000"}'])
def test_what_is_no_answer_is_told_from_one(body: bytes) -> None:
    with pytest.raises(Unreadable):
        envelope.opened(body)


def test_a_single_object_in_a_list_is_taken_out() -> None:
    assert envelope.single(b'{"a":1.50}') == b'{"a":1.50}'
    assert envelope.single(b'[{"a":1.50}]') == b'{"a":1.50}'
    for data in (None, b"[]", b"[1,2]"):
        with pytest.raises(Unreadable):
            envelope.single(data)

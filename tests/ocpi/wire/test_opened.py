"""A Location is opened no further than to the EVSE that is told of."""

import pytest

from laddnav.ocpi.wire.opened import OpenedLocation

BEFORE = b'\xef\xbb\xbf{"id":"LOC1", "x":[1.50, {}], "evses":[{"uid":"A","y":1E2}, {"uid":"B", "z" : 0.10}],'
SAID = BEFORE + b'"last_updated":"T1"}'
AFTER = b'{"id":"LOC1","x":[1.50, {}],"evses":[{"uid":"A","y":2},{"uid":"B", "z" : 0.10},{"uid":"C"}],'


def test_what_is_not_told_of_stays_as_it_came_to_the_byte() -> None:
    location = OpenedLocation(SAID)
    assert location.evse("a") == {"uid": "A", "y": 100}
    location.put("a", b'{"uid":"A","y":2}')
    location.put("C", b'{"uid":"C"}')
    assert location.encoded(last_updated="T2") == AFTER + b'"last_updated":"T2"}'


@pytest.mark.parametrize("evses", [b"", b',"evses":null', b',"evses":[]'])
def test_a_place_may_have_no_evse_yet(evses: bytes) -> None:
    location = OpenedLocation(b'{"id":"LOC1"' + evses + b"}")
    assert (location.id, location.evse("A")) == ("LOC1", None)
    location.put("A", b'{"uid":"A"}')
    assert location.encoded(last_updated="T1") == b'{"id":"LOC1","evses":[{"uid":"A"}],"last_updated":"T1"}'

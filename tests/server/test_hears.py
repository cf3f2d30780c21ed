"""Who hears what, as a server begins with it."""

from collections import Counter

from laddnav.server.hears import HEARS


def test_no_two_listeners_of_a_room_have_one_name() -> None:
    """A job is kept by the room and the name of who hears of it, and no server begins where two are alike."""
    listeners = {one for several in HEARS.values() for one in several}
    names = Counter((one.__module__.split(".")[1], one.__name__) for one in listeners)
    assert [name for name, many in names.items() if many > 1] == []

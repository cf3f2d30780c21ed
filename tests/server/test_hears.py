"""Who hears what, as a server begins with it."""

from laddnav.db.unit import Database
from laddnav.server.hears import HEARS
from tests.clock import SetClock


async def test_a_server_begins_with_listeners_of_different_names(database_url: str, clock: SetClock) -> None:
    """A job is kept by the room and the name of who hears of it, so that two of one name are refused."""
    database = await Database.connect(database_url, clock=clock, hears=HEARS)
    await database.close()

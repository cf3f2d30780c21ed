"""What one request that is passed on costs the hub's database."""

from __future__ import annotations

from laddnav.ocpi.wire.codec import encoded
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, SESSION, behind
from tests.ocpi.network import installed


async def test_three_reads_and_a_row_of_the_log_before_the_answer(database_url: str, clock: SetClock) -> None:
    """HUB-013: who asks, whom it is for and who is kept from whom, the token to show; and what is settled by."""
    statements: list[str] = []
    async with (
        installed(database_url, clock, HUB, Role.HUB, statements=statements) as hub,
        behind(hub, CPO, Role.CPO, "2.2.1") as cpo,
        behind(hub, EMSP, Role.EMSP, "2.2.1") as emsp,
    ):
        cpo.takes("/locations/L1", "/commands/STOP_SESSION")
        emsp.takes("/sessions/SE/LAD/S1")
        stop = encoded({"response_url": "http://127.0.0.1:9/done", "session_id": "S1"})
        asked = (
            (emsp, "GET", "sender/locations/L1", None, CPO, 4),
            (emsp, "POST", "receiver/commands/STOP_SESSION", stop, CPO, 5),  # and the way back for its result
            (cpo, "PUT", "receiver/sessions/SE/LAD/S1", encoded(SESSION), EMSP, 9),  # and what it keeps for the list
        )
        for by, method, path, body, to, most in asked:
            for _ in range(2):  # of the first in a minute is kept that they live
                await hub.clients.journal.flush()
                statements.clear()
                assert (await by.ask(method, path, body, to)).both == (200, 1000)
                asked_of_it = [one for one in statements if "exchange" not in one]
            assert len(asked_of_it) <= most, asked_of_it
            assert sum("into hub_request" in one for one in asked_of_it) == 1
            assert sum("hub_denial" in one for one in statements) == 1

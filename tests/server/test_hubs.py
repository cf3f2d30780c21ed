"""The operator API about a hub of ours: who reaches whom, and what passed through it, by whose key."""

from __future__ import annotations

from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.hub.model import Counted
from laddnav.server.http import Serving
from tests.server.conftest import LAD, TNM, Client


async def test_who_reaches_whom_and_what_passed_is_for_the_hubs_own_keys(
    served: Serving, everything: Client, lad: Client, tnm: Client
) -> None:
    """HUB-054: LAD is the hub here; what it denies it says all anew, and a hub that is none of ours is nowhere."""
    pairs = [{"one": "DE*AAA", "other": "NL*BBB"}, {"one": "DE*AAA", "other": "NL*CCC", "module": "sessions"}]
    status, said = await everything.ask("PUT", "/hubs/SE*LAD/denials", {"denials": pairs})
    assert (status, [one["other"] for one in said["denials"]]) == (200, ["NL*BBB", "NL*CCC"])
    assert await lad.get("/hubs/SE*LAD/denials") == said
    assert (await lad.ask("PUT", "/hubs/SE*LAD/denials", {"denials": []}))[0] == 403
    assert (await tnm.ask("GET", "/hubs/SE*LAD/denials"))[0] == 404
    assert (await everything.ask("GET", "/hubs/XX*XXX/denials"))[0] == 404
    assert (await everything.ask("PUT", "/hubs/SE*LAD/denials", {"denials": [{"one": "DE*AAA"}]}))[0] == 400

    counted = Counted(
        holder=LAD,
        id="1",
        at=served.database.clock.now(),
        asker=PartyId("DE", "AAA"),
        answerer=TNM,
        module="sessions",
        method="PUT",
        way="forwarded",
        bytes_in=7,
        bytes_out=3,
        http=200,
        status=1000,
        took_ms=1,
    )
    async with served.database.unit() as unit:
        store.hub.count(unit, counted)
        month = f"{unit.now:%Y-%m}"
    (tally,) = (await lad.get(f"/hubs/SE*LAD/log?month={month}"))["tallies"]
    assert (tally["asker"], tally["answerer"], tally["requests"], tally["bytes_in"]) == ("DE*AAA", "NL*TNM", 1, 7)
    assert (await tnm.ask("GET", f"/hubs/SE*LAD/log?month={month}"))[0] == 404
    assert (await lad.ask("GET", "/hubs/SE*LAD/log?month=soon"))[0] == 400

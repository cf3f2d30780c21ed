"""Others' clients at our CPO and our eMSP: what they read and say arrives, with tokens and URLs as they spell them."""

from __future__ import annotations

from laddnav.locations import actions as locations
from laddnav.ocpi.wire.commands import Verdict
from laddnav.parties.model import Role
from laddnav.tokens import actions as tokens
from tests.ocpi.furnishing import carded, furnished
from tests.ocpi.network import CPO, EMSP, Installation, befriended
from tests.ocpi.others.counterparts import client_of


async def test_a_client_of_2_1_1_looks_around_at_our_cpo_and_starts_a_charge(cpo: Installation) -> None:
    await furnished(cpo)
    token = await befriended(cpo, EMSP, Role.EMSP, version="2.1.1")
    steps = await client_of("ocpplab_client.py", "cpo", f"{cpo.settings.base}/cpo/2.1.1", token)
    assert steps == {
        "locations": ["LOC1"],
        "location": "Kajen",
        "tariffs": ["T1"],
        "sessions": 0,
        "token": 1000,
        "start": Verdict.ACCEPTED,
    }
    async with cpo.database.unit() as unit:
        (card,) = await tokens.by_uid(unit, CPO, "CARD9")
    assert card.owner == EMSP


async def test_a_client_of_2_1_1_tells_our_emsp_of_a_place_and_asks_for_a_driver(emsp: Installation) -> None:
    await carded(emsp)
    token = await befriended(emsp, CPO, Role.CPO, version="2.1.1")
    steps = await client_of("ocpplab_client.py", "emsp", f"{emsp.settings.base}/emsp/2.1.1", token)
    assert steps == {"location": 1000, "tokens": ["CARD1"], "allowed": "ALLOWED"}
    async with emsp.database.unit() as unit:
        place = await locations.fetch(unit, EMSP, CPO, "LAB1")
    assert (place.name, place.address) == (None, "Hamngatan 1")


async def test_a_client_of_a_hub_reads_our_lists_though_it_shows_its_token_as_it_is(cpo: Installation) -> None:
    """What it leaves out is named to it: a date for Sessions, whose a Token is, and a token of its own for versions."""
    await furnished(cpo)
    token = await befriended(cpo, EMSP, Role.EMSP, version="2.3.0")
    steps = await client_of("latam_client.py", "cpo", f"{cpo.settings.base}/cpo/2.3.0", token)
    assert [one["id"] for one in steps["locations"]["locations"]] == ["LOC1"]
    assert [one["id"] for one in steps["tariffs"]["tariffs"]] == ["T1"]
    assert steps["cdrs"] == {"cdrs": [], "total": 0}
    assert steps["sessions"] == "OcpiError: OCPI error 2001: date_from is required"
    assert "Object missing required field `country_code`" in steps["token"]
    assert "An Authorization header with a token that is known here is needed" in steps["versions"]


async def test_a_client_of_a_hub_fetches_cards_at_our_emsp_and_asks_whether_one_may_charge(emsp: Installation) -> None:
    await carded(emsp)
    token = await befriended(emsp, CPO, Role.CPO, version="2.3.0")
    steps = await client_of("latam_client.py", "emsp", f"{emsp.settings.base}/emsp/2.3.0", token)
    (card,) = steps["tokens"]["tokens"]
    assert (card["country_code"], card["party_id"], card["uid"]) == ("NL", "TNM", "CARD1")
    assert (card["contract_id"], card["valid"]) == ("NL-TNM-CCARD1", True)
    assert steps["allowed"] == {"allowed": "ALLOWED"}

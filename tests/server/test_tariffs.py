"""The operator API about what a tariff means; every answer is held against what /openapi.json says of it."""

from __future__ import annotations

from tests.server.conftest import Client


async def a_ref(client: Client) -> str:
    ref: str = (await client.get("/tariffs"))["items"][0]["ref"]
    return ref


async def test_a_tariff_is_explained_in_either_language(everything: Client) -> None:
    ref = await a_ref(everything)
    english = await everything.get(f"/tariffs/{ref}/explanation")
    swedish = await everything.get(f"/tariffs/{ref}/explanation?language=sv")
    assert english["text"].startswith("Energy costs ")
    assert swedish["text"].startswith("Energi kostar ")
    assert english["holder"] == "SE*LAD"
    assert (await everything.ask("GET", f"/tariffs/{ref}/explanation?language=xx"))[0] == 422


async def test_a_week_is_shown_in_the_zone_and_from_the_day_that_are_asked_for(everything: Client) -> None:
    ref = await a_ref(everything)
    shown = await everything.get(f"/tariffs/{ref}/week?zone=America/St_Johns&monday=2026-03-05")
    assert (shown["monday"], shown["zone"]) == ("2026-03-02", "America/St_Johns")
    assert [day["on"] for day in shown["days"]][-1] == "2026-03-08"
    sunday = shown["days"][6]
    assert (sunday["started_at"], sunday["ended_at"]) == ("2026-03-08T03:30:00Z", "2026-03-09T02:30:00Z")
    (energy,) = [row for row in sunday["rows"] if row["dimension"] == "ENERGY"]
    assert energy["bands"][0]["offered"][0]["price"] > 0
    assert (await everything.get(f"/tariffs/{ref}/week"))["zone"] == "Europe/Stockholm"


async def test_a_week_that_nobody_has_is_a_problem_with_its_reason(everything: Client) -> None:
    ref = await a_ref(everything)
    for asked in ("zone=Europe/Ladda", "monday=9999-12-31"):
        status, problem = await everything.ask("GET", f"/tariffs/{ref}/week?{asked}")
        assert status == 422
        assert problem["detail"]


async def test_what_is_wrong_with_a_tariff_is_told_with_its_place_and_its_remedy(everything: Client) -> None:
    ref = await a_ref(everything)
    told = await everything.get(f"/tariffs/{ref}/findings")
    assert all(one["pointer"].startswith("/") and one["message"] and one["fix"] for one in told["findings"])
    assert {one["code"] for one in told["findings"]} == {"unreachable-component"}


async def test_another_party_s_tariff_is_nobody_s_to_explain(everything: Client, tnm: Client) -> None:
    ref = await a_ref(everything)
    for about in ("explanation", "week", "findings"):
        status, _ = await tnm.ask("GET", f"/tariffs/{ref}/{about}")
        assert status == 404

"""The operator API before a charge: what it will cost, how far an amount reaches, and what is no charge."""

from __future__ import annotations

import pytest

from tests.server.conftest import Client


async def test_what_a_charge_at_an_evse_will_cost_is_said_beforehand(everything: Client) -> None:
    asked = "/evses/DE*SLB*E001L10000*001/estimate?power_kw=11&start=2026-11-23T18:00:00"
    said = await everything.get(f"{asked}&kwh=20&minutes_parked=30")
    assert (said["tariff_id"], said["currency"], said["holder"]) == ("22132ac", "EUR", "SE*LAD")
    assert said["estimate"]["priced"]["total"]["excl"] == 11.8
    assert said["estimate"]["full_at"] == "2026-11-23T18:49:05.454Z"
    assert said["reach"] is None
    said = await everything.get(f"{asked}&amount=5.90")
    assert (said["reach"]["energy_wh"], said["reach"]["after_s"]) == (10000, 3272)
    assert said["estimate"]["energy_wh"] == 10000


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("power_kw=11", 422),
        ("power_kw=11&kwh=20&amount=5", 422),
        ("power_kw=0&kwh=20", 422),
        ("power_kw=11&kwh=-1", 422),
        ("power_kw=11&kwh=1e400", 422),
        ("power_kw=NaN&kwh=1", 422),
        ("power_kw=0.1&kwh=1000", 422),
        ("power_kw=11&kwh=20&start=2020-01-01T00:00:00Z", 422),
        ("power_kw=11&kwh=20&minutes_parked=-5", 422),
        ("power_kw=11&kwh=20&minutes_parked=99999999999999999999", 422),
        ("power_kw=11&kwh=20&start=9999-12-31T23:59:59", 422),
    ],
)
async def test_a_charge_that_cannot_be_is_refused_in_one_sentence(everything: Client, asked: str, status: int) -> None:
    got, words = await everything.ask("GET", f"/evses/DE*SLB*E001L10000*001/estimate?{asked}")
    assert got == status, words
    assert words["detail"]


async def test_an_evse_that_is_not_there_has_no_estimate(everything: Client) -> None:
    status, _ = await everything.ask("GET", "/evses/NOBODY/estimate?power_kw=11&kwh=20")
    assert status == 404

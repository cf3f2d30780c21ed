"""A CDR is taken once and for good, and a Credit CDR beside it."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.rules import charge_of
from laddnav.kit.energy import kwh
from laddnav.ocpi.wire.codec import encoded
from laddnav.pricing.check.verdicts import Verdict, checked
from tests.ocpi.network import Ask, Installation
from tests.ocpi.wording import cdr, driver, example


async def test_a_cdr_is_taken_once_and_for_good(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-003, CDR-004, CDR-007, CDR-008, CDR-009, CDR-011, CDR-022, CDR-051, CDR-057, CDR-061."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    proof = {
        "encoding_method": "OCMF",
        "signed_values": [{"nature": "Start", "plain_data": "a\r\n\tb ", "signed_data": " OCMF|{}|{}\n"}],
    }
    said = cdr(signed_data=proof, x_vendor={"a": 1})
    assert (await at_emsp("POST", url, encoded([said]))).both == (200, 2001)
    first = await at_emsp("POST", url, encoded(said))
    assert first.both == (201, 1000) and first.data is None
    assert (await at_emsp("GET", first.headers["location"])).data == said
    again = await at_emsp("POST", url, encoded(said))
    assert again.both == (200, 1000) and again.headers["location"] == first.headers["location"]
    other = await at_emsp("POST", url, encoded(said | {"total_energy": 99}))
    assert other.both == (200, 2001)
    async with emsp.database.unit() as unit:
        (kept,) = await cdrs.page(unit, emsp.holder)
    assert kept.energy == kwh("15.342")
    assert kept.signed_data is not None
    (value,) = kept.signed_data.signed_values
    assert (value.plain_data, value.signed_data) == ("a\r\n\tb ", " OCMF|{}|{}\n")
    assert (await at_emsp("GET", f"{url}/SE/LAD/NONE")).both == (404, 2000)
    assert (await at_emsp("GET", f"{url}/SE/NOR/12345")).both == (404, 2001)


@pytest.mark.parametrize(
    ("changes", "both"),
    [
        ({"cdr_token": driver() | {"party_id": "XXX"}}, (200, 2001)),  # CDR-070
        ({"country_code": "NO"}, (404, 2001)),
        ({"charging_periods": []}, (200, 2001)),  # CDR-022
        ({"credit": True}, (200, 2001)),  # CDR-018
        ({"total_cost": 4.0}, (200, 2001)),  # TYP-028
        ({"total_cost": {"incl_vat": 4.0}}, (200, 2001)),
        ({"remark": "x" * 256}, (200, 2001)),  # CDR-065
        ({"end_date_time": None}, (200, 2001)),  # CDR-030
        ({"start_date_time": "1970-1-1T00:00:00Z"}, (200, 2001)),  # CDR-030, as it is printed
    ],
)
async def test_a_cdr_that_breaks_a_rule_is_refused(
    at_emsp: Ask, emsp: Installation, changes: dict[str, Any], both: tuple[int, int]
) -> None:
    """CDR-018, CDR-022, CDR-030, CDR-065, CDR-070, TYP-028."""
    assert (await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/cdrs", encoded(cdr(**changes)))).both == both
    async with emsp.database.unit() as unit:
        assert not await cdrs.page(unit, emsp.holder)


async def test_a_reservation_that_nobody_used_is_a_cdr_too(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-025, CDR-053, CDR-054, CDR-069: of no Session and no plug, whatever is said of the plug."""
    plug = dict.fromkeys(("evse_uid", "evse_id", "connector_id"), "#NA")
    plug |= {f"connector_{name}": "ANYTHING" for name in ("standard", "format", "power_type")}
    said = cdr(total_cost={"excl_vat": 6.0, "incl_vat": 7.2}, total_energy=0, total_time=1)
    said["end_date_time"] = "2015-06-29T22:39:09Z"
    said["total_reservation_cost"], _ = said["total_cost"], said.pop("total_time_cost")
    assert "session_id" not in said
    said["cdr_location"] |= plug
    reserved = {"type": "RESERVATION_TIME", "volume": 1}
    said["charging_periods"] = [{"start_date_time": said["start_date_time"], "dimensions": [reserved]}]
    said["tariffs"] = [example("tariffs/tariff-example-with-reservation-price-and-expire-fee.json")]
    assert (await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/cdrs", encoded(said))).both == (201, 1000)
    async with emsp.database.unit() as unit:
        (kept,) = await cdrs.page(unit, emsp.holder)
    assert (kept.session_id, kept.location.evse_id) == (None, "#NA")
    assert checked(charge_of(kept, "Europe/Brussels")).verdict is Verdict.MATCH


async def test_a_credit_cdr_is_kept_beside_what_it_credits(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-012, CDR-013, CDR-020."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    assert (await at_emsp("POST", url, encoded(cdr()))).status == 1000
    credit = cdr(
        id="12345-C", credit=True, credit_reference_id="12345", total_cost={"excl_vat": -4.0, "incl_vat": -4.4}
    )
    assert (await at_emsp("POST", url, encoded(credit))).both == (201, 1000)
    async with emsp.database.unit() as unit:
        kept = {one.id: one.credit for one in await cdrs.page(unit, emsp.holder)}
    assert kept == {"12345": False, "12345-C": True}

"""What a version has no words for is named, kept, and shown for each partner."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.money import Price, TaxAmount
from laddnav.locations import actions as locations
from laddnav.locations.events import LocationChanged
from laddnav.ocpi.model import Loss
from laddnav.ocpi.operate import partners as operate
from laddnav.ocpi.telling import losses
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.events import TariffChanged
from laddnav.tariffs.model import TaxIncluded
from tests import things
from tests.ocpi.connections.test_upgrade import garage
from tests.ocpi.network import CPO, Installation, introduced
from tests.ocpi.wire.test_other_versions import cdr

TAXED = replace(
    cdr(), owner=CPO, holder=CPO, costs=replace(cdr().costs, total=Price(Decimal(4), (TaxAmount("GST", Decimal(1)),)))
)


@pytest.mark.parametrize(
    ("version", "thing", "fields"),
    [
        ("2.3.0", garage(), ()),
        (
            "2.2.1",
            garage(),
            ("evses", "help_phone", "parking_places"),  # an EVSE is left out, so that there are fewer
        ),
        (
            "2.2.1",
            garage(evses=garage().evses[:1]),
            (
                "evses.accepted_service_providers",
                "evses.connectors.capabilities",
                "evses.parking",
                "help_phone",
                "parking_places",
            ),
        ),
        ("2.2.1", things.tariff(tax_included=TaxIncluded.NOT_APPLICABLE), ("elements.components.vat", "tax_included")),
        ("2.2.1", things.token(), ()),
        ("2.2.1", things.token(type="SUBDERMAL_CHIP", blocked=True, credit=Decimal(5)), ("type",)),
        ("2.2.1", TAXED, ("costs.total.taxes.name",)),
        ("2.1.1", things.location(publish=False), ("*",)),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, str | tuple) else None,
)
def test_a_loss_is_what_a_newer_version_would_have_said(version: str, thing: Any, fields: tuple[str, ...]) -> None:
    """LOC-053, TYP-025: and what is ours alone, such as a credit, is none."""
    assert losses.lost(VERSIONS[version], thing, CPO) == fields


async def test_what_does_not_reach_a_partner_is_known_for_its_version(cpo: Installation, emsp: Installation) -> None:
    """Until it is mended, or withdrawn; a partner of the newest version misses nothing."""
    await introduced(cpo, emsp, "2.2.1")
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(owner=CPO, tax_included=TaxIncluded.NO))
        for number in (1, 2):
            await locations.keep(unit, CPO, replace(garage(evses=()), id=f"LOC{number}"))
    await noted(cpo)
    ref = (await cpo.connection()).ref
    async with cpo.database.unit() as unit:
        said = await operate.fetch_losses(unit, ref)
        newest = replace(await operate.fetch_partner(unit, ref), version="2.3.0")
        assert await losses.of_partner(unit, newest) == ()
    assert (said.holder, said.version) == (CPO, "2.2.1")
    assert said.losses == (
        Loss(module=Module.LOCATIONS, field="help_phone", objects=2, example="loc1"),
        Loss(module=Module.LOCATIONS, field="parking_places", objects=2, example="loc1"),
        Loss(module=Module.TARIFFS, field="tax_included", objects=1, example="t1"),
    )
    async with cpo.database.unit() as unit:
        await tariffs.withdraw(unit, CPO, CPO, "T1")
        for number in (1, 2):
            await locations.keep(unit, CPO, things.location(f"LOC{number}", CPO, last_updated=unit.now))
    await noted(cpo)
    async with cpo.database.unit() as unit:
        assert (await operate.fetch_losses(unit, ref)).losses == ()


async def noted(cpo: Installation) -> None:
    for number in (1, 2):
        changed = LocationChanged(holder=CPO, owner=str(CPO), location_id=f"LOC{number}")
        await losses.note_location(cpo.database, changed)
    await losses.note_tariff(cpo.database, TariffChanged(holder=CPO, owner=str(CPO), tariff_id="T1"))

"""EnergyMix as OCPI 2.1.1 spells it: what is emitted has a source, not a category.

OCPI 2.1.1 mod_locations §4.5 to §4.9.
"""

from msgspec import Struct

from laddnav.locations.model import EnergyMix, Share
from laddnav.ocpi.wire.shared.scalars import Number, String64, Word, many


class WireEnergySource(Struct, kw_only=True):
    source: Word
    percentage: Number


class WireEnvironmentalImpact(Struct, kw_only=True):
    source: Word
    amount: Number


class WireEnergyMix(Struct, kw_only=True, omit_defaults=True):
    is_green_energy: bool
    energy_sources: tuple[WireEnergySource, ...] | None = None
    environ_impact: tuple[WireEnvironmentalImpact, ...] | None = None
    supplier_name: String64 | None = None
    energy_product_name: String64 | None = None


def read_energy_mix(wire: WireEnergyMix) -> EnergyMix:
    return EnergyMix(
        is_green_energy=wire.is_green_energy,
        sources=tuple(Share(one.source, one.percentage.value) for one in wire.energy_sources or ()),
        impacts=tuple(Share(one.source, one.amount.value) for one in wire.environ_impact or ()),
        supplier_name=wire.supplier_name,
        product_name=wire.energy_product_name,
    )


def write_energy_mix(mix: EnergyMix) -> WireEnergyMix:
    return WireEnergyMix(
        is_green_energy=mix.is_green_energy,
        energy_sources=many(WireEnergySource(source=one.kind, percentage=Number(one.amount)) for one in mix.sources),
        environ_impact=many(WireEnvironmentalImpact(source=one.kind, amount=Number(one.amount)) for one in mix.impacts),
        supplier_name=mix.supplier_name,
        energy_product_name=mix.product_name,
    )

"""EnergyMix as OCPI 2.3.0 spells it: as 2.2.1, but where energy comes from is one of a closed list.

OCPI 2.3.0 mod_locations_energysourcecategory_enum.
"""

from typing import Literal, get_args

from msgspec.structs import replace

from laddnav.locations.model import EnergyMix
from laddnav.ocpi.wire.v2_2_1 import energy_mix as v2_2_1

Source = Literal["NUCLEAR", "GENERAL_FOSSIL", "COAL", "GAS", "GENERAL_GREEN", "SOLAR", "WIND", "WATER"]


class WireEnergySource(v2_2_1.WireEnergySource, kw_only=True):
    source: Source


class WireEnergyMix(v2_2_1.WireEnergyMix, kw_only=True, omit_defaults=True):
    energy_sources: tuple[WireEnergySource, ...] | None = None


def sayable(mix: EnergyMix | None) -> EnergyMix | None:
    """Without the sources that 2.3.0 has no words for."""
    return mix and replace(mix, sources=tuple(one for one in mix.sources if one.kind in get_args(Source)))

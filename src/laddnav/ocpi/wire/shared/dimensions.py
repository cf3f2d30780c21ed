"""CdrDimension as all versions spell it (OCPI 2.2.1 mod_cdrs_cdrdimension_class)."""

from msgspec import Struct

from laddnav.metering.model import Dimension
from laddnav.ocpi.wire.shared.scalars import Number, Word


class WireDimension(Struct, kw_only=True):
    type: Word
    volume: Number


def read_dimensions(wire: tuple[WireDimension, ...]) -> tuple[Dimension, ...]:
    return tuple([Dimension(one.type, one.volume.value) for one in wire])


def write_dimensions(dimensions: tuple[Dimension, ...]) -> tuple[WireDimension, ...]:
    return tuple(WireDimension(type=one.type, volume=Number(one.volume)) for one in dimensions)

"""BusinessDetails and Image (OCPI 2.2.1 mod_locations_businessdetails_class, mod_locations_image_class)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import BusinessDetails, Image
from laddnav.ocpi.wire.shared.scalars import CiString4, String100, Url, Word, clipped

Pixels = Annotated[int, Meta(ge=0, le=99999)]


class WireImage(Struct, kw_only=True, omit_defaults=True):
    url: Url
    thumbnail: Url | None = None
    category: Word
    type: CiString4
    width: Pixels | None = None
    height: Pixels | None = None


class WireBusinessDetails(Struct, kw_only=True, omit_defaults=True):
    name: String100
    website: Url | None = None
    logo: WireImage | None = None


def read_image(wire: WireImage) -> Image:
    return Image(
        url=wire.url,
        category=wire.category,
        type=wire.type,
        thumbnail=wire.thumbnail,
        width=wire.width,
        height=wire.height,
    )


def write_image(image: Image) -> WireImage:
    return WireImage(
        url=image.url,
        thumbnail=image.thumbnail,
        category=image.category,
        type=image.type,
        width=image.width,
        height=image.height,
    )


def read_business(wire: WireBusinessDetails | None) -> BusinessDetails | None:
    if wire is None:
        return None
    return BusinessDetails(wire.name, wire.website, None if wire.logo is None else read_image(wire.logo))


def write_business(details: BusinessDetails | None) -> WireBusinessDetails | None:
    if details is None:
        return None
    logo = None if details.logo is None else write_image(details.logo)
    return WireBusinessDetails(name=clipped(details.name, 100), website=details.website, logo=logo)

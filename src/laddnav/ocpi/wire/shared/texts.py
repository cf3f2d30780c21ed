"""DisplayText: a text and the language it is in (OCPI 2.2.1 types_displaytext_class)."""

from msgspec import Struct

from laddnav.locations.model import DisplayText
from laddnav.ocpi.wire.shared.scalars import String2, String512, clipped


class WireDisplayText(Struct, kw_only=True):
    language: String2
    text: String512


def read_text(wire: WireDisplayText) -> DisplayText:
    return DisplayText(wire.language, wire.text)


def write_text(text: DisplayText) -> WireDisplayText:
    return WireDisplayText(language=text.language, text=clipped(text.text, 512))


def read_texts(wire: tuple[WireDisplayText, ...] | None) -> tuple[DisplayText, ...]:
    return tuple(read_text(one) for one in wire or ())


def write_texts(texts: tuple[DisplayText, ...]) -> tuple[WireDisplayText, ...] | None:
    return tuple(write_text(one) for one in texts) or None

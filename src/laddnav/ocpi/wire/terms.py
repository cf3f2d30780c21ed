"""What of a Tariff decides a price, in the words of any version, and lenient about all the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire import lenient
from laddnav.ocpi.wire.codec import UNREADABLE, parsed
from laddnav.ocpi.wire.lenient import dicts
from laddnav.ocpi.wire.shared.scalars import DateTime, from_json, number_in
from laddnav.ocpi.wire.v2_1_1 import tariff as v2_1_1
from laddnav.ocpi.wire.v2_2_1 import tariff as v2_2_1
from laddnav.ocpi.wire.v2_3_0 import tariff as v2_3_0
from laddnav.tariffs.model import Tariff

W = TypeVar("W", bound=Struct)

NOBODY = PartyId("ZZ", "ZZZ")  # ZZ is no country: a Tariff whose owner is not said has the same price
SOMETIME = DateTime(datetime(1970, 1, 1, tzinfo=UTC))
OLDEST = "2.1.1"  # requires the least, so that what no version but it allows to be left out tells it
MOST_ELEMENTS = 2_000  # a price of its own for every quarter of an hour of a week takes 672
LONGEST_KEPT, MOST_KEPT = 16_000, 512  # bytes, Tariffs: at worst they take some tens of megabytes


class Wire2_1_1(v2_1_1.WireTariff, kw_only=True):
    id: str = ""
    last_updated: DateTime = SOMETIME


class Wire2_2_1(v2_2_1.WireTariff, kw_only=True):
    country_code: str = NOBODY.country
    party_id: str = NOBODY.party
    id: str = ""
    last_updated: DateTime = SOMETIME


class Wire2_3_0(v2_3_0.WireTariff, kw_only=True):
    """A `tax_included` left out, as in the text's own CDR, means what it meant before there was such a field."""

    country_code: str = NOBODY.country
    party_id: str = NOBODY.party
    id: str = ""
    tax_included: Literal["YES", "NO", "N/A"] = "NO"
    last_updated: DateTime = SOMETIME


class _Spelling(Generic[W]):
    """One version's words: as they should be, or with what can be put right put right."""

    def __init__(self, wire: type[W], read: Callable[[W], Tariff]) -> None:
        self._wire = wire
        self._read = read
        self._decoder = msgspec.json.Decoder(wire, dec_hook=from_json, float_hook=number_in)

    def read(self, body: bytes) -> Tariff:
        return self._read(self._decoder.decode(body))

    def read_repaired(self, words: Any) -> Tariff:
        wire = lenient.converted(words, self._wire, needless=_NEEDLESS)
        try:
            return self._read(wire)
        except NotAPartyId:
            return self._read(replace(wire, country_code=NOBODY.country, party_id=NOBODY.party))


def _read_2_1_1(wire: Wire2_1_1) -> Tariff:
    return v2_1_1.read_tariff(wire, NOBODY)


_SPELLINGS: dict[str, _Spelling[Any]] = {
    "2.1.1": _Spelling(Wire2_1_1, _read_2_1_1),
    "2.2.1": _Spelling(Wire2_2_1, v2_2_1.read_tariff),
    "2.3.0": _Spelling(Wire2_3_0, v2_3_0.read_tariff),
}

# Whatever is wrong in these, the price is the same.
_NEEDLESS = frozenset("country_code party_id tariff_alt_text tariff_alt_url energy_mix last_updated".split())

_raws = msgspec.json.Decoder(list[Raw])


def read_tariff(body: bytes, version: str | None = None, *, otherwise: str = OLDEST) -> Tariff:
    """One Tariff; the same bytes are the same object. Without `version` its words say which it is, or `otherwise` does.

    Raises Unreadable, naming the field by its path.
    """
    if len(body) > lenient.MOST_BYTES:
        raise Unreadable(f"A Tariff of more than {lenient.MOST_BYTES} bytes is not read - at `$`")
    return (_kept if len(body) <= LONGEST_KEPT else _read)(body, version, otherwise)


def read_tariffs(body: bytes, version: str | None = None, *, otherwise: str = OLDEST) -> tuple[Tariff, ...]:
    """A list of Tariffs, or one. Raises Unreadable, naming the field by its path."""
    try:
        raws = _raws.decode(body)
    except UNREADABLE:
        return (read_tariff(body, version, otherwise=otherwise),)
    return each(raws, version, "", otherwise=otherwise)


def each(raws: Sequence[Raw], version: str | None, path: str, *, otherwise: str = OLDEST) -> tuple[Tariff, ...]:
    """The Tariffs of a list that stands at `path`. Raises Unreadable, naming the field by its whole path."""
    tariffs = []
    for number, raw in enumerate(raws):
        try:
            tariffs.append(read_tariff(bytes(raw), version, otherwise=otherwise))
        except Unreadable as error:
            raise lenient.inside(error, f"{path}[{number}]") from error
    return tuple(tariffs)


def version_of(words: Any, otherwise: str = OLDEST) -> str:
    """The OCPI version of a parsed Tariff, by the words that it has; `otherwise` where every version has them.

    Raises Unreadable.
    """
    if not isinstance(words, dict):
        raise Unreadable("Expected `object` - at `$`")
    elements = dicts(words.get("elements"))
    components = [part for element in elements for part in dicts(element.get("price_components"))]
    restrictions = [part for element in elements for part in dicts([element.get("restrictions")])]
    limits = dicts([words.get("min_price"), words.get("max_price")])
    if _named("tax_included preauthorize_amount", words) or _named("before_taxes after_taxes", *limits):
        return "2.3.0"
    if (
        _named("country_code party_id type min_price max_price start_date_time end_date_time", words)
        or _named("vat", *components)
        or _named("min_current max_current reservation booking", *restrictions)
    ):
        return "2.2.1"
    return otherwise


def _named(fields: str, *parts: dict[str, Any]) -> bool:
    return any(field in part for field in fields.split() for part in parts)


def _read(body: bytes, version: str | None, otherwise: str) -> Tariff:
    try:
        tariff = _spelling(version or version_of(parsed(body), otherwise)).read(body)
    except (*UNREADABLE, Unreadable, NotAPartyId):
        tariff = _read_repaired(body, version, otherwise)
    if len(tariff.elements) > MOST_ELEMENTS:
        raise Unreadable(f"A Tariff of more than {MOST_ELEMENTS} elements is not read - at `$.elements`")
    return tariff


def _read_repaired(body: bytes, version: str | None, otherwise: str) -> Tariff:
    words = lenient.repaired(body)
    spelling = _spelling(version or version_of(words, otherwise))
    try:
        return spelling.read_repaired(words)
    except UNREADABLE as error:
        raise Unreadable(str(error)) from error


def _spelling(version: str) -> _Spelling[Any]:
    """Raises Unreadable."""
    if version not in _SPELLINGS:
        raise Unreadable(f"OCPI {version!r:.20} is not known; {', '.join(_SPELLINGS)} are")
    return _SPELLINGS[version]


_kept = lru_cache(maxsize=MOST_KEPT)(_read)

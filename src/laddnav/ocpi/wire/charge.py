"""What of a CDR decides its price and what it states itself, read from any version's words, fast and leniently.

Locations, tokens and ids may be missing or wrong. What a price needs is told by its path where it cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Subnormal
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from laddnav.kit.energy import Energy
from laddnav.kit.json import Unreadable, sane
from laddnav.kit.time import utc
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire import lenient, terms
from laddnav.ocpi.wire.codec import UNREADABLE, encoded
from laddnav.ocpi.wire.shared.scalars import String3, instant
from laddnav.ocpi.wire.terms import read_tariff, read_tariffs
from laddnav.pricing.model import Amount, Charge, Stated
from laddnav.tariffs.model import Tariff

__all__ = ["charge_and_version", "read_charge", "read_tariff", "read_tariffs", "version_of"]

C = TypeVar("C", bound=Struct)
P = TypeVar("P", bound=Struct)

MOST_DIMENSIONS = 100
MOST_PERIODS = 100_000  # a minute each for two months


# ---- The words. Numbers and instants are msgspec's own, which are several times as fast; whether they are sane, and in
# ---- which zone, is asked when they are read.


class WirePlace(Struct, kw_only=True, gc=False):
    country: str | None = None
    time_zone: str | None = None


class WirePeriod(Struct, kw_only=True, gc=False):
    """A Dimension of ours is spelt as one of theirs, so it is read as it stands."""

    start_date_time: datetime
    dimensions: Annotated[tuple[Dimension, ...], Meta(max_length=MOST_DIMENSIONS)] = ()
    tariff_id: str | None = None


class WireCharge(Struct, kw_only=True, gc=False):
    id: str = ""
    start_date_time: datetime
    currency: String3
    tariffs: Raw = Raw(b"[]")
    charging_periods: Annotated[tuple[WirePeriod, ...], Meta(min_length=1, max_length=MOST_PERIODS)]
    total_energy: Decimal | None = None
    total_time: Decimal | None = None
    total_parking_time: Decimal | None = None


class WireCharge2_1_1(WireCharge, kw_only=True, gc=False):
    stop_date_time: datetime
    location: WirePlace | None = None
    total_cost: Decimal | None = None


class WireChargeIn(WireCharge, Generic[P], kw_only=True, gc=False):
    """As 2.2.1 and 2.3.0 have it, which differ in their Price."""

    end_date_time: datetime
    cdr_location: WirePlace | None = None
    credit: bool | None = None
    total_cost: P | None = None
    total_fixed_cost: P | None = None
    total_energy_cost: P | None = None
    total_time_cost: P | None = None
    total_parking_cost: P | None = None
    total_reservation_cost: P | None = None


class WirePrice2_2_1(Struct, kw_only=True, gc=False):
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class WireTaxAmount(Struct, kw_only=True, gc=False):
    amount: Decimal


class WirePrice2_3_0(Struct, kw_only=True, gc=False):
    before_taxes: Decimal
    taxes: tuple[WireTaxAmount, ...] | None = None


class WireCharge2_2_1(WireChargeIn[WirePrice2_2_1], kw_only=True, gc=False):
    pass


class WireCharge2_3_0(WireChargeIn[WirePrice2_3_0], kw_only=True, gc=False):
    pass


# ---- The way in ------------------------------------------------------------------------------------------------------


def read_charge(body: bytes, version: str | None = None) -> Charge:
    """Without `version` the words say which it is. Raises Unreadable, naming the field by its path."""
    if len(body) > lenient.MOST_BYTES:
        raise Unreadable(f"A CDR of more than {lenient.MOST_BYTES} bytes is not read - at `$`")
    try:
        return _spelling(version or version_at_a_glance(body)).read(body)
    except (*UNREADABLE, Unreadable):
        return _read_repaired(body, version)


def charge_and_version(body: bytes, version: str | None = None) -> tuple[Charge, str]:
    """With the version it was read in, which is that of Tariffs beside it that tell none. Raises Unreadable."""
    return read_charge(body, version), version or version_at_a_glance(body)


def version_of(words: Any) -> str:
    """The OCPI version of a parsed CDR or Tariff, by the words that it has. Raises Unreadable."""
    if not isinstance(words, dict) or not {"charging_periods", "total_cost"} & words.keys():
        return terms.version_of(words)
    if any("before_taxes" in said for said in words.values() if isinstance(said, dict)):
        return "2.3.0"
    if {"stop_date_time", "auth_id"} & words.keys():
        return "2.1.1"
    return "2.3.0" if any("tax_included" in one for one in lenient.dicts(words.get("tariffs"))) else "2.2.1"


class _Spelling(Generic[C]):
    """One version's words and how they become a Charge."""

    def __init__(self, wire: type[C], read: Callable[[C], Charge]) -> None:
        self._wire = wire
        self._read = read
        self._decoder = msgspec.json.Decoder(wire)

    def read(self, body: bytes) -> Charge:
        return self._read(self._decoder.decode(body))

    def read_repaired(self, words: Any) -> Charge:
        return self._read(lenient.converted(_judged(words), self._wire, needless=_NEEDLESS))


# Whatever is wrong in these, the price is the same.
_NEEDLESS = frozenset({"id", "location", "cdr_location"})


def version_at_a_glance(body: bytes) -> str:
    """The version at a glance: a quotation mark inside a text is escaped, so what is found is a name of a field.

    Looked for from behind, which is several times as fast: what stands before a quotation mark is in none of the names.
    """
    if body.rfind(b'"stop_date_time"') >= 0:
        return "2.1.1"
    return "2.3.0" if body.rfind(b'"before_taxes"') >= 0 or body.rfind(b'"tax_included"') >= 0 else "2.2.1"


def _spelling(version: str) -> _Spelling[Any]:
    """Raises Unreadable."""
    if version not in _SPELLINGS:
        raise Unreadable(f"OCPI {version!r:.20} is not known; {', '.join(_SPELLINGS)} are")
    return _SPELLINGS[version]


def _read_repaired(body: bytes, version: str | None) -> Charge:
    words = lenient.repaired(body)
    try:
        return _spelling(version or version_of(words)).read_repaired(words)
    except ArithmeticError as error:
        raise Unreadable("The numbers of this CDR are larger or finer than anything charged - at `$`") from error
    except UNREADABLE as error:
        raise Unreadable(str(error)) from error


def _judged(words: Any) -> Any:
    """The words of a CDR with its instants read as leniently as anywhere, its numbers proved sane, its tariffs raw."""
    if not isinstance(words, dict):
        return words
    judged = {name: _part(name, said, f"$.{name}") for name, said in words.items() if name in _NEEDED}
    rest = {name: said for name, said in words.items() if name in _NEEDLESS}
    tariffs = {"tariffs": Raw(encoded(words["tariffs"]))} if words.get("tariffs") else {}
    return judged | rest | tariffs


def _part(name: str, said: Any, path: str) -> Any:
    if isinstance(said, dict):
        return {inner: _part(inner, one, f"{path}.{inner}") for inner, one in said.items()}
    if isinstance(said, list):
        return [_part(name, one, f"{path}[{number}]") for number, one in enumerate(said)]
    try:
        if name in _INSTANTS and isinstance(said, str):
            return instant(said)
        return said if name in _TEXTS or isinstance(said, bool | None) else sane(Decimal(said))
    except InvalidOperation:
        return said  # is no number: the struct says so best
    except ValueError as error:
        raise lenient.inside(error, path.removeprefix("$")) from error


_INSTANTS = frozenset({"start_date_time", "end_date_time", "stop_date_time"})
_TEXTS = frozenset({"account_number", "currency", "name", "tariff_id", "type"})
_NEEDED = frozenset(
    set(WireCharge2_1_1.__struct_fields__ + WireCharge2_2_1.__struct_fields__) - _NEEDLESS - {"tariffs"}
)


# ---- From words to meaning -------------------------------------------------------------------------------------------


def _read_2_1_1(wire: WireCharge2_1_1) -> Charge:
    total = wire.total_cost
    return _charge(
        wire,
        "2.1.1",
        wire.stop_date_time,
        wire.location,
        Stated() if total is None else Stated(total=Amount(_finite(total), None)),
    )


def _read_2_2_1(wire: WireCharge2_2_1) -> Charge:
    return _charge(
        wire, "2.2.1", wire.end_date_time, wire.cdr_location, _stated(wire, _price_2_2_1), credit=bool(wire.credit)
    )


def _read_2_3_0(wire: WireCharge2_3_0) -> Charge:
    return _charge(
        wire, "2.3.0", wire.end_date_time, wire.cdr_location, _stated(wire, _price_2_3_0), credit=bool(wire.credit)
    )


_SPELLINGS: dict[str, _Spelling[Any]] = {
    "2.1.1": _Spelling(WireCharge2_1_1, _read_2_1_1),
    "2.2.1": _Spelling(WireCharge2_2_1, _read_2_2_1),
    "2.3.0": _Spelling(WireCharge2_3_0, _read_2_3_0),
}


def _charge(
    wire: WireCharge, version: str, ended_at: datetime, place: WirePlace | None, stated: Stated, *, credit: bool = False
) -> Charge:
    energy, time, parking = wire.total_energy, wire.total_time, wire.total_parking_time
    return Charge(
        id=wire.id,
        started_at=_instant(wire.start_date_time),
        ended_at=_instant(ended_at),
        currency=wire.currency.upper(),
        zone=None if place is None else place.time_zone,
        country=None if place is None else place.country,
        periods=_periods(wire.charging_periods),
        tariffs=tariffs_of(bytes(wire.tariffs), version),
        stated=stated,
        energy=None if energy is None else Energy(_multiply(_finite(energy), _THOUSAND)),
        time=None if time is None else _hours(time),
        parking_time=None if parking is None else _hours(parking),
        credit=credit,
    )


def _periods(wire: tuple[WirePeriod, ...]) -> tuple[ChargingPeriod, ...]:
    """Raises ArithmeticError where one of the volumes is not sane: then their sum is not either."""
    volumes = _ZERO
    periods = []
    for one in wire:
        dimensions = one.dimensions
        for dimension in dimensions:
            volumes = _add(volumes, dimension.volume)
        periods.append(
            ChargingPeriod(
                started_at=_instant(one.start_date_time), dimensions=dimensions, tariff_id=one.tariff_id or None
            )
        )
    _finite(volumes)
    return tuple(periods)


def _stated(wire: WireChargeIn[P], read: Callable[[P], Amount]) -> Stated:
    total, fixed, energy = wire.total_cost, wire.total_fixed_cost, wire.total_energy_cost
    time, parking, reservation = wire.total_time_cost, wire.total_parking_cost, wire.total_reservation_cost
    return Stated(
        total=None if total is None else read(total),
        fixed=None if fixed is None else read(fixed),
        energy=None if energy is None else read(energy),
        time=None if time is None else read(time),
        parking=None if parking is None else read(parking),
        reservation=None if reservation is None else read(reservation),
    )


def _price_2_2_1(wire: WirePrice2_2_1) -> Amount:
    incl = wire.incl_vat
    return Amount(_finite(wire.excl_vat), None if incl is None else _finite(incl))


def _price_2_3_0(wire: WirePrice2_3_0) -> Amount:
    """A list that is left out is an empty one (OCPI 2.3.0 types_price_class)."""
    before_taxes = after_taxes = _finite(wire.before_taxes)
    for tax in wire.taxes or ():
        after_taxes = _add(after_taxes, _finite(tax.amount))
    return Amount(before_taxes, after_taxes)


@lru_cache(maxsize=terms.MOST_KEPT)
def _tariffs_kept(raw: bytes, version: str) -> tuple[Tariff, ...]:
    """Raises Unreadable."""
    try:
        raws = _list.decode(raw) or ()
    except UNREADABLE as error:
        raise lenient.inside(error, ".tariffs") from error
    return terms.each(raws, version, ".tariffs")


def tariffs_of(raw: bytes, version: str) -> tuple[Tariff, ...]:
    """The same bytes are the same Tariffs, so that what is worked out once for a Tariff holds for many CDRs."""
    return (_tariffs_kept if len(raw) <= terms.LONGEST_KEPT else _tariffs_kept.__wrapped__)(raw, version)


_list = msgspec.json.Decoder(list[Raw] | None)

# Calculates as json.sane judges: what has too many digits, is too large or too small does not come through.
_SANE = Context(prec=40, Emax=40, Emin=-40, traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Subnormal])
_add, _multiply, _plus = _SANE.add, _SANE.multiply, _SANE.plus
_ZERO, _THOUSAND = Decimal(0), Decimal(1000)
_MILLISECOND, _MILLISECONDS_OF_AN_HOUR = timedelta(milliseconds=1), Decimal(3_600_000)


def _finite(number: Decimal) -> Decimal:
    """Raises ArithmeticError where it is not sane."""
    if not _plus(number).is_finite():
        raise InvalidOperation(number)
    return number


def _hours(number: Decimal) -> timedelta:
    """To the millisecond. Raises ArithmeticError, ValueError."""
    return _MILLISECOND * round(_multiply(number, _MILLISECONDS_OF_AN_HOUR))


def _instant(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else utc(at)

"""The small types of the wire: strings with their lengths, instants and exact numbers (OCPI 2.2.1 types_types)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from laddnav.kit.json import Unreadable, sane
from laddnav.kit.time import hours, rfc3339, utc

T = TypeVar("T")

ASCII = r"^[ -~]*\Z"  # OCPI 2.2.1 types_cistring_type
PRINTABLE = r"^[^\x00-\x1f\x7f]*\Z"  # OCPI 2.2.1 types_string_type

# Case carries no meaning in a CiString, but what was sent is what is kept; kit.ids.fold compares.
CiString2 = Annotated[str, Meta(min_length=2, max_length=2, pattern=ASCII)]
CiString3 = Annotated[str, Meta(min_length=3, max_length=3, pattern=ASCII)]
CiString4 = Annotated[str, Meta(max_length=4, pattern=ASCII)]
CiString5 = Annotated[str, Meta(min_length=5, max_length=5, pattern=ASCII)]
CiString25 = Annotated[str, Meta(max_length=25, pattern=ASCII)]
CiString32 = Annotated[str, Meta(max_length=32, pattern=ASCII)]
CiString36 = Annotated[str, Meta(min_length=1, max_length=36, pattern=ASCII)]
CiString39 = Annotated[str, Meta(min_length=1, max_length=39, pattern=ASCII)]
CiString48 = Annotated[str, Meta(max_length=48, pattern=ASCII)]
CiString255 = Annotated[str, Meta(max_length=255, pattern=ASCII)]

String2 = Annotated[str, Meta(min_length=2, max_length=2, pattern=PRINTABLE)]
String3 = Annotated[str, Meta(min_length=3, max_length=3, pattern=PRINTABLE)]
String4 = Annotated[str, Meta(max_length=4, pattern=PRINTABLE)]
String10 = Annotated[str, Meta(max_length=10, pattern=PRINTABLE)]
String12 = Annotated[str, Meta(max_length=12, pattern=PRINTABLE)]
String16 = Annotated[str, Meta(max_length=16, pattern=PRINTABLE)]
String20 = Annotated[str, Meta(max_length=20, pattern=PRINTABLE)]
String36 = Annotated[str, Meta(max_length=36, pattern=PRINTABLE)]
String39 = Annotated[str, Meta(max_length=39, pattern=PRINTABLE)]
String45 = Annotated[str, Meta(max_length=45, pattern=PRINTABLE)]
String48 = Annotated[str, Meta(max_length=48, pattern=PRINTABLE)]
String50 = Annotated[str, Meta(max_length=50, pattern=PRINTABLE)]
String64 = Annotated[str, Meta(max_length=64, pattern=PRINTABLE)]
String100 = Annotated[str, Meta(max_length=100, pattern=PRINTABLE)]
String255 = Annotated[str, Meta(max_length=255, pattern=PRINTABLE)]
String512 = Annotated[str, Meta(max_length=512, pattern=PRINTABLE)]
Blob5000 = Annotated[str, Meta(max_length=5000)]  # signed text is kept to the byte, line breaks too

Word = Annotated[str, Meta(min_length=1, max_length=255, pattern=ASCII)]  # of an enumeration we do not decide by
Url = Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+\Z")]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
CredentialsToken = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+\Z")]

NOT_AVAILABLE = (
    "#NA"  # stands where a text is required and none is known (OCPI 2.2.1 transport_and_format_not_available)
)


class DateTime:
    """An instant on the wire: read with or without zone (then UTC) and fraction, written in UTC to the millisecond.

    A numeric offset is not OCPI, yet it names its instant without doubt, so it is understood
    (OCPI 2.2.1 types_datetime_type).
    """

    __slots__ = ("at",)

    def __init__(self, at: datetime) -> None:
        self.at = at


class Number:
    """A JSON number with exactly the digits it was sent with; text that looks like a number is none."""

    __slots__ = ("value",)

    def __init__(self, value: Decimal) -> None:
        self.value = value

    def __repr__(self) -> str:
        return str(self.value)


@lru_cache(maxsize=8_192)
def number_in(text: str) -> Number | Decimal:
    """How msgspec reads a number with a fraction: the same prices and powers are told all day, and looked at once.

    What cannot be calculated with stays a Decimal, for `from_json` to refuse where it stands.
    """
    value = Decimal(text)
    try:
        return Number(sane(value))
    except ValueError:
        return value


@lru_cache(maxsize=8_192)
def _whole(said: int) -> Number:
    """Raises ValueError."""
    return Number(sane(Decimal(said)))


@lru_cache(maxsize=8_192)
def _moment(said: str) -> DateTime:
    """When a charge began, and each of its periods, is told again with all that follows. Raises ValueError."""
    return DateTime(instant(said))


def from_json(kind: type, said: object) -> object:
    """How msgspec reads the types it does not know. Raises ValueError, to which msgspec adds the path."""
    # By exact types: a bool is no number. What is most frequent comes first.
    if type(said) is kind:
        return said
    if kind is DateTime and type(said) is str:
        return _moment(said)
    if kind is Number and type(said) is int:
        return _whole(said)
    if kind is Number and type(said) is Decimal:
        return Number(sane(said))
    expected = {Number: "a number", DateTime: "an instant as 2026-11-21T09:47:00Z"}[kind]
    raise ValueError(f"Expected {expected}, got {said!r:.40}")


def to_json(value: Any) -> object:
    if isinstance(value, Number):
        return value.value
    if isinstance(value, DateTime):
        return rfc3339(value.at)
    raise TypeError(f"{type(value).__name__} has no spelling on the wire")


def instant(text: str) -> datetime:
    """Raises ValueError."""
    # A day alone names no instant, though Python would read one from it.
    if not (16 <= len(text) <= 40 and text[10] in "Tt "):
        raise ValueError(f"{text!r:.40} is no instant")
    try:
        return utc(datetime.fromisoformat(text))
    except OverflowError as error:
        raise ValueError(f"{text!r} is beyond all time") from error


def number(value: Decimal) -> Number:
    return Number(value)


def maybe_number(value: Decimal | None) -> Number | None:
    return None if value is None else Number(value)


def value_of(said: Number | None) -> Decimal | None:
    return None if said is None else said.value


def maybe_instant(at: datetime | None) -> DateTime | None:
    return None if at is None else DateTime(at)


def instant_of(said: DateTime | None) -> datetime | None:
    return None if said is None else said.at


_MILLISECOND = timedelta(milliseconds=1)


def write_hours(length: timedelta) -> Number:
    """Seven decimals: the fewest from which every millisecond can be read again."""
    rounded = hours(length).quantize(Decimal("1e-7")).normalize()
    return Number(rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(Decimal(1)))  # type: ignore[operator]  # finite: its exponent is a number


def read_hours(said: Number) -> timedelta:
    return _MILLISECOND * round(said.value * 3_600_000)


def many(things: Iterable[T]) -> tuple[T, ...] | None:
    """An empty list is left out; absence, null and [] mean the same (OCPI 2.2.1 terminology_cardinality)."""
    return tuple(things) or None


def clipped(text: str, longest: int) -> str:
    """The most of a text that the field has room for."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def printable(text: str, longest: int = 500) -> str:
    """What anybody said, for people and logs: what cannot be printed, the character NUL among it, is marked as that."""
    said = text[:longest]
    if said.isprintable():
        return said
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in said)


def known_zone(name: str, where: str) -> str:
    """Raises Unreadable where it is no name of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unreadable(f"{name!r} is no IANA time zone - at `{where}`") from error
    return name

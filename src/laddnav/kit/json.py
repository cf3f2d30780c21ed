"""JSON in and out with exact numbers: a Decimal keeps its digits, NaN and blown-up exponents are refused."""

from collections.abc import Callable
from decimal import Context, Decimal, Rounded
from typing import Any, TypeVar

import msgspec

from laddnav.kit.refusal import Refusal

T = TypeVar("T")

_encoder = msgspec.json.Encoder(decimal_format="number")
encode: Callable[[Any], bytes] = _encoder.encode
_MAX_DIGITS = 40  # more than any price or meter register needs; a longer number is an attack or an accident
_unrounded = Context(prec=_MAX_DIGITS, traps=[Rounded]).plus


class Unreadable(Refusal):
    """The JSON cannot be read as what it should be; `where` is the path of the field, as msgspec says it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)


def decode(body: bytes | str, type: type[T]) -> T:
    """Raises Unreadable, naming the field by its path."""
    try:
        return msgspec.json.decode(body, type=type, strict=True)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable(str(error)) from error


def sane(number: Decimal) -> Decimal:
    """A number from outside that can be calculated with. Raises ValueError for NaN, infinity and absurd magnitudes."""
    if number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS:
        try:
            _unrounded(number)
        except Rounded:
            pass
        else:
            return number
    raise ValueError("a number of this size or kind cannot be used")

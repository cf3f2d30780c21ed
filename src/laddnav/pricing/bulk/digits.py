"""Numbers and instants written as text, read by the column: each exactly, or marked as one for slower eyes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Marks = NDArray[np.bool_]

_COMMA, _MINUS, _POINT, _ZERO = b",-.0"
_TENS = 10 ** np.arange(19, dtype=np.int64)
_MOST_DIGITS = 18  # 10^18 is the highest power of ten that 64 bits hold


class Decimals(Struct, frozen=True):
    """Numbers as they were written: `digits` without their point, which stood before the last `places` of them.

    `plain` are those that are written in digits alone, and in no more than 64 bits hold; the others are 0 here.
    """

    digits: Numbers
    places: Numbers
    lengths: Numbers
    plain: Marks

    def scaled(self, these: Numbers, most: int) -> tuple[int, Numbers, Marks]:
        """These numbers as whole multiples of 10^-places, no finer than `most`, and which of them are exactly that."""
        written = self.places[these]
        exact = self.plain[these] & (written <= most)
        places = int(written[exact].max(initial=0))
        more = np.where(exact, places - written, 0)
        exact &= self.lengths[these] + more <= _MOST_DIGITS
        return places, np.where(exact, self.digits[these] * _TENS[more], 0), exact


def decimals(texts: Sequence[bytes]) -> Decimals:
    """Numbers as JSON writes them; `texts` may be any buffers. One with an exponent is not plain, nor what is none."""
    count = len(texts)
    text = np.frombuffer(b",".join((*texts, b"")), np.uint8)
    ends = np.flatnonzero(text == _COMMA)
    if len(ends) != count:  # a comma inside: something here is no number
        nothing = np.zeros(count, np.int64)
        return Decimals(nothing, nothing, nothing, np.zeros(count, np.bool_))
    starts = np.concatenate(([0], ends[:-1] + 1)) if count else ends
    digit = text - _ZERO  # of an unsigned byte: what stands before 0 turns out far above 9
    is_digit = digit <= 9
    seen = np.cumsum(is_digit, dtype=np.int32)
    after = seen[ends]
    lengths = (after - seen[starts] + is_digit[starts]).astype(np.int64)
    negative = text[starts] == _MINUS
    points = np.flatnonzero(text == _POINT)
    of_point = np.searchsorted(ends, points)
    places, has_point = np.zeros(count, np.int64), np.zeros(count, np.int64)
    places[of_point] = after[of_point] - seen[points]
    has_point[of_point] = 1
    plain = (ends - starts == lengths + has_point + negative) & (lengths >= 1) & (lengths <= _MOST_DIGITS)
    if not plain.all():
        is_digit &= np.repeat(plain, ends - starts + 1)
    worth = _TENS[np.minimum(np.repeat(after, ends - starts + 1) - seen, _MOST_DIGITS)]
    digits = np.add.reduceat(np.where(is_digit, digit, 0) * worth, starts) if count else ends
    return Decimals(np.where(negative, -digits, digits), places, lengths, plain)


# 2026-11-21T09:47:00, and how it may go on: what stands where, if it is no digit.
_SECONDS = {4: b"-", 7: b"-", 10: b"T", 13: b":", 16: b":"}
_SPELLINGS = {19: _SECONDS, 20: _SECONDS | {19: b"Z"}, 24: _SECONDS | {19: b".", 23: b"Z"}}


def instants(texts: Sequence[str]) -> tuple[Numbers, Marks]:
    """As microseconds since the epoch, and which of them are in UTC, to the second or the millisecond, and after 1970.

    Others have to be read one by one.
    """
    found, read = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for length, signs in _SPELLINGS.items():
        these = np.flatnonzero(lengths == length)
        if these.size:
            alike = texts if these.size == len(texts) else [texts[place] for place in these.tolist()]
            found[these], read[these] = _alike(alike, length, signs)
    return found, read


def _alike(texts: Sequence[str], length: int, signs: dict[int, bytes]) -> tuple[Numbers, Marks]:
    try:
        text = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(-1, length)
    except UnicodeEncodeError:
        return np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    text = np.ascontiguousarray(text.T)
    digit = text - _ZERO
    read = np.ones(len(texts), np.bool_)
    for place in range(length):
        read &= text[place] == signs[place][0] if place in signs else digit[place] <= 9

    def pair(place: int) -> Numbers:
        both: Numbers = digit[place].astype(np.int64) * 10 + digit[place + 1]
        return both

    year, month, day = pair(0) * 100 + pair(2), pair(5), pair(8)
    hour, minute, second = pair(11), pair(14), pair(17)
    read &= (year >= 1970) & (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 23) & (minute <= 59) & (second <= 59)
    months = np.where(read, (year - 1970) * 12 + month - 1, 0)
    first = _first_day_of(months)
    read &= first + day <= _first_day_of(months + 1)
    microseconds = (((first + day - 1) * 24 + hour) * 3600 + minute * 60 + second) * 1_000_000
    if length == 24:
        microseconds += (digit[20].astype(np.int64) * 100 + pair(21)) * 1000
    return np.where(read, microseconds, 0), read


def _first_day_of(months: Numbers) -> Numbers:
    """Days since the epoch at the first of a month; months counted from January 1970."""
    days: Numbers = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days

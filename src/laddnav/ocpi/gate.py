"""How often who may come in: counted in memory, so that whoever comes too often costs no statement."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.people.rules import neighbourhood

AT_ONCE = 10  # seconds' worth of requests that may come together after a pause
REMEMBERED = 10_000  # partners and addresses at a time; whoever is forgotten begins anew


class TooOften(Refusal):
    """More requests than may come in; `seconds` from now the next one may."""

    def __init__(self, seconds: float) -> None:
        self.seconds = int(seconds) + 1
        super().__init__(f"Too many requests; the next one may come in {self.seconds} s")


class _Bucket(Struct):
    """`level` requests were left `at` that moment."""

    level: float
    at: float


class Limit:
    """`rate` requests a second for each, over time. With a rate of 0 there is no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._most = rate * AT_ONCE
        self._buckets: dict[str, _Bucket] = {}

    def take(self, who: str, now: float) -> None:
        """Raises TooOften."""
        if not self._rate:
            return
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._buckets[who] = _Bucket(self._most, now)
            if len(self._buckets) > REMEMBERED:
                del self._buckets[next(iter(self._buckets))]
        bucket.level = min(self._most, bucket.level + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.level < 1:
            raise TooOften((1 - bucket.level) / self._rate)
        bucket.level -= 1

    def give_back(self, who: str) -> None:
        """What was taken was another's to take."""
        if who in self._buckets:
            self._buckets[who].level += 1


class Gate:
    """Partners are counted by their line, once their token was recognised; everybody else by the address.

    A token is known here by its hash, and only for counting: whether it opens anything, the database says each time.
    """

    def __init__(self, partner_rate: float, stranger_rate: float) -> None:
        self._partners = Limit(partner_rate)
        self._strangers = Limit(stranger_rate)
        self._lines: dict[str, str] = {}
        self._turned_away: dict[str, int] = {}

    def enter(self, hashes: Collection[str], address: str, now: float) -> None:
        """Raises TooOften."""
        line = self._line(hashes)
        if line is None:
            self._strangers.take(neighbourhood(address), now)
            return
        try:
            self._partners.take(line, now)
        except TooOften:
            self._turned_away[line] = self._turned_away.get(line, 0) + 1
            raise

    def recognised(self, hash: str, line: str, address: str) -> None:
        """It is no stranger, and not counted as one from now on."""
        if self._lines.get(hash) != line:
            self._strangers.give_back(neighbourhood(address))
            self._lines[hash] = line
            if len(self._lines) > REMEMBERED:
                del self._lines[next(iter(self._lines))]

    def turned_away(self, line: str) -> int:
        """How many of its requests, since this was last asked."""
        return self._turned_away.pop(line, 0)

    def unknown(self, hashes: Collection[str]) -> None:
        """What this token was good for is over: whoever goes on showing it is a stranger."""
        for hash in hashes:
            self._lines.pop(hash, None)

    def _line(self, hashes: Collection[str]) -> str | None:
        for hash in hashes:
            if hash in self._lines:
                return self._lines[hash]
        return None

"""How stations leave a process that ends, or find one that is full: one after the other, and not as a herd.

Deliberately not by holding boots in Pending: who was sent away does not boot again, and who boots may have a driver
waiting.
"""

from __future__ import annotations

from zlib import crc32

EACH_SECOND = 50  # farewells: whoever takes the stations in checks passwords that it does not know yet, 5 ms each
BACK_FROM, BACK_WITHIN = 1, 30  # seconds until somebody whom we had no room for should knock again


def pause(stations: int, within: float) -> float:
    """Seconds between two farewells, so that all are said `within` so many seconds; sooner where there are few."""
    return min(1 / EACH_SECOND, within / max(stations, 1))


def again_in(station_id: str) -> int:
    """Seconds until a station that finds no room should knock again: its own place among all that hear so at once."""
    return BACK_FROM + crc32(station_id.encode()) % BACK_WITHIN

"""How many stations may stand at the door at once: as many as are let in before they would give up waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

FEW = 500  # may always
MANY = 5_000
CROWD = 50  # of fewer, how long they took says nothing of how long a crowd takes
WITHIN = 2.0  # seconds; stations wait ten or more, but have to boot after that, and all may become slower


class Room:
    """What one in a crowd waited tells how many of a crowd are let in in a second, quick or slow as the machine is now.

    Who knocks while there is no room would only give up, and knock again: so nobody came in at last.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """`now`: seconds that go on."""
        self._now = now
        self._standing = 0
        self._most = FEW

    def __len__(self) -> int:
        """How many stand there."""
        return self._standing

    @property
    def full(self) -> bool:
        return self._standing >= self._most

    @contextmanager
    def taken(self) -> Iterator[None]:
        """By one, until it is in or was sent away."""
        self._standing += 1
        standing, since = self._standing, self._now()
        try:
            yield
        finally:
            self._standing -= 1
            if not self._standing:
                self._most = FEW  # the next crowd may come in a slower hour
            elif standing >= CROWD:
                self._most = room(standing, self._now() - since)


def room(standing: int, seconds: float) -> int:
    """For so many that all are in within `WITHIN`, as so many took so long."""
    return MANY if standing * WITHIN >= MANY * seconds else max(FEW, round(standing * WITHIN / seconds))

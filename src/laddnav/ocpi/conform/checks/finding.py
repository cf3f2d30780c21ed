"""What one exchange says about one requirement, and how checks are registered under the ids that they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import Struct

from laddnav.ocpi.conform.record import Exchange, Record


class Finding(Struct, frozen=True, kw_only=True):
    """`problem` None: the requirement was met here. `about`: the words of the object that it is about, where one is."""

    id: str
    exchange: int
    problem: str | None = None
    about: Any = None


Check = Callable[[Record], Iterator[Finding]]
CHECKS: dict[Check, tuple[str, ...]] = {}


def shows(*ids: str) -> Callable[[Check], Check]:
    """A check that can find for or against these requirements, and no others."""

    def registered(check: Check) -> Check:
        CHECKS[check] = ids
        return check

    return registered


def found(ids: Iterable[str], exchange: Exchange, problem: str | None = None, about: Any = None) -> Iterator[Finding]:
    """The same finding for each id."""
    return (Finding(id=id, exchange=exchange.number, problem=problem, about=about) for id in ids)

"""Instants as they are said in OCPI 2.1.1: to the second, for its text shows no fraction (OCPI 2.1.1 types §1.2)."""

from datetime import datetime

from laddnav.ocpi.wire.shared.scalars import DateTime


def second(at: datetime) -> DateTime:
    return DateTime(at.replace(microsecond=0))


def maybe_second(at: datetime | None) -> DateTime | None:
    return None if at is None else second(at)

"""Single fields as stations write them: instants, numbers, names of charges."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.kit.time import utc

# What no station has, no column has to hold.
ConnectorId = Annotated[int, Meta(ge=0, le=2**31 - 1)]  # 0 is the station as a whole (OCPP 1.6 §3.8)
TransactionId = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
ReservationId = TransactionId
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]  # longer than any station lasts

# A clock that was never set may say the year 1 or 9999, before and after which there is no day to look at; what comes
# of it is in doubt either way, and a start that is refused would only be told again (OCPP 1.6 §4.8).
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

# What a station calls a charge whose name it never heard (OCPP 1.6 errata §3.18).
_NAMELESS = -1


def instant(text: str) -> datetime:
    """ISO 8601 in any of its shapes; without a zone it is UTC (OCPP 1.6 §3.14, §3.15). Raises Unreadable."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text[:40]!r} is not an ISO 8601 date and time") from error
    if _EARLIEST.year <= said.year < _LATEST.year:
        return utc(said)
    return _EARLIEST if said.year < _EARLIEST.year else _LATEST


def number(value: Decimal) -> Decimal:
    """One that can be calculated with. Raises Unreadable."""
    try:
        return json.sane(value)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def charge_named(transaction_id: int | None) -> str | None:
    return None if transaction_id is None or transaction_id == _NAMELESS else str(transaction_id)

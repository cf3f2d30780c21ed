"""Single fields as stations of OCPP 2.0.1 write them, and what several messages share."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

# What no station has, no column has to hold.
EvseId = Annotated[int, Meta(ge=0, le=2**31 - 1)]  # 0 is the station as a whole (part 2, EVSEType)
Count = EvseId
SequenceNo = Annotated[int, Meta(ge=0, le=2**31 - 2)]  # kept as ranges that end one after it
TransactionId = Annotated[str, Meta(min_length=1, max_length=255)]  # 36 by the table


class WireEvse(Struct, frozen=True):
    id: EvseId
    connectorId: Count | None = None


def accepted(payload: dict[str, Any]) -> bool:
    return payload.get("status") == "Accepted"

"""How reports of stations of OCPP 2.0.1 are answered: most by nothing, some by a word that they were heard."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.v2_0_1.remarks import write as nothing

__all__ = ["Name", "Number", "document", "heard", "nothing"]

# What tells one thing from another; longer or larger than any column has to hold, it tells nothing.
Name = Annotated[str, Meta(max_length=255)]
Number = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


def heard(answer: Noted) -> dict[str, Any]:
    return {"status": "Accepted"}


def document(wire: msgspec.Struct) -> dict[str, Any]:
    """What was said, without what was left out."""
    said: dict[str, Any] = msgspec.to_builtins(wire, builtin_types=(Decimal,))
    return said

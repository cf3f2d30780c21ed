"""What kind of power the Connector of a CDR gives, as the CDR tells it in the words of any version."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from laddnav.kit.json import Unreadable


class _Connector(Struct):
    power_type: str | None = None


class _Evse(Struct):
    connectors: tuple[_Connector, ...] = ()


class _Location(Struct):
    evses: tuple[_Evse, ...] = ()


class _CdrLocation(Struct):
    connector_power_type: str | None = None


class _Cdr(Struct):
    """`location` is of 2.1.1, and holds nothing but the Connector that was used.

    OCPI 2.1.1 mod_cdrs §3.1; OCPI 2.2.1 mod_cdrs_cdr_location_class.
    """

    cdr_location: _CdrLocation | None = None
    location: _Location | None = None


def power_type(body: bytes) -> str | None:
    """None where it does not say. Raises Unreadable."""
    try:
        told = msgspec.json.decode(body, type=_Cdr)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    if told.cdr_location is not None:
        return told.cdr_location.connector_power_type
    evses = () if told.location is None else told.location.evses
    return next((one.power_type for evse in evses for one in evse.connectors), None)

"""The versions of OCPP that are spoken here, by the name they have in the WebSocket handshake, the newest first."""

from __future__ import annotations

from laddnav.ocpp.wire import v1_6
from laddnav.ocpp.wire.dialect import Dialect

DIALECTS: dict[str, Dialect] = {one.subprotocol: one for one in (v1_6.DIALECT,)}

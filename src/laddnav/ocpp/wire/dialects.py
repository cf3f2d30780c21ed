"""The versions of OCPP that are spoken here, by the name they have in the WebSocket handshake, the newest first."""

from __future__ import annotations

from laddnav.ocpp.wire import v1_6, v2_0_1, v2_1
from laddnav.ocpp.wire.dialect import Dialect

DIALECTS: dict[str, Dialect] = {one.subprotocol: one for one in (v2_1.DIALECT, v2_0_1.DIALECT, v1_6.DIALECT)}

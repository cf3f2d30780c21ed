"""NotifyDisplayMessages: what a station shows, and will show, to drivers (OCPP 2.0.1 part 2 O03, O04)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, nothing


class WireMessageInfo(Struct, frozen=True, omit_defaults=True):
    id: Number
    priority: str
    message: dict[str, Any]
    state: str | None = None
    startDateTime: str | None = None
    endDateTime: str | None = None
    transactionId: str | None = None
    display: dict[str, Any] | None = None
    messageExtra: tuple[dict[str, Any], ...] = ()


class WireNotifyDisplayMessages(Struct, frozen=True):
    messageInfo: tuple[WireMessageInfo, ...] = ()


def read(wire: WireNotifyDisplayMessages) -> Reported:
    return Reported(
        topic=Topic.DISPLAY_MESSAGE, things=tuple(Thing(str(one.id), document(one)) for one in wire.messageInfo)
    )


codec = Hears(WireNotifyDisplayMessages, read, nothing)

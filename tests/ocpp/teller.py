"""A station of any version that tells of its charge by a clock of its own, and keeps what it cannot tell."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from laddnav.kit.time import rfc3339
from tests.clock import SetClock
from tests.ocpp.managed import Answer, Managed, managed

HOUR = timedelta(hours=1)
ACCEPTED = {"status": "Accepted"}
STOPS: dict[str, Answer] = {"RemoteStopTransaction": ACCEPTED, "RequestStopTransaction": ACCEPTED}


class Teller:
    """A station of any version with a clock of its own, which is `off`; what it cannot tell it keeps, in its order.

    It charges 5 kW, so that nothing else is strange, but for a register that has `leapt` by so many Wh. `stuck`: it is
    on the line, and all the same keeps what happens.
    """

    def __init__(self, url: str, protocol: str, clock: SetClock) -> None:
        self.url, self.protocol, self.clock = url, protocol, clock
        self.off = timedelta()
        self.stuck = False
        self.leapt = 0
        self._line = AsyncExitStack()
        self._station: Managed | None = None
        self.kept: list[tuple[str, dict[str, Any]]] = []
        self._number, self._event_no, self._began_at = 0, 0, clock.now()

    async def __aenter__(self) -> Teller:
        await self.come()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go()

    async def come(self) -> None:
        self._station = await self._line.enter_async_context(managed(self.url, self.protocol, STOPS))
        await self._station.boot()
        await self.tell()

    async def go(self) -> None:
        self._station = None
        await self._line.aclose()

    async def begin(self, *, register: int | None = None) -> None:
        """`register`: a station of 1.6 says so instead of what its samples will say."""
        self._began_at = self.clock.now()
        if self.protocol == "ocpp1.6":
            began = self._register if register is None else register
            words = {"connector_id": 1, "id_tag": "CARD1", "meter_start": began, "timestamp": self._says}
            return await self.tell(("StartTransaction", words))
        card, place = {"id_token": "CARD1", "type": "ISO14443"}, {"id": 1, "connector_id": 1}
        await self._event("Started", "Transaction.Begin", trigger_reason="Authorized", id_token=card, evse=place)

    async def read(self) -> None:
        if self.protocol == "ocpp1.6":
            value = {"timestamp": self._says, "sampled_value": [{"value": str(self._register)}]}
            words = {"connector_id": 1, "transaction_id": self._number, "meter_value": [value]}
            return await self.tell(("MeterValues", words))
        await self._event("Updated", "Sample.Periodic", trigger_reason="MeterValuePeriodic")

    async def read_beside(self, number: int = 1) -> None:
        """As it does each quarter of an hour, whether anybody charges there or not."""
        value = {"timestamp": self._says, "sampled_value": [{"value": "7", "context": "Sample.Clock"}]}
        if self.protocol == "ocpp1.6":
            return await self.tell(("MeterValues", {"connector_id": number, "meter_value": [value]}))
        value["sampled_value"] = [{"value": 7, "context": "Sample.Clock"}]
        await self.tell(("MeterValues", {"evse_id": number, "meter_value": [value]}))

    async def end(self) -> None:
        if self.protocol == "ocpp1.6":
            return await self.tell(("StopTransaction", {"meter_stop": self._register, "timestamp": self._says}))
        await self._event("Ended", "Transaction.End", trigger_reason="EVDeparted")

    @property
    def asked_to_stop(self) -> bool:
        asked = () if self._station is None else self._station.asked
        return any(action in STOPS for action, _ in asked)

    @property
    def _says(self) -> str:
        return rfc3339(self.clock.now() + self.off)

    @property
    def _register(self) -> int:
        return 1000 + self.leapt + int((self.clock.now() - self._began_at) / HOUR * 5000)

    async def _event(self, kind: str, context: str, **more: Any) -> None:
        value = {"timestamp": self._says, "sampled_value": [{"value": self._register, "context": context}]}
        info = {"transaction_id": "T-1"}
        words = {"event_type": kind, "timestamp": self._says, "seq_no": self._event_no, "transaction_info": info}
        self._event_no += 1
        await self.tell(("TransactionEvent", words | {"meter_value": [value]} | more))

    async def tell(self, *news: tuple[str, dict[str, Any]]) -> None:
        self.kept += news
        while self._station is not None and self.kept and not self.stuck:
            action, words = self.kept.pop(0)
            if action == "StopTransaction" or "transaction_id" in words:
                words = words | {"transaction_id": self._number}
            heard = await self._station.say(action, **words)
            if action == "StartTransaction":
                self._number = heard.transaction_id

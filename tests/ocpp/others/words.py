"""What a station says of a charge at its first Evse, in the words of each version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from laddnav.kit.time import rfc3339

Said = tuple[str, dict[str, Any]]


class Words(Protocol):
    start: str
    """What asks it to start, and to stop."""
    stop: str

    def boot(self) -> Said: ...
    def status(self, at: datetime) -> Said: ...
    def card(self, uid: str) -> Said: ...
    def begin(self, at: datetime, wh: int, asked: dict[str, Any] | None = None) -> Said: ...
    def measure(self, at: datetime, wh: int) -> Said: ...
    def end(self, at: datetime, wh: int) -> Said: ...
    def verdict(self, heard: dict[str, Any]) -> str: ...


class InTransactions:
    """1.6: we number the charge."""

    start, stop = "RemoteStartTransaction", "RemoteStopTransaction"
    _number = 0

    def boot(self) -> Said:
        return "BootNotification", {"chargePointVendor": "Volt", "chargePointModel": "Twin"}

    def status(self, at: datetime) -> Said:
        told = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": rfc3339(at)}
        return "StatusNotification", told

    def card(self, uid: str) -> Said:
        return "Authorize", {"idTag": uid}

    def begin(self, at: datetime, wh: int, asked: dict[str, Any] | None = None) -> Said:
        uid = asked["idTag"] if asked else "CARD1"
        return "StartTransaction", {"connectorId": 1, "idTag": uid, "meterStart": wh, "timestamp": rfc3339(at)}

    def measure(self, at: datetime, wh: int) -> Said:
        value = {"timestamp": rfc3339(at), "sampledValue": [{"value": str(wh), "unit": "Wh"}]}
        return "MeterValues", {"connectorId": 1, "transactionId": self._number, "meterValue": [value]}

    def end(self, at: datetime, wh: int) -> Said:
        return "StopTransaction", {"transactionId": self._number, "meterStop": wh, "timestamp": rfc3339(at)}

    def verdict(self, heard: dict[str, Any]) -> str:
        self._number = heard.get("transactionId", self._number)
        return str(heard["idTagInfo"]["status"])


class InEvents:
    """2.0.1 and 2.1: the station names the charge and numbers what it tells of it."""

    start, stop = "RequestStartTransaction", "RequestStopTransaction"
    _charge = _number = 0

    def boot(self) -> Said:
        return "BootNotification", {
            "reason": "PowerUp",
            "chargingStation": {"vendorName": "Volt", "model": "Twin"},
        }

    def status(self, at: datetime) -> Said:
        told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": rfc3339(at)}
        return "StatusNotification", told

    def card(self, uid: str) -> Said:
        return "Authorize", {"idToken": {"idToken": uid, "type": "ISO14443"}}

    def begin(self, at: datetime, wh: int, asked: dict[str, Any] | None = None) -> Said:
        self._charge, self._number = self._charge + 1, 0
        info = {"remoteStartId": asked["remoteStartId"]} if asked else {}
        token = asked["idToken"] if asked else self.card("CARD1")[1]["idToken"]
        trigger = "RemoteStart" if asked else "Authorized"
        place = {"id": 1, "connectorId": 1}
        return self._event("Started", trigger, at, wh, "Transaction.Begin", info, idToken=token, evse=place)

    def measure(self, at: datetime, wh: int) -> Said:
        return self._event("Updated", "MeterValuePeriodic", at, wh, "Sample.Periodic", {"chargingState": "Charging"})

    def end(self, at: datetime, wh: int) -> Said:
        return self._event("Ended", "StopAuthorized", at, wh, "Transaction.End", {"stoppedReason": "Local"})

    def verdict(self, heard: dict[str, Any]) -> str:
        return str(heard["idTokenInfo"]["status"])

    def _event(
        self, kind: str, trigger: str, at: datetime, wh: int, context: str, info: dict[str, Any], **more: Any
    ) -> Said:
        sample = {"value": wh, "context": context, "unitOfMeasure": {"unit": "Wh"}}
        self._number += 1
        return "TransactionEvent", {
            "eventType": kind,
            "timestamp": rfc3339(at),
            "triggerReason": trigger,
            "seqNo": self._number - 1,
            "transactionInfo": {"transactionId": f"T-{self._charge}"} | info,
            "meterValue": [{"timestamp": rfc3339(at), "sampledValue": [sample]}],
        } | more


WORDS: dict[str, type[Words]] = {"ocpp1.6": InTransactions, "ocpp2.0.1": InEvents, "ocpp2.1": InEvents}

"""A station's side of OCPP 1.6, as the PyPI `ocpp` package speaks it: it connects, and does what the server asks."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import websockets
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, Reason
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from laddnav.kit.time import rfc3339, utc

if TYPE_CHECKING:
    from laddnav.sim.plug import Plug
    from laddnav.sim.station import SimStation

ANSWER_WITHIN = 30  # seconds on the wall


class Refused(Exception):
    """The server does not let this station in; `status` is its HTTP answer, None where no subprotocol was agreed."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


async def connected(url: str, station_id: str, password: str | None, subprotocols: Sequence[str]) -> ClientConnection:
    """Raises Refused, and what websockets raises where nobody answers."""
    headers = {}
    if password is not None:
        shown = base64.b64encode(f"{station_id}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {shown}"
    try:
        socket = await websockets.connect(
            url,
            subprotocols=[Subprotocol(name) for name in subprotocols],
            additional_headers=headers,
            max_size=None,
        )
    except websockets.InvalidStatus as error:
        raise Refused(error.response.status_code) from error
    if socket.subprotocol is None:
        await socket.wait_closed()
        raise Refused(None)
    return socket


class Wire(ChargePoint):
    """The station's side of OCPP 1.6, as the package speaks it."""

    def __init__(self, station: SimStation, socket: ClientConnection) -> None:
        super().__init__(station.id, socket, response_timeout=ANSWER_WITHIN)
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._station = station
        self._tasks: set[asyncio.Task[Any]] = set()
        self._freed: Plug | None = None

    @on(Action.remote_start_transaction)
    def _remote_start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> Any:
        plug = self._station.board.invite(connector_id)
        return call_result.RemoteStartTransaction(status="Rejected" if plug is None else "Accepted")

    @after(Action.remote_start_transaction)
    async def _start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> None:
        plug = self._station.board.invite(connector_id)
        if plug is None:
            return
        if plug.car is None:
            plug.invited = id_tag
        else:
            await self._station.begin(plug.no, id_tag)

    @on(Action.remote_stop_transaction)
    def _remote_stop(self, transaction_id: int) -> Any:
        plug = self._station.board.charging(transaction_id)
        return call_result.RemoteStopTransaction(status="Rejected" if plug is None else "Accepted")

    @after(Action.remote_stop_transaction)
    async def _stop(self, transaction_id: int) -> None:
        plug = self._station.board.charging(transaction_id)
        if plug is not None:
            await self._station.end(plug.no, Reason.remote)

    @on(Action.reset)
    def _reset(self, type: str) -> Any:
        return call_result.Reset(status="Accepted")

    @on(Action.get_configuration)
    def _configured(self, **_: Any) -> Any:
        known = {
            "NumberOfConnectors": str(len(self._station.plugs)),
            "ChargeProfileMaxStackLevel": "10",
            "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
            "ChargingScheduleMaxPeriods": "96",
        }
        keys = [{"key": name, "readonly": True, "value": value} for name, value in known.items()]
        return call_result.GetConfiguration(configuration_key=keys)

    @on(Action.reserve_now)
    def _reserve(self, connector_id: int, expiry_date: str, id_tag: str, reservation_id: int, **_: Any) -> Any:
        until = utc(datetime.fromisoformat(expiry_date))
        return call_result.ReserveNow(status=self._station.board.keep(connector_id, reservation_id, id_tag, until))

    @after(Action.reserve_now)
    async def _reserved(self, connector_id: int, **_: Any) -> None:
        await self._station.show_kept(connector_id)

    @on(Action.cancel_reservation)
    def _cancel(self, reservation_id: int) -> Any:
        self._freed = self._station.board.free(reservation_id)
        return call_result.CancelReservation(status="Rejected" if self._freed is None else "Accepted")

    @after(Action.cancel_reservation)
    async def _cancelled(self, reservation_id: int) -> None:
        if self._freed is not None:
            await self._station.show_kept(self._freed.no)

    @on(Action.unlock_connector)
    def _unlock(self, connector_id: int) -> Any:
        return call_result.UnlockConnector(status="Unlocked" if connector_id in self._station.plugs else "UnlockFailed")

    @after(Action.unlock_connector)
    async def _unlocked(self, connector_id: int) -> None:
        """A charge that is under way ends first (OCPP 1.6 §5.18)."""
        if connector_id in self._station.plugs:
            await self._station.end(connector_id, Reason.unlock_command)

    @on(Action.set_charging_profile)
    def _limit(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        taken = self._station.board.limit(connector_id, cs_charging_profiles, self._station.now())
        return call_result.SetChargingProfile(status="Accepted" if taken else "Rejected")

    @after(Action.set_charging_profile)
    async def _limited(self, connector_id: int, **_: Any) -> None:
        await self._station.show_limited()

    @on(Action.clear_charging_profile)
    def _unlimit(
        self,
        id: int | None = None,
        connector_id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
    ) -> Any:
        found = self._station.board.unlimit(
            connector_id, id, charging_profile_purpose, stack_level, self._station.now()
        )
        return call_result.ClearChargingProfile(status="Accepted" if found else "Unknown")

    @after(Action.clear_charging_profile)
    async def _unlimited(self, **_: Any) -> None:
        await self._station.show_limited()

    @on(Action.get_composite_schedule)
    def _limits(self, connector_id: int, duration: int, charging_rate_unit: str | None = None) -> Any:
        """What holds from now on; its own limit where nobody gave it another."""
        plug = self._station.plugs.get(connector_id)
        if plug is None:
            return call_result.GetCompositeSchedule(status="Rejected")
        now, unit = self._station.now(), charging_rate_unit or plug.limits.unit
        schedule = {
            "duration": duration,
            "charging_rate_unit": unit,
            "charging_schedule_period": plug.composite(now, timedelta(seconds=duration), unit),
        }
        return call_result.GetCompositeSchedule(
            status="Accepted", connector_id=connector_id, schedule_start=rfc3339(now), charging_schedule=schedule
        )

    @on(Action.change_availability)
    def _change_availability(self, connector_id: int, type: str) -> Any:
        waits = self._station.board.open(connector_id, type == "Operative")
        return call_result.ChangeAvailability(status="Scheduled" if waits else "Accepted")

    @after(Action.change_availability)
    async def _availability_changed(self, connector_id: int, **_: Any) -> None:
        await self._station.show_open(connector_id)

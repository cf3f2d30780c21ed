"""Which reports of stations OCPP 2.1 has besides those of 2.0.1, and what answers to requests of ours leave behind."""

from __future__ import annotations

from collections.abc import Mapping

from laddnav.ocpp.wire.der import ClearDerControl, ReportDerControls, SetDerControl
from laddnav.ocpp.wire.dialect import Asks, Hears, Leaves
from laddnav.ocpp.wire.monitoring import AdjustStream, TellStreams
from laddnav.ocpp.wire.requests import Request
from laddnav.ocpp.wire.steering import (
    AllowTransfers,
    BeginDynamic,
    FollowSignal,
    PreferCharge,
    SwapBatteries,
    UpdateDynamic,
)
from laddnav.ocpp.wire.v2_0_1 import reporting
from laddnav.ocpp.wire.v2_1 import (
    adjust_periodic_event_stream,
    afrr_signal,
    battery_swap,
    clear_der_control,
    close_periodic_event_stream,
    dynamic_profile,
    get_der_control,
    get_periodic_event_stream,
    notify_allowed_energy_transfer,
    notify_der_alarm,
    notify_der_start_stop,
    notify_ev_charging_needs,
    notify_periodic_event_stream,
    notify_priority_charging,
    notify_settlement,
    open_periodic_event_stream,
    pull_dynamic_schedule_update,
    report_der_control,
    request_battery_swap,
    set_der_control,
    use_priority_charging,
    vat_number_validation,
)

HEARS: Mapping[str, Hears] = {
    **reporting.HEARS,
    "BatterySwap": battery_swap.codec,
    "ClosePeriodicEventStream": close_periodic_event_stream.codec,
    "NotifyDERAlarm": notify_der_alarm.codec,
    "NotifyDERStartStop": notify_der_start_stop.codec,
    "NotifyEVChargingNeeds": notify_ev_charging_needs.codec,
    "NotifyPeriodicEventStream": notify_periodic_event_stream.codec,
    "NotifyPriorityCharging": notify_priority_charging.codec,
    "NotifySettlement": notify_settlement.codec,
    "OpenPeriodicEventStream": open_periodic_event_stream.codec,
    "PullDynamicScheduleUpdate": pull_dynamic_schedule_update.codec,
    "ReportDERControl": report_der_control.codec,
    "VatNumberValidation": vat_number_validation.codec,
}

ASKS: Mapping[type[Request], Asks] = {
    **reporting.ASKS,
    AdjustStream: adjust_periodic_event_stream.codec,
    AllowTransfers: notify_allowed_energy_transfer.codec,
    BeginDynamic: dynamic_profile.beginning,
    ClearDerControl: clear_der_control.codec,
    FollowSignal: afrr_signal.codec,
    PreferCharge: use_priority_charging.codec,
    ReportDerControls: get_der_control.codec,
    SetDerControl: set_der_control.codec,
    SwapBatteries: request_battery_swap.codec,
    TellStreams: get_periodic_event_stream.codec,
    UpdateDynamic: dynamic_profile.updating,
}

LEAVES: Mapping[str, Leaves] = {
    **reporting.LEAVES,
    "ClearDERControl": clear_der_control.leaves,
    "GetDERControl": get_der_control.leaves,
    "GetPeriodicEventStream": get_periodic_event_stream.leaves,
    "SetChargingProfile": dynamic_profile.set_by,
    "UpdateDynamicSchedule": dynamic_profile.updated_by,
}

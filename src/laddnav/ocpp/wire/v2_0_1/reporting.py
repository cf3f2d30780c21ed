"""Which reports of stations of OCPP 2.0.1 are heard, what is asked beside charges, and what answers leave behind."""

from __future__ import annotations

from collections.abc import Mapping

from laddnav.ocpp.wire.dialect import Asks, Hears, Leaves
from laddnav.ocpp.wire.display import HideMessage, ShowMessage, TellCustomer, TellMessages, TellNow
from laddnav.ocpp.wire.monitoring import (
    ClearMonitors,
    ReportMonitors,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
)
from laddnav.ocpp.wire.requests import Request
from laddnav.ocpp.wire.v2_0_1 import (
    clear_display_message,
    clear_variable_monitoring,
    cleared_charging_limit,
    customer_information,
    get_display_messages,
    get_monitoring_report,
    notify_charging_limit,
    notify_customer_information,
    notify_display_messages,
    notify_ev_charging_needs,
    notify_ev_charging_schedule,
    notify_monitoring_report,
    report_charging_profiles,
    reservation_status_update,
    set_display_message,
    set_monitoring_base,
    set_monitoring_level,
    set_variable_monitoring,
    trigger_message,
)

HEARS: Mapping[str, Hears] = {
    "ClearedChargingLimit": cleared_charging_limit.codec,
    "NotifyChargingLimit": notify_charging_limit.codec,
    "NotifyCustomerInformation": notify_customer_information.codec,
    "NotifyDisplayMessages": notify_display_messages.codec,
    "NotifyEVChargingNeeds": notify_ev_charging_needs.codec,
    "NotifyEVChargingSchedule": notify_ev_charging_schedule.codec,
    "NotifyMonitoringReport": notify_monitoring_report.codec,
    "ReportChargingProfiles": report_charging_profiles.codec,
    "ReservationStatusUpdate": reservation_status_update.codec,
}

ASKS: Mapping[type[Request], Asks] = {
    ClearMonitors: clear_variable_monitoring.codec,
    HideMessage: clear_display_message.codec,
    ReportMonitors: get_monitoring_report.codec,
    SetMonitoringBase: set_monitoring_base.codec,
    SetMonitoringLevel: set_monitoring_level.codec,
    SetMonitors: set_variable_monitoring.codec,
    ShowMessage: set_display_message.codec,
    TellCustomer: customer_information.codec,
    TellMessages: get_display_messages.codec,
    TellNow: trigger_message.codec,
}

LEAVES: Mapping[str, Leaves] = {
    "ClearDisplayMessage": clear_display_message.leaves,
    "ClearVariableMonitoring": clear_variable_monitoring.leaves,
    "GetMonitoringReport": get_monitoring_report.leaves,
    "SetDisplayMessage": set_display_message.leaves,
    "SetVariableMonitoring": set_variable_monitoring.leaves,
}

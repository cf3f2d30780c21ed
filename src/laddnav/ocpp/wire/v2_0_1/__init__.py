"""OCPP 2.0.1 in JSON: which of its actions are heard and asked, and by what file each is read and written."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Bound, Dialect
from laddnav.ocpp.wire.frames import ErrorCode
from laddnav.ocpp.wire.monitoring import ClearMonitors, SetMonitors
from laddnav.ocpp.wire.prices import ShowCost
from laddnav.ocpp.wire.requests import (
    FreeEvse,
    KeepEvse,
    LimitCharge,
    LimitDefault,
    ReportCharge,
    ReportLimits,
    StartCharge,
    StopCharge,
    UnlimitCharge,
    UnlimitDefault,
    Unlock,
)
from laddnav.ocpp.wire.schemas import Version
from laddnav.ocpp.wire.upkeep import (
    ChangeAvailability,
    ClearCache,
    FetchDiagnostics,
    FetchSecurityLog,
    Reset,
    SendList,
    TellListVersion,
    UpdateFirmware,
    UpdateSignedFirmware,
)
from laddnav.ocpp.wire.v1_6 import clear_cache, firmware_status_notification, get_log, log_status_notification
from laddnav.ocpp.wire.v2_0_1 import (
    authorize,
    boot_notification,
    cancel_reservation,
    change_availability,
    clear_charging_profile,
    cost_updated,
    data_transfer,
    get_base_report,
    get_composite_schedule,
    get_local_list_version,
    get_transaction_status,
    get_variables,
    heartbeat,
    meter_values,
    notify_event,
    notify_report,
    remarks,
    reporting,
    request_start_transaction,
    request_stop_transaction,
    reserve_now,
    reset,
    securing,
    send_local_list,
    set_charging_profile,
    set_variables,
    status_notification,
    transaction_event,
    unlock_connector,
    update_firmware,
)
from laddnav.ocpp.wire.variables import ReadVariables, ReportVariables, SetVariables, VariableName


def items_per_message(action: str, component: str = "DeviceDataCtrlr") -> VariableName:
    """The variable in which a station says how many it takes at once (B05.FR.11, B06.FR.05, N04.FR.09, N06.FR.04)."""
    return VariableName(component=component, name="ItemsPerMessage", instance=action)


REMARKS = ("PublishFirmwareStatusNotification",)

DIALECT = Dialect(
    subprotocol="ocpp2.0.1",
    version=Version.V2_0_1,
    hears={
        "Authorize": authorize.codec,
        "BootNotification": boot_notification.codec,
        "DataTransfer": data_transfer.codec,
        "FirmwareStatusNotification": firmware_status_notification.codec,
        "Heartbeat": heartbeat.codec,
        "LogStatusNotification": log_status_notification.codec,
        "MeterValues": meter_values.codec,
        "NotifyEvent": notify_event.codec,
        "NotifyReport": notify_report.codec,
        "StatusNotification": status_notification.codec,
        "TransactionEvent": transaction_event.codec,
        **dict.fromkeys(REMARKS, remarks.codec),
        **reporting.HEARS,
        **securing.HEARS,
    },
    asks={
        StartCharge: request_start_transaction.codec,
        StopCharge: request_stop_transaction.codec,
        KeepEvse: reserve_now.codec,
        FreeEvse: cancel_reservation.codec,
        ShowCost: cost_updated.codec,
        **reporting.ASKS,
        Unlock: unlock_connector.codec,
        LimitCharge: set_charging_profile.codec,
        LimitDefault: set_charging_profile.default,
        UnlimitCharge: clear_charging_profile.codec,
        UnlimitDefault: clear_charging_profile.codec,
        ReportLimits: get_composite_schedule.codec,
        ReportCharge: get_transaction_status.codec,
        ReportVariables: get_base_report.codec,
        ReadVariables: get_variables.codec,
        SetVariables: set_variables.codec,
        Reset: reset.codec,
        ChangeAvailability: change_availability.codec,
        ClearCache: clear_cache.codec,
        UpdateFirmware: update_firmware.codec,
        UpdateSignedFirmware: update_firmware.signed,
        FetchDiagnostics: get_log.diagnostics,
        FetchSecurityLog: get_log.security,
        TellListVersion: get_local_list_version.codec,
        SendList: send_local_list.codec,
        **securing.ASKS,
    },
    secrets=frozenset({"GetVariables", "NotifyEvent", "NotifyReport", "SetNetworkProfile", "SetVariables"}),
    uid_max=36,
    bounds={
        ReadVariables: Bound(10, items_per_message("GetVariables")),
        SetVariables: Bound(10, items_per_message("SetVariables")),
        SetMonitors: Bound(10, items_per_message("SetVariableMonitoring", "MonitoringCtrlr")),
        ClearMonitors: Bound(10, items_per_message("ClearVariableMonitoring", "MonitoringCtrlr")),
        SendList: Bound(50, VariableName(component="LocalAuthListCtrlr", name="ItemsPerMessage")),
    },
    triggered_by=frozenset({"TriggerMessage"}),
    leaves=reporting.LEAVES,
    # Part 4 §4.3: what 1.6 misspelt is spelt right.
    spells={
        ErrorCode.FORMATION_VIOLATION: "FormatViolation",
        ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurrenceConstraintViolation",
    },
)

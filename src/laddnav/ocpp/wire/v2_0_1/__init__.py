"""OCPP 2.0.1 in JSON: which of its actions are heard and asked, and by what file each is read and written."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.events import (
    FreeEvse,
    KeepEvse,
    LimitCharge,
    ReportCharge,
    ReportLimits,
    StartCharge,
    StopCharge,
    UnlimitCharge,
    Unlock,
)
from laddnav.ocpp.wire.frames import ErrorCode
from laddnav.ocpp.wire.schemas import Version
from laddnav.ocpp.wire.v2_0_1 import (
    authorize,
    boot_notification,
    cancel_reservation,
    clear_charging_profile,
    data_transfer,
    get_composite_schedule,
    get_transaction_status,
    heartbeat,
    meter_values,
    notify_event,
    remarks,
    request_start_transaction,
    request_stop_transaction,
    reserve_now,
    set_charging_profile,
    set_variables,
    status_notification,
    transaction_event,
    unlock_connector,
)

REMARKS = (
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
)

DIALECT = Dialect(
    subprotocol="ocpp2.0.1",
    version=Version.V2_0_1,
    hears={
        "Authorize": authorize.codec,
        "BootNotification": boot_notification.codec,
        "DataTransfer": data_transfer.codec,
        "Heartbeat": heartbeat.codec,
        "MeterValues": meter_values.codec,
        "NotifyEvent": notify_event.codec,
        "StatusNotification": status_notification.codec,
        "TransactionEvent": transaction_event.codec,
        **dict.fromkeys(REMARKS, remarks.codec),
    },
    asks={
        StartCharge: request_start_transaction.codec,
        StopCharge: request_stop_transaction.codec,
        KeepEvse: reserve_now.codec,
        FreeEvse: cancel_reservation.codec,
        Unlock: unlock_connector.codec,
        LimitCharge: set_charging_profile.codec,
        UnlimitCharge: clear_charging_profile.codec,
        ReportLimits: get_composite_schedule.codec,
        ReportCharge: get_transaction_status.codec,
    },
    secrets={"SetVariables": set_variables.without_password},
    uid_max=36,
    triggered_by=frozenset({"TriggerMessage"}),
    # Part 4 §4.3: what 1.6 misspelt is spelt right.
    spells={
        ErrorCode.FORMATION_VIOLATION: "FormatViolation",
        ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurrenceConstraintViolation",
    },
)

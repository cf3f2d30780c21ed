"""OCPP 1.6 in JSON: which of its actions are heard and asked, and by what file each is read and written."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Bound, Dialect
from laddnav.ocpp.wire.events import (
    FreeEvse,
    KeepEvse,
    LimitCharge,
    ReportLimits,
    StartCharge,
    StopCharge,
    UnlimitCharge,
    Unlock,
)
from laddnav.ocpp.wire.schemas import Version
from laddnav.ocpp.wire.v1_6 import (
    authorize,
    boot_notification,
    cancel_reservation,
    change_configuration,
    clear_charging_profile,
    data_transfer,
    get_composite_schedule,
    get_configuration,
    heartbeat,
    meter_values,
    remote_start_transaction,
    remote_stop_transaction,
    reserve_now,
    set_charging_profile,
    start_transaction,
    status_notification,
    stop_transaction,
    unlock_connector,
)
from laddnav.ocpp.wire.variables import ReadVariables, ReportVariables, SetVariables, VariableName

DIALECT = Dialect(
    subprotocol="ocpp1.6",
    version=Version.V1_6,
    hears={
        "Authorize": authorize.codec,
        "BootNotification": boot_notification.codec,
        "DataTransfer": data_transfer.codec,
        "Heartbeat": heartbeat.codec,
        "MeterValues": meter_values.codec,
        "StartTransaction": start_transaction.codec,
        "StatusNotification": status_notification.codec,
        "StopTransaction": stop_transaction.codec,
    },
    asks={
        StartCharge: remote_start_transaction.codec,
        StopCharge: remote_stop_transaction.codec,
        KeepEvse: reserve_now.codec,
        FreeEvse: cancel_reservation.codec,
        Unlock: unlock_connector.codec,
        LimitCharge: set_charging_profile.codec,
        UnlimitCharge: clear_charging_profile.codec,
        ReportLimits: get_composite_schedule.codec,
        ReportVariables: get_configuration.all_of_it,
        ReadVariables: get_configuration.some_of_it,
        SetVariables: change_configuration.codec,
    },
    secrets={"ChangeConfiguration": change_configuration.without_password},
    uid_max=20,
    bounds={
        ReadVariables: Bound(20, VariableName(name="GetConfigurationMaxKeys")),
        SetVariables: Bound(1),
    },
    triggered_by=frozenset({"TriggerMessage", "ExtendedTriggerMessage"}),
)

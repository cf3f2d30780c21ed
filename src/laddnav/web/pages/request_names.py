"""What the requests that a station can be sent are called, by what they are about, and what is wrong with a field."""

from __future__ import annotations

from laddnav.web.words import N_

REQUESTS: dict[str, dict[str, str]] = {
    N_("Charges and reservations"): {
        "RemoteStartTransaction": N_("Start a charge"),
        "RequestStartTransaction": N_("Start a charge"),
        "RemoteStopTransaction": N_("Stop a charge"),
        "RequestStopTransaction": N_("Stop a charge"),
        "UnlockConnector": N_("Let go of a plug"),
        "GetTransactionStatus": N_("Ask how a charge stands"),
        "ReserveNow": N_("Reserve an EVSE"),
        "CancelReservation": N_("Take a reservation back"),
        "RequestBatterySwap": N_("Swap batteries"),
    },
    N_("Station"): {
        "Reset": N_("Start it anew"),
        "ChangeAvailability": N_("Take into use or out of use"),
        "TriggerMessage": N_("Have it tell something now"),
        "ExtendedTriggerMessage": N_("Have it tell something now, newer kinds too"),
        "DataTransfer": N_("Say something of its maker's own"),
    },
    N_("Settings"): {
        "GetConfiguration": N_("Read settings"),
        "ChangeConfiguration": N_("Change a setting"),
        "GetVariables": N_("Read variables"),
        "SetVariables": N_("Change variables"),
        "GetBaseReport": N_("Have it report all variables"),
        "GetReport": N_("Have it report some variables"),
        "SetNetworkProfile": N_("Say how it reaches us"),
    },
    N_("Limits"): {
        "SetChargingProfile": N_("Limit charging"),
        "ClearChargingProfile": N_("Take limits back"),
        "GetCompositeSchedule": N_("Ask what limits it"),
        "GetChargingProfiles": N_("Have it report its limits"),
        "UpdateDynamicSchedule": N_("Change a limit that is told anew"),
        "UsePriorityCharging": N_("Charge one car before others"),
        "NotifyAllowedEnergyTransfer": N_("Say how energy may go"),
    },
    N_("Cards"): {
        "ClearCache": N_("Have it forget the cards it remembers"),
        "GetLocalListVersion": N_("Ask for the version of its list of cards"),
        "SendLocalList": N_("Send a list of cards"),
        "CustomerInformation": N_("Ask what it keeps of a customer"),
    },
    N_("Firmware and logs"): {
        "UpdateFirmware": N_("Update its firmware"),
        "SignedUpdateFirmware": N_("Update its firmware, signed"),
        "PublishFirmware": N_("Have it hand firmware on"),
        "UnpublishFirmware": N_("Have it hand firmware on no more"),
        "GetDiagnostics": N_("Fetch its diagnostics"),
        "GetLog": N_("Fetch a log"),
    },
    N_("Prices and display"): {
        "SetDisplayMessage": N_("Show drivers a message"),
        "GetDisplayMessages": N_("Have it report its messages"),
        "ClearDisplayMessage": N_("Take a message back"),
        "CostUpdated": N_("Tell what a charge costs so far"),
        "SetDefaultTariff": N_("Set a tariff"),
        "ChangeTransactionTariff": N_("Set the tariff of a charge"),
        "GetTariffs": N_("Ask for its tariffs"),
        "ClearTariffs": N_("Take tariffs back"),
        "NotifyWebPaymentStarted": N_("Say that somebody pays in a browser"),
    },
    N_("Monitoring"): {
        "SetVariableMonitoring": N_("Have it watch a variable"),
        "ClearVariableMonitoring": N_("Have it watch no more"),
        "GetMonitoringReport": N_("Have it report what it watches"),
        "SetMonitoringBase": N_("Choose what it watches to begin with"),
        "SetMonitoringLevel": N_("Choose how severe it must be"),
        "GetPeriodicEventStream": N_("Ask for its streams of events"),
        "AdjustPeriodicEventStream": N_("Change how often a stream is sent"),
    },
    N_("Grid"): {
        "SetDERControl": N_("Set what it does for the grid"),
        "GetDERControl": N_("Have it report what it does for the grid"),
        "ClearDERControl": N_("Take back what it does for the grid"),
        "AFRRSignal": N_("Hand on a signal of the grid"),
    },
    N_("Certificates"): {
        "InstallCertificate": N_("Give it a root certificate"),
        "DeleteCertificate": N_("Take a certificate away"),
        "GetInstalledCertificateIds": N_("Ask which certificates it has"),
        "CertificateSigned": N_("Hand it its signed certificate"),
    },
}

# Why what was typed is no value of its field.
WRONG = {
    "MISSING": N_("This has to be said."),
    "NO_INTEGER": N_("Write a whole number."),
    "NO_NUMBER": N_("Write a number."),
    "NO_INSTANT": N_("Choose a date and a time."),
}

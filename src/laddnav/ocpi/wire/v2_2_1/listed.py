"""The words that OCPI 2.2.1 lists where we keep what is said: others are kept too, but not said to a partner."""

from collections.abc import Iterable

LISTED: dict[str, frozenset[str]] = {
    # OCPI 2.2.1 mod_locations_capability_enum
    "capabilities": frozenset(
        """CHARGING_PROFILE_CAPABLE CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT CONTACTLESS_CARD_SUPPORT
        CREDIT_CARD_PAYABLE DEBIT_CARD_PAYABLE PED_TERMINAL REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER
        START_SESSION_CONNECTOR_REQUIRED TOKEN_GROUP_CAPABLE UNLOCK_CAPABLE""".split()
    ),
    # OCPI 2.2.1 mod_locations_connectortype_enum
    "standard": frozenset(
        """CHADEMO CHAOJI DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H
        DOMESTIC_I DOMESTIC_J DOMESTIC_K DOMESTIC_L DOMESTIC_M DOMESTIC_N DOMESTIC_O GBT_AC GBT_DC
        IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1
        IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C NEMA_5_20 NEMA_6_30 NEMA_6_50
        NEMA_10_30 NEMA_10_50 NEMA_14_30 NEMA_14_50 PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R TESLA_S""".split()
    ),
    # OCPI 2.2.1 mod_locations_connectorformat_enum
    "format": frozenset({"SOCKET", "CABLE"}),
    # OCPI 2.2.1 mod_locations_powertype_enum
    "power_type": frozenset({"AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"}),
    # OCPI 2.2.1 mod_locations_parkingrestriction_enum
    "parking_restrictions": frozenset({"EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES"}),
    # OCPI 2.2.1 mod_locations_parkingtype_enum
    "parking_type": frozenset(
        {"ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET", "UNDERGROUND_GARAGE"}
    ),
    # OCPI 2.2.1 mod_locations_facility_enum
    "facilities": frozenset(
        """HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BIKE_SHARING BUS_STOP TAXI_STAND
        TRAM_STOP METRO_STATION TRAIN_STATION AIRPORT PARKING_LOT CARPOOL_PARKING FUEL_STATION WIFI""".split()
    ),
}


def listed(field: str, words: Iterable[str]) -> tuple[str, ...] | None:
    """Those that a partner of this version can know: its enumerations are closed (OCPI 2.2.1 types_string_type)."""
    return tuple(word for word in words if word in LISTED[field]) or None

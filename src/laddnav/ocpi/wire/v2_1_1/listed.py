"""The words that OCPI 2.1.1 lists where we keep what is said: its enumerations are closed to all later ones."""

from collections.abc import Iterable

LISTED: dict[str, frozenset[str]] = {
    # OCPI 2.1.1 mod_locations §4.2
    "capabilities": frozenset(
        """CHARGING_PROFILE_CAPABLE CREDIT_CARD_PAYABLE REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER
        UNLOCK_CAPABLE""".split()
    ),
    # OCPI 2.1.1 mod_locations §4.3
    "format": frozenset({"SOCKET", "CABLE"}),
    # OCPI 2.1.1 mod_locations §4.4
    "standard": frozenset(
        """CHADEMO DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I
        DOMESTIC_J DOMESTIC_K DOMESTIC_L IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32
        IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A
        IEC_62196_T3C TESLA_R TESLA_S""".split()
    ),
    # OCPI 2.1.1 mod_locations §4.11
    "facilities": frozenset(
        """HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BUS_STOP TAXI_STAND TRAIN_STATION
        AIRPORT CARPOOL_PARKING FUEL_STATION WIFI""".split()
    ),
    # OCPI 2.1.1 mod_locations §4.16; UNKNOWN besides, which says nothing
    "type": frozenset({"ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT", "OTHER"}),
    # OCPI 2.1.1 mod_locations §4.17
    "parking_restrictions": frozenset({"EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES"}),
    # OCPI 2.1.1 mod_locations §4.18
    "power_type": frozenset({"AC_1_PHASE", "AC_3_PHASE", "DC"}),
    # OCPI 2.1.1 mod_tokens §4.3
    "token_type": frozenset({"OTHER", "RFID"}),
}


def listed(field: str, words: Iterable[str]) -> tuple[str, ...] | None:
    """Those that a partner of this version can know."""
    return tuple(word for word in words if word in LISTED[field]) or None

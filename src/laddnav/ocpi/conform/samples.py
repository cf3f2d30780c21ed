"""What the tester says when it owns something: one object of each kind, complete and correct, in each version's words.

2.2.1 is spelt out; the others say what they say differently.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Words = dict[str, Any]


class Ours(Struct, frozen=True, kw_only=True):
    """As 2.2.1 says it. `mark` keeps the ids of one run apart from those of another."""

    country: str
    party: str
    mark: str
    at: str  # last_updated, as OCPI writes it

    @property
    def _owner(self) -> Words:
        return {"country_code": self.country, "party_id": self.party}

    def token(self, **changes: Any) -> Words:
        words: Words = {
            **self._owner,
            "uid": f"CONFORM-{self.mark}",
            "type": "RFID",
            "contract_id": f"{self.country}-{self.party}-C{self.mark}",
            "visual_number": f"{self.country} {self.party} 0001",
            "issuer": "Laddnav conform",
            "valid": True,
            "whitelist": "ALLOWED",
            "language": "en",
            "last_updated": self.at,
        }
        return words | changes

    def location(self, **changes: Any) -> Words:
        words: Words = {
            **self._owner,
            "id": f"CONFORM-{self.mark}",
            "publish": True,
            "name": "A place that nobody can find",
            "address": "Provvägen 1",
            "city": "Göteborg",
            "postal_code": "411 21",
            "country": "SWE",
            "coordinates": {"latitude": "57.707160", "longitude": "11.966790"},
            "evses": [self.evse()],
            "time_zone": "Europe/Stockholm",
            "last_updated": self.at,
        }
        return words | changes

    def evse(self, **changes: Any) -> Words:
        words: Words = {
            "uid": f"E-{self.mark}",
            "evse_id": f"{self.country}*{self.party}*E{self.mark}",
            "status": "AVAILABLE",
            "capabilities": ["REMOTE_START_STOP_CAPABLE", "RFID_READER"],
            "connectors": [self.connector()],
            "floor_level": "-1",
            "last_updated": self.at,
        }
        return words | changes

    def connector(self, **changes: Any) -> Words:
        words: Words = {
            "id": "1",
            "standard": "IEC_62196_T2",
            "format": "SOCKET",
            "power_type": "AC_3_PHASE",
            "max_voltage": 230,
            "max_amperage": 32,
            "tariff_ids": [f"T-{self.mark}"],
            "last_updated": self.at,
        }
        return words | changes

    def tariff(self, **changes: Any) -> Words:
        component: Words = {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}
        words: Words = {
            **self._owner,
            "id": f"T-{self.mark}",
            "currency": "EUR",
            "tariff_alt_text": [{"language": "en", "text": "A quarter of a euro for each kWh"}],
            "elements": [{"price_components": [component]}],
            "last_updated": self.at,
        }
        return words | changes

    def session(self, token: Words, location: Words, **changes: Any) -> Words:
        evse = location["evses"][0]
        words: Words = {
            **self._owner,
            "id": f"S-{self.mark}",
            "start_date_time": self.at,
            "kwh": 0,
            "cdr_token": _cdr_token(token),
            "auth_method": "WHITELIST",
            "location_id": location["id"],
            "evse_uid": evse["uid"],
            "connector_id": "1",
            "meter_id": "M-1",
            "currency": "EUR",
            "charging_periods": [self._period()],
            "status": "ACTIVE",
            "last_updated": self.at,
        }
        return words | changes

    def cdr(self, token: Words, location: Words, **changes: Any) -> Words:
        evse = location["evses"][0]
        words: Words = {
            **self._owner,
            "id": f"C-{self.mark}",
            "start_date_time": self.at,
            "end_date_time": self.at,
            "session_id": f"S-{self.mark}",
            "cdr_token": _cdr_token(token),
            "auth_method": "WHITELIST",
            "cdr_location": {
                "id": location["id"],
                "address": location["address"],
                "city": location["city"],
                "postal_code": location["postal_code"],
                "country": location["country"],
                "coordinates": location["coordinates"],
                "evse_uid": evse["uid"],
                "evse_id": evse["evse_id"],
                "connector_id": "1",
                "connector_standard": "IEC_62196_T2",
                "connector_format": "SOCKET",
                "connector_power_type": "AC_3_PHASE",
            },
            "currency": "EUR",
            "tariffs": [self.tariff()],
            "charging_periods": [self._period(tariff_id=f"T-{self.mark}")],
            "total_cost": {"excl_vat": 0, "incl_vat": 0},
            "total_energy": 0,
            "total_time": 0,
            "last_updated": self.at,
        }
        return words | changes

    def reconciliation(self, **changes: Any) -> Words:
        words: Words = {
            **self._owner,
            "id": f"R-{self.mark}",
            "invoice_id": f"Invoice {self.mark}",
            "cdrs": [f"C-{self.mark}-1", f"C-{self.mark}-2"],
            "last_updated": self.at,
        }
        return words | changes

    def terminal(self, **changes: Any) -> Words:
        words: Words = {
            "terminal_id": f"T-{self.mark}",
            "reference": f"Serial {self.mark}",
            "city": "Göteborg",
            "country": "SWE",
            "invoice_creator": "PTP",
            "last_updated": self.at,
        }
        return words | changes

    def confirmation(self, **changes: Any) -> Words:
        words: Words = {
            "id": f"F-{self.mark}-1",
            "authorization_reference": f"A-{self.mark}",
            "total_costs": {"before_taxes": 4, "taxes": [{"name": "VAT", "percentage": 25, "amount": 1}]},
            "currency": "EUR",
            "eft_data": ["Mastercard", "Amount: EUR 5.00"],
            "capture_status_code": "SUCCESS",
            "last_updated": self.at,
        }
        return words | changes

    def _period(self, **more: Any) -> Words:
        return {"start_date_time": self.at, "dimensions": [{"type": "ENERGY", "volume": 0}], **more}


def _cdr_token(token: Words) -> Words:
    return {name: token[name] for name in ("country_code", "party_id", "uid", "type", "contract_id") if name in token}


class Ours230(Ours, frozen=True, kw_only=True):
    """2.3.0 names taxes."""

    def tariff(self, **changes: Any) -> Words:
        return {**super().tariff(), "tax_included": "NO", **changes}

    def cdr(self, token: Words, location: Words, **changes: Any) -> Words:
        free = {"before_taxes": 0, "taxes": [{"name": "VAT", "percentage": 10, "amount": 0}]}
        return {**super().cdr(token, location), "total_cost": free, **changes}


class Ours211(Ours, frozen=True, kw_only=True):
    """2.1.1 knows no owner, no VAT and no letters but those of ASCII, and puts whole Locations into charges."""

    @property
    def _owner(self) -> Words:
        return {}

    def token(self, **changes: Any) -> Words:
        words = super().token()
        return {**without(words, "contract_id"), "auth_id": words["contract_id"], **changes}

    def location(self, **changes: Any) -> Words:
        plain = {"type": "ON_STREET", "address": "Provvagen 1", "city": "Goteborg"}
        return {**without(super().location(), "publish"), **plain, **changes}

    def connector(self, **changes: Any) -> Words:
        words = super().connector()
        spelt = {
            "voltage": words["max_voltage"],
            "amperage": words["max_amperage"],
            "tariff_id": words["tariff_ids"][0],
        }
        return {**without(words, "max_voltage", "max_amperage", "tariff_ids"), **spelt, **changes}

    def tariff(self, **changes: Any) -> Words:
        words = super().tariff()
        for element in words["elements"]:
            element["price_components"] = [without(one, "vat") for one in element["price_components"]]
        return words | changes

    def session(self, token: Words, location: Words, **changes: Any) -> Words:
        words = super().session(token, location)
        spelt = {"start_datetime": words["start_date_time"], "location": location, "auth_id": token["auth_id"]}
        left = without(words, "start_date_time", "location_id", "evse_uid", "connector_id", "cdr_token")
        return {**left, **spelt, **changes}

    def cdr(self, token: Words, location: Words, **changes: Any) -> Words:
        words = super().cdr(token, location)
        spelt = {"stop_date_time": words["end_date_time"], "location": location, "auth_id": token["auth_id"]}
        left = without(words, "end_date_time", "session_id", "cdr_token", "cdr_location")
        return {**left, **spelt, "total_cost": 0, "charging_periods": [self._period()], **changes}


def without(words: Words, *names: str) -> Words:
    return {name: value for name, value in words.items() if name not in names}

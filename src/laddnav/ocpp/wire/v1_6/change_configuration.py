"""ChangeConfiguration, so far as it may set the password of the station itself (OCPP-J 1.6 §6.2)."""

from __future__ import annotations

from typing import Any

_PASSWORD = "AuthorizationKey"


def without_password(payload: dict[str, Any]) -> dict[str, Any]:
    """As it may be kept and shown. The case of a key says nothing."""
    if str(payload.get("key", "")).lower() != _PASSWORD.lower():
        return payload
    return {**payload, "value": "…"}

"""What passes between a station and us that nobody may read afterwards: passwords and keys, wherever they stand."""

from __future__ import annotations

from typing import Any

MASK = "…"
DEPTH_MAX = 20  # twice as deep as any message goes; what lies below is not looked at, and not kept

# Parts of names behind which stations keep what nobody else may know.
_SECRET = ("authorizationkey", "password", "passphrase", "secret")
# Where OCPP writes what a variable or a key is.
_VALUES = frozenset({"value", "attributeValue", "actualValue"})
_NONE = frozenset[str]()
_BELOW = {"vpn": frozenset({"key"})}  # the shared secret of VPNType


def is_secret(name: str) -> bool:
    """Whether what is called so is never kept nor shown; the case of a name says nothing."""
    return any(part in name.lower() for part in _SECRET)


def masked(said: Any) -> Any:
    """The same as it may be kept: a payload of any message of any version, well made or not."""
    return _masked(said, frozenset(), DEPTH_MAX)


def _masked(said: Any, hides: frozenset[str], depth: int) -> Any:
    if not isinstance(said, dict | list):
        return said
    if depth == 0:
        return MASK
    if isinstance(said, list):
        return [_masked(one, hides, depth - 1) for one in said]
    if _names_a_secret(said):
        hides |= _VALUES
    return {
        name: MASK if _hidden(name, value, hides) else _masked(value, hides | _BELOW.get(name, _NONE), depth - 1)
        for name, value in said.items()
    }


def _hidden(name: str, value: Any, hides: frozenset[str]) -> bool:
    """What holds more than one word is looked into."""
    return (name in hides or is_secret(name)) and value is not None and not isinstance(value, dict | list)


def _names_a_secret(said: dict[str, Any]) -> bool:
    """By its key (OCPP 1.6), or by the variable that it is about."""
    variable = said.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else said.get("key")
    return isinstance(name, str) and is_secret(name)

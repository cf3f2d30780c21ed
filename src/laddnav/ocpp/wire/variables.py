"""What a station says it is and how it is set up: its variables, in words for every version of OCPP."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.json import Unreadable


class Attribute(StrEnum):
    """Which of the values of a variable is meant; where a version has but one, the actual one."""

    ACTUAL = "Actual"
    TARGET = "Target"
    MIN_SET = "MinSet"
    MAX_SET = "MaxSet"


class Mutability(StrEnum):
    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"


class VariableName(Struct, frozen=True, kw_only=True, omit_defaults=True, order=True):
    """`component` "" where the version has none; `evse_no` 0 is the station as a whole, `connector_no` 0 the Evse."""

    component: str = ""
    component_instance: str = ""
    evse_no: int = 0
    connector_no: int = 0
    name: str
    instance: str = ""
    attribute: Attribute = Attribute.ACTUAL

    def __str__(self) -> str:
        """As people write it: `OCPPCommCtrlr.HeartbeatInterval`, `EVSE#1.Power/MaxSet`."""
        component = self.component + (f"[{self.component_instance}]" if self.component_instance else "")
        place = f"#{self.evse_no}" + (f".{self.connector_no}" if self.connector_no else "") if self.evse_no else ""
        name = self.name + (f"[{self.instance}]" if self.instance else "")
        attribute = "" if self.attribute is Attribute.ACTUAL else f"/{self.attribute}"
        return f"{component}{place}.{name}{attribute}" if component else f"{name}{attribute}"

    @property
    def key(self) -> VariableName:
        """What it is found by: a key, a component or a variable is the same however its case is written."""
        return replace(
            self,
            component=self.component.lower(),
            component_instance=self.component_instance.lower(),
            name=self.name.lower(),
            instance=self.instance.lower(),
        )


_NAME = re.compile(
    r"(?:(?P<component>[^][#./=]+)(?:\[(?P<component_instance>[^]]*)\])?"
    r"(?:#(?P<evse_no>\d{1,9})(?:\.(?P<connector_no>\d{1,9})(?=\.))?)?\.)?"
    r"(?P<name>[^][#./=]+)(?:\[(?P<instance>[^]]*)\])?(?:/(?P<attribute>Target|MinSet|MaxSet))?"
)


def named(text: str) -> VariableName:
    """Of what people write, as VariableName writes it. Raises Unreadable."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        raise Unreadable(f"{text[:60]!r} names no variable; write Component.Variable, or a key of OCPP 1.6")
    said = found.groupdict(default="")
    return VariableName(
        component=said["component"],
        component_instance=said["component_instance"],
        evse_no=int(said["evse_no"] or 0),
        connector_no=int(said["connector_no"] or 0),
        name=said["name"],
        instance=said["instance"],
        attribute=Attribute(said["attribute"] or Attribute.ACTUAL),
    )


class Variable(Struct, frozen=True, kw_only=True):
    """`value` None: it is not told, or it is a secret. `values` is the list of those it may have, as it was told.

    None of the others: the station did not say.
    """

    name: VariableName
    value: str | None = None
    mutability: Mutability | None = None
    type: str | None = None
    unit: str | None = None
    values: str | None = None


class VariableWanted(Struct, frozen=True, kw_only=True):
    """What a variable should be."""

    name: VariableName
    value: str


# What we ask ---------------------------------------------------------------------------------------------------------


class ReportVariables(Struct, frozen=True, kw_only=True):
    """Say all there is; answered by VariablesTold, or by a Verdict and then VariablesReported under this number."""

    number: int


class ReadVariables(Struct, frozen=True, kw_only=True):
    """Say what these are; answered by VariablesTold."""

    names: tuple[VariableName, ...]


class SetVariables(Struct, frozen=True, kw_only=True):
    """Make these so; answered by VariablesSet."""

    wanted: tuple[VariableWanted, ...]


# What a station says -------------------------------------------------------------------------------------------------


class VariablesTold(Struct, frozen=True, kw_only=True):
    """`unknown` are those that were asked for and that it does not have, or does not tell."""

    variables: tuple[Variable, ...]
    unknown: tuple[VariableName, ...] = ()


class VariablesReported(Struct, frozen=True, kw_only=True):
    """A part of the report of this number, the first being 0; `more` are to come."""

    number: int
    part: int
    more: bool
    variables: tuple[Variable, ...]


class SetStatus(StrEnum):
    ACCEPTED = "ACCEPTED"
    REBOOT_REQUIRED = "REBOOT_REQUIRED"
    REJECTED = "REJECTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    UNKNOWN = "UNKNOWN"


class SetResult(Struct, frozen=True, kw_only=True):
    """`name` None: of the only one that was asked for."""

    status: SetStatus
    name: VariableName | None = None


class VariablesSet(Struct, frozen=True, kw_only=True):
    results: tuple[SetResult, ...]

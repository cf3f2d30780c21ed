"""What is said of a signed record that cannot be read, does not hold, or may not be billed from."""

from __future__ import annotations

from enum import StrEnum

from laddnav.kit.notes import Note, Value
from laddnav.kit.words import N_


class RecordKind(StrEnum):
    # What the signature is worth.
    GOOD = "GOOD"
    CHANGED = "CHANGED"
    NO_KEY = "NO_KEY"
    NO_KEY_OF = "NO_KEY_OF"
    KEY_UNREADABLE = "KEY_UNREADABLE"
    KEY_OF_ANOTHER_CURVE = "KEY_OF_ANOTHER_CURVE"
    KEY_NO_POINT = "KEY_NO_POINT"
    # Whether what it says may be billed, by itself and beside the others of its charge.
    METER_AWAY = "METER_AWAY"
    METER_TIMED_OUT = "METER_TIMED_OUT"
    METER_DISCONNECTED = "METER_DISCONNECTED"
    METER_NOT_FOUND = "METER_NOT_FOUND"
    METER_TAMPERED = "METER_TAMPERED"
    METER_EXCHANGED = "METER_EXCHANGED"
    METER_INCOMPATIBLE = "METER_INCOMPATIBLE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    SUBSTITUTE = "SUBSTITUTE"
    METER_IN_ERROR = "METER_IN_ERROR"
    METER_UNREAD = "METER_UNREAD"
    STATUS_ODD = "STATUS_ODD"
    NOT_FOR_BILLING = "NOT_FOR_BILLING"
    NOT_TO_BE_BILLED = "NOT_TO_BE_BILLED"
    END_MISSING = "END_MISSING"
    METER_REPORTS_ERROR = "METER_REPORTS_ERROR"
    ADAPTER_REPORTS_ERROR = "ADAPTER_REPORTS_ERROR"
    START_IS_ANOTHER = "START_IS_ANOTHER"
    PAGES_NOT_RISING = "PAGES_NOT_RISING"
    OTHER_FORMAT = "OTHER_FORMAT"
    OTHER_METER = "OTHER_METER"
    OTHER_CHARGE = "OTHER_CHARGE"
    OTHER_PAGE = "OTHER_PAGE"
    BEGINS_AGAIN = "BEGINS_AGAIN"
    ENDS_BEFORE = "ENDS_BEFORE"
    REGISTER_BACKWARDS = "REGISTER_BACKWARDS"
    TIME_BACKWARDS = "TIME_BACKWARDS"
    # Why it cannot be read.
    NO_FORMAT = "NO_FORMAT"
    TOO_LONG_TO_READ = "TOO_LONG_TO_READ"
    HALF_A_CHARACTER = "HALF_A_CHARACTER"
    NAME_UNFIT = "NAME_UNFIT"
    NO_SUCH_YEAR = "NO_SUCH_YEAR"
    NO_ENERGY = "NO_ENERGY"
    NO_UNIT = "NO_UNIT"
    NO_NUMBER = "NO_NUMBER"
    NO_INSTANT = "NO_INSTANT"
    NO_TIME_ZONE = "NO_TIME_ZONE"
    NO_BASE64 = "NO_BASE64"
    NO_BASE32 = "NO_BASE32"
    NO_HEXADECIMAL = "NO_HEXADECIMAL"
    NO_METHOD = "NO_METHOD"
    NO_SIGNATURE = "NO_SIGNATURE"
    SIGNATURE_UNREADABLE = "SIGNATURE_UNREADABLE"
    FIELD_MISSING = "FIELD_MISSING"
    RECORD_UNREADABLE = "RECORD_UNREADABLE"
    PAYLOAD_UNREADABLE = "PAYLOAD_UNREADABLE"
    SIGNATURE_SECTION_UNREADABLE = "SIGNATURE_SECTION_UNREADABLE"
    NUMBER_ABSURD = "NUMBER_ABSURD"
    JSON_UNREADABLE = "JSON_UNREADABLE"
    JSON_WITHOUT_RECORD = "JSON_WITHOUT_RECORD"
    XML_UNREADABLE = "XML_UNREADABLE"
    XML_WITH_DOCTYPE = "XML_WITH_DOCTYPE"
    XML_WITHOUT_VALUE = "XML_WITHOUT_VALUE"
    XML_WITHOUT_SIGNED_DATA = "XML_WITHOUT_SIGNED_DATA"
    XML_OF_ANOTHER_KIND = "XML_OF_ANOTHER_KIND"
    ALFEN_PARTS = "ALFEN_PARTS"
    ALFEN_SIZE = "ALFEN_SIZE"
    EDL_SIZE = "EDL_SIZE"
    EDL_NAME_SIZE = "EDL_NAME_SIZE"
    EDL_NUMBER = "EDL_NUMBER"
    ISA_FIELD_TOO_LONG = "ISA_FIELD_TOO_LONG"
    ISA_FIELD_SIZE = "ISA_FIELD_SIZE"
    ISA_NUMBER = "ISA_NUMBER"
    SML_ENDS = "SML_ENDS"
    SML_BREAKS_OFF = "SML_BREAKS_OFF"
    SML_TOO_DEEP = "SML_TOO_DEEP"
    SML_ODD_KIND = "SML_ODD_KIND"
    SML_NO_LIST = "SML_NO_LIST"
    SML_LIST_SHORT = "SML_LIST_SHORT"
    SML_ENTRY_ODD = "SML_ENTRY_ODD"
    SML_NO_ENTRY = "SML_NO_ENTRY"
    SML_NO_NUMBER = "SML_NO_NUMBER"
    SML_NO_TEXT = "SML_NO_TEXT"
    SML_NO_TIME = "SML_NO_TIME"
    SML_NO_SECONDS = "SML_NO_SECONDS"


SENTENCES = {
    RecordKind.GOOD: N_("Signed by this key and not changed since"),
    RecordKind.CHANGED: N_("The signature is not of this key, or the record was changed"),
    RecordKind.NO_KEY: N_("No key of this meter is known"),
    RecordKind.NO_KEY_OF: N_("No key of meter %(meter)s is known"),
    RecordKind.KEY_UNREADABLE: N_("The public key cannot be read"),
    RecordKind.KEY_OF_ANOTHER_CURVE: N_("The record is signed on %(curve)s, the key is of %(other)s"),
    RecordKind.KEY_NO_POINT: N_("The public key is no point of %(curve)s"),
    RecordKind.METER_AWAY: N_("Reading %(number)s: the meter was not there"),
    RecordKind.METER_TIMED_OUT: N_("Reading %(number)s: the meter did not answer in time"),
    RecordKind.METER_DISCONNECTED: N_("Reading %(number)s: the meter was disconnected"),
    RecordKind.METER_NOT_FOUND: N_("Reading %(number)s: the meter was not found"),
    RecordKind.METER_TAMPERED: N_("Reading %(number)s: the meter was tampered with"),
    RecordKind.METER_EXCHANGED: N_("Reading %(number)s: the meter was exchanged"),
    RecordKind.METER_INCOMPATIBLE: N_("Reading %(number)s: the meter is incompatible"),
    RecordKind.OUT_OF_RANGE: N_("Reading %(number)s: the value is out of range"),
    RecordKind.SUBSTITUTE: N_("Reading %(number)s: the value is a substitute"),
    RecordKind.METER_IN_ERROR: N_("Reading %(number)s: the meter is in error"),
    RecordKind.METER_UNREAD: N_("Reading %(number)s: the meter could not be read"),
    RecordKind.STATUS_ODD: N_("Reading %(number)s: status %(status)s"),
    RecordKind.NOT_FOR_BILLING: N_("Reading %(number)s: its energy may not be billed, says the meter"),
    RecordKind.NOT_TO_BE_BILLED: N_("The meter says that it must not be billed"),
    RecordKind.END_MISSING: N_("The end of the charge is not in it"),
    RecordKind.METER_REPORTS_ERROR: N_("The meter reports an error"),
    RecordKind.ADAPTER_REPORTS_ERROR: N_("The adapter that signs reports an error"),
    RecordKind.START_IS_ANOTHER: N_("The register at the start is not the one that the meter stopped at before"),
    RecordKind.PAGES_NOT_RISING: N_("Its pages do not go up"),
    RecordKind.OTHER_FORMAT: N_("The records are of different formats"),
    RecordKind.OTHER_METER: N_("The records are of different meters, %(meter)s and %(other)s"),
    RecordKind.OTHER_CHARGE: N_("The records are of different charges"),
    RecordKind.OTHER_PAGE: N_("Page %(page)s does not follow page %(before)s"),
    RecordKind.BEGINS_AGAIN: N_("A record after the first begins a charge"),
    RecordKind.ENDS_BEFORE: N_("A record before the last ends a charge"),
    RecordKind.REGISTER_BACKWARDS: N_("The register runs backwards, from %(before_kwh)s to %(after_kwh)s kWh"),
    RecordKind.TIME_BACKWARDS: N_("Its time runs backwards"),
    RecordKind.NO_FORMAT: N_("This is none of the formats of signed meter records that are known here"),
    RecordKind.TOO_LONG_TO_READ: N_("The record is longer than any"),
    RecordKind.HALF_A_CHARACTER: N_("The record has half of a character, which nobody can write down"),
    RecordKind.NAME_UNFIT: N_("The number of the meter or of the charge is none that anybody could write down"),
    RecordKind.NO_SUCH_YEAR: N_("The meter says a year in which there were none"),
    RecordKind.NO_ENERGY: N_("The value is no energy"),
    RecordKind.NO_UNIT: N_("%(said)s is no unit of energy"),
    RecordKind.NO_NUMBER: N_("%(said)s is no number"),
    RecordKind.NO_INSTANT: N_("%(said)s is no instant"),
    RecordKind.NO_TIME_ZONE: N_("%(said)s has no time zone"),
    RecordKind.NO_BASE64: N_("%(said)s is no base64"),
    RecordKind.NO_BASE32: N_("A part of the record is no base32"),
    RecordKind.NO_HEXADECIMAL: N_("%(said)s is not hexadecimal"),
    RecordKind.NO_METHOD: N_("%(said)s is no signature method that can be verified"),
    RecordKind.NO_SIGNATURE: N_("The record has no signature section"),
    RecordKind.SIGNATURE_UNREADABLE: N_("The signature cannot be read"),
    RecordKind.FIELD_MISSING: N_("The record has no %(name)s"),
    RecordKind.RECORD_UNREADABLE: N_("The record cannot be read: %(why)s"),
    RecordKind.PAYLOAD_UNREADABLE: N_("The payload cannot be read: %(why)s"),
    RecordKind.SIGNATURE_SECTION_UNREADABLE: N_("The signature section cannot be read: %(why)s"),
    RecordKind.NUMBER_ABSURD: N_("a number of this size or kind cannot be used"),
    RecordKind.JSON_UNREADABLE: N_("The JSON cannot be read: %(why)s"),
    RecordKind.JSON_WITHOUT_RECORD: N_("The JSON holds no signed record"),
    RecordKind.XML_UNREADABLE: N_("The XML cannot be read: %(why)s"),
    RecordKind.XML_WITH_DOCTYPE: N_("The XML declares a document type"),
    RecordKind.XML_WITHOUT_VALUE: N_("The XML holds no value"),
    RecordKind.XML_WITHOUT_SIGNED_DATA: N_("A value of the XML holds no signedData"),
    RecordKind.XML_OF_ANOTHER_KIND: N_("The XML is of <%(name)s>, which is no signed meter record"),
    RecordKind.ALFEN_PARTS: N_("The record has not the six parts of an Alfen data set"),
    RecordKind.ALFEN_SIZE: N_("%(many)s bytes are signed, where an Alfen data set has %(size)s"),
    RecordKind.EDL_SIZE: N_("%(many)s bytes are signed, where EDL 40 has %(size)s"),
    RecordKind.EDL_NAME_SIZE: N_("The number of the meter or of the customer is of another length than EDL 40 has"),
    RecordKind.EDL_NUMBER: N_("A number does not fit into an EDL 40 record: %(why)s"),
    RecordKind.ISA_FIELD_TOO_LONG: N_("A field of the ISA EDL 40 record is too long"),
    RecordKind.ISA_FIELD_SIZE: N_("A field of the ISA EDL 40 record has %(many)s octets instead of %(size)s"),
    RecordKind.ISA_NUMBER: N_("A number does not fit into an ISA EDL 40 record"),
    RecordKind.SML_ENDS: N_("The SML file has no beginning or no end"),
    RecordKind.SML_BREAKS_OFF: N_("The SML file breaks off"),
    RecordKind.SML_TOO_DEEP: N_("The SML file is nested too deep"),
    RecordKind.SML_ODD_KIND: N_("The SML file has a value of kind %(said)s"),
    RecordKind.SML_NO_LIST: N_("The SML file has no list of values"),
    RecordKind.SML_LIST_SHORT: N_("The SML list has no meter, no values or no signature"),
    RecordKind.SML_ENTRY_ODD: N_("An entry of the SML list is not one"),
    RecordKind.SML_NO_ENTRY: N_("The SML list has no entry %(name)s"),
    RecordKind.SML_NO_NUMBER: N_("A number is missing in the SML list"),
    RecordKind.SML_NO_TEXT: N_("A text is missing in the SML list"),
    RecordKind.SML_NO_TIME: N_("A time is missing in the SML list"),
    RecordKind.SML_NO_SECONDS: N_("The meter's count of seconds is missing in the SML list"),
}


def noted(kind: RecordKind, **values: Value) -> Note:
    """Raises KeyError where the sentence names another value."""
    return Note(kind, values, SENTENCES[kind] % values)

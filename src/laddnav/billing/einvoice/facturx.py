"""Says in a PDF that an invoice for machines is inside, as Factur-X 1.0 and ZUGFeRD 2 ask: in its metadata (XMP).

The compiler attaches the file and makes PDF/A-3, but knows no metadata of others. So a new edition of the metadata is
added at the end of the file, as PDF lets one do (ISO 32000-1, 7.5.6); nothing that stands before it is touched.
"""

from __future__ import annotations

import re

FILE_NAME = "factur-x.xml"

_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_SAID = {
    "DocumentType": ("INVOICE", "The type of the hybrid document"),
    "DocumentFileName": (FILE_NAME, "The name of the embedded XML document"),
    "Version": ("1.0", "The version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
_PROPERTIES = "".join(
    '<rdf:li rdf:parseType="Resource">'
    f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
    f"<pdfaProperty:category>external</pdfaProperty:category>"
    f"<pdfaProperty:description>{what}</pdfaProperty:description></rdf:li>"
    for name, (_, what) in _SAID.items()
)
# PDF/A wants every property described that it does not know itself.
_SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{_SPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    f"<pdfaSchema:property><rdf:Seq>{_PROPERTIES}</rdf:Seq></pdfaSchema:property></rdf:li>"
).encode()
_DESCRIPTION = (
    f'<rdf:Description rdf:about="" xmlns:fx="{_SPACE}">'
    + "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _SAID.items())
    + "</rdf:Description>"
).encode()

_TRAILER = re.compile(rb"trailer\s*<<(?P<entries>.*)>>\s*startxref\s*(?P<at>\d+)\s*%%EOF\s*$", re.DOTALL)
_SCHEMAS = b"<pdfaExtension:schemas><rdf:Bag>"


def marked(pdf: bytes) -> bytes:
    """Of a PDF/A-3 as our compiler writes it: with a plain table of its objects, and its metadata uncompressed."""
    trailer = _TRAILER.search(pdf, max(0, len(pdf) - 4096))
    assert trailer is not None
    catalog = _object(pdf, _reference(trailer["entries"], b"Root"))
    number = _reference(catalog, b"Metadata")
    stream = _object(pdf, number).partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    assert _SCHEMAS in stream and b"</rdf:RDF>" in stream
    said = stream.replace(_SCHEMAS, _SCHEMAS + _SCHEMA, 1).replace(b"</rdf:RDF>", _DESCRIPTION + b"</rdf:RDF>", 1)
    edition = b"\n%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(said),
        said,
    )
    table = b"xref\n0 1\n0000000000 65535 f\r\n%d 1\n%010d 00000 n\r\n" % (number, len(pdf) + 1)
    end = b"trailer\n<<%b/Prev %b>>\nstartxref\n%d\n%%%%EOF" % (
        trailer["entries"],
        trailer["at"],
        len(pdf) + len(edition),
    )
    return pdf + edition + table + end


def _reference(entries: bytes, name: bytes) -> int:
    found = re.search(rb"/%b (\d+) 0 R" % name, entries)
    assert found is not None
    return int(found[1])


def _object(pdf: bytes, number: int) -> bytes:
    begin = pdf.rindex(b"\n%d 0 obj" % number)
    return pdf[begin : pdf.index(b"\nendobj", begin)]

"""A QR code as a picture in a page: what is on this screen, to go on with on a phone."""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """As SVG that takes the width it is given, with the four empty modules around it that a camera wants."""
    image = BytesIO()
    code = segno.make(text, error="m", boost_error=False, micro=False, encoding="utf-8")
    code.save(image, kind="svg", border=4, omitsize=True, xmldecl=False, svgns=True, svgclass=None, lineclass=None)
    return Markup(image.getvalue().decode())

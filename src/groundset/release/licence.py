"""Licences by their SPDX names (the list that ``packaging`` ships) and SPDX expressions, as STAC 1.1 has them."""

from __future__ import annotations

import re
from difflib import get_close_matches

from groundset.core import InputError

OTHER = "other"
"""STAC's own word for a licence that SPDX has no name for."""
FOR_DATA = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC0-1.0", "ODbL-1.0", "ODC-By-1.0",
            "PDDL-1.0", "etalab-2.0", "OGL-UK-3.0", "DL-DE-BY-2.0")  # fmt: skip
"""Names under which imagery and labels are usually given, for hints."""
_ONE = re.compile(r"[A-Za-z0-9.+-]+")


def spdx(text: str, where: str | None = None) -> str:
    """A licence as SPDX writes it: ``cc-by-4.0`` is ``CC-BY-4.0``.

    Args:
        text: A name of the SPDX list, an expression (``MIT OR Apache-2.0``), ``LicenseRef-NAME``, or ``other``.
        where: What said so, for the error.

    Raises:
        InputError: It is none of these.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if text == OTHER:
        return text
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        folded = {name.casefold(): name for name in FOR_DATA}
        near = [folded[n] for n in get_close_matches(text.casefold().replace(" ", "-"), folded, cutoff=0.4)]
        raise InputError(
            "a licence is an SPDX name or expression",
            asked=f"license = {text}",
            found=where or "not in the SPDX list",
            hint=f"such as {', '.join(near or FOR_DATA[:1])}; LicenseRef-NAME for one of your own; or leave it out",
        ) from None


def page(name: str) -> str | None:
    """Address of a licence's text; None for expressions, own licences and ``other``."""
    if name == OTHER or name.startswith("LicenseRef-") or not _ONE.fullmatch(name):
        return None
    return f"https://spdx.org/licenses/{name.rstrip('+')}.html"

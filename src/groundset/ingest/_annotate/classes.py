"""From what a file says to a class code of the task's scheme."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, MissingError, Scheme

CODES = 256


class CodeMap(Protocol):
    """What is needed of a sheet."""

    def map_codes(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Codes of the target scheme; ``ignore`` becomes 255; an unmapped code is an error that names it."""
        ...


def translate(
    values: Sequence[object], rows: Sequence[str], scheme: Scheme, sheet: CodeMap | None
) -> npt.NDArray[np.uint8]:
    """Class codes of the scheme for what ``values`` say (names or codes): uint8, 255 where there is no class.

    Args:
        values: One a feature; None, NaN and blanks are "no class".
        rows: What to call each feature in an error ("row 3", "feature 7").
        scheme: The task's scheme.
        sheet: Maps codes of another scheme; values must then be codes.

    Raises:
        MissingError: A value is no class of the scheme; names values, rows and the classes that there are.
    """
    texts = [_text(v) for v in values]
    wrong: dict[str, list[str]] = {}
    codes: dict[str, int] = {"": UNLABELLED}
    for text, row in zip(texts, rows, strict=True):
        if text in codes:
            continue
        code = _code(text, scheme) if sheet is None else _source_code(text)
        if code is None:
            wrong.setdefault(text, []).append(row)
        else:
            codes[text] = code
    if wrong:
        raise _not_a_class(wrong, scheme, sheet)
    out = np.array([codes[t] for t in texts], np.uint8)
    if sheet is not None and len(out):
        mapped = out != UNLABELLED
        out[mapped] = sheet.map_codes(out[mapped])
        check_codes(np.unique(out).tolist(), scheme, "the sheet maps to codes that the task's scheme lacks")
    return out


def translate_codes(values: Iterable[int], scheme: Scheme, sheet: CodeMap | None, file: str) -> dict[int, int]:
    """For each pixel value of a raster its class code, 255 for unlabelled.

    Raises:
        InputError: A value is no code of the scheme (or of the sheet); names all of them.
    """
    found = sorted({int(v) for v in values} - {UNLABELLED})
    beyond = [v for v in found if not 0 <= v < UNLABELLED]
    if beyond:
        raise InputError(
            f"{file} holds values that cannot be class codes",
            found=_some(beyond),
            hint="codes are 0 to 254; declare such a value as the raster's nodata (gdal_edit.py -a_nodata) or as 255",
        )
    if sheet is None:
        check_codes(found, scheme, f"{file} holds codes that the scheme lacks")
        return {v: v for v in found} | {UNLABELLED: UNLABELLED}
    mapped = [int(c) for c in sheet.map_codes(np.array(found, np.uint8))] if found else []
    check_codes(mapped, scheme, "the sheet maps to codes that the task's scheme lacks")
    return dict(zip(found, mapped, strict=True)) | {UNLABELLED: UNLABELLED}


def check_codes(codes: Iterable[int], scheme: Scheme, message: str) -> None:
    """Every code must be one of the scheme's (or 255)."""
    there = {c.code for c in scheme} | {UNLABELLED}
    wrong = sorted(set(codes) - there)
    if wrong:
        raise MissingError(
            message,
            asked=_some(wrong),
            found=", ".join(f"{c.code} {c.name}" for c in scheme),
            hint="map them with --sheet, or add them to the scheme",
        )


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _code(text: str, scheme: Scheme) -> int | None:
    return next((c.code for c in scheme if text in (c.name, str(c.code))), None)


def _source_code(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < UNLABELLED else None


def _not_a_class(wrong: dict[str, list[str]], scheme: Scheme, sheet: CodeMap | None) -> MissingError:
    asked = "; ".join(f"{text!r} ({_some(rows, 5)})" for text, rows in list(wrong.items())[:5])
    if sheet is not None:
        return MissingError(
            "with a sheet, classes must be codes of the scheme that it maps from",
            asked=asked,
            hint="codes are 0 to 254",
        )
    near = get_close_matches(next(iter(wrong)), scheme.names, 1)
    return MissingError(
        f"class not in the scheme {scheme.name}",
        asked=asked,
        found=", ".join(f"{c.name} ({c.code})" for c in scheme),
        hint=f"did you mean {near[0]}?" if near else "name one of these, or map codes with --sheet",
    )


def _some(values: Sequence[object], n: int = 12) -> str:
    more = f" and {len(values) - n} more" if len(values) > n else ""
    return ", ".join(str(v) for v in values[:n]) + more

"""From what a file says to a class code of the task's scheme."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, MissingError, Scheme, few
from groundset.taxonomy import Sheet


def translate(
    values: Sequence[object], rows: Sequence[str], scheme: Scheme, sheet: Sheet | None
) -> npt.NDArray[np.uint8]:
    """Class codes of the scheme for what ``values`` say (names or codes): uint8, 255 where there is no class.

    Args:
        values: One a feature; None, NaN and blanks are "no class".
        rows: What to call each feature in an error ("row 3", "feature 7").
        scheme: The task's scheme.
        sheet: Maps another scheme's classes, as the file names them, to this one.

    Raises:
        MissingError: A value is no class of the scheme; names values, rows and the classes that there are.
    """
    texts = [_text(v) for v in values]
    if sheet is not None:
        return _through(sheet, texts, scheme)
    codes: dict[str, int] = {"": UNLABELLED} | {str(c.code): c.code for c in scheme} | {c.name: c.code for c in scheme}
    wrong: dict[str, list[str]] = {}
    for text, row in zip(texts, rows, strict=True):
        if text not in codes:
            wrong.setdefault(text, []).append(row)
    if wrong:
        raise _not_a_class(wrong, scheme)
    return np.array([codes[t] for t in texts], np.uint8)


def translate_codes(values: Iterable[int], scheme: Scheme, sheet: Sheet | None, file: str) -> dict[int, int]:
    """For each pixel value of a raster its class code, 255 for unlabelled.

    Raises:
        InputError: A value is no code of the scheme (or of the sheet); names all of them.
    """
    found = sorted({int(v) for v in values} - {UNLABELLED})
    if sheet is not None:
        mapped = sheet.map_codes(np.array(found, np.int64), to=scheme).tolist()
        return dict(zip(found, mapped, strict=True)) | {UNLABELLED: UNLABELLED}
    beyond = [v for v in found if not 0 <= v < UNLABELLED]
    if beyond:
        raise InputError(
            f"{file} holds values that cannot be class codes",
            found=few(beyond, 12),
            hint="codes are 0 to 254; declare such a value as the raster's nodata (gdal_edit.py -a_nodata) or map it",
        )
    check_codes(found, scheme, f"{file} holds codes that the scheme lacks")
    return {v: v for v in found} | {UNLABELLED: UNLABELLED}


def check_codes(codes: Iterable[int], scheme: Scheme, message: str) -> None:
    """Every code must be one of the scheme's (or 255)."""
    there = {c.code for c in scheme} | {UNLABELLED}
    wrong = sorted(set(codes) - there)
    if wrong:
        raise MissingError(
            message,
            asked=few(wrong, 12),
            found=", ".join(f"{c.code} {c.name}" for c in scheme),
            hint="map them with --sheet, or add them to the scheme",
        )


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _through(sheet: Sheet, texts: Sequence[str], scheme: Scheme) -> npt.NDArray[np.uint8]:
    out = np.full(len(texts), UNLABELLED, np.uint8)
    there = np.array([t != "" for t in texts], bool)
    if there.any():
        out[there] = sheet.map_names([t for t in texts if t], scheme)
    return out


def _not_a_class(wrong: dict[str, list[str]], scheme: Scheme) -> MissingError:
    near = get_close_matches(next(iter(wrong)), scheme.names, 1)
    return MissingError(
        f"class not in the scheme {scheme.name}",
        asked="; ".join(f"{text!r} ({few(rows)})" for text, rows in list(wrong.items())[:5]),
        found=", ".join(f"{c.name} ({c.code})" for c in scheme),
        hint=f"did you mean {near[0]}?" if near else "name one of these, or map it with --sheet",
    )

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reader has to know of the data before believing the result, and what makes a result impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.numbered import OTHERS
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import FIELDS
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import Tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import HOUR, Windows, shown_time

__all__ = ["Known", "notes", "nothing_in_window", "refuse_unusable"]

_KEYS_SHOWN = 20
_LEFT_OUT = {
    "not_json": "are not JSON",
    "not_objects": "are JSON, but no object",
    "too_long": "are longer than 16 MiB",
    "without_time": "have no readable time",
    "outside": "are outside the window and its baseline",
}


@dataclass(frozen=True)
class Known:
    """How much of the baseline there is: its lines, and whether they reach back over the hours before the window."""

    baseline_lines: int
    before: bool

    @classmethod
    def of(cls, counts: Counts, windows: Windows, *, baseline_lines: int) -> Known:
        """Return what the time of the first line shows."""
        since = windows.start - (windows.window - 1) * HOUR
        return cls(baseline_lines, baseline_lines > 0 and counts.first is not None and counts.first < since)


def refuse_unusable(counts: Counts, source: str, chosen: Mapping[str, Sequence[str] | None]) -> None:
    """Raise OperatorError when the source has no document, or none with a field that is needed or was named."""
    documents = counts.read - counts.blank - counts.not_json - counts.not_objects - counts.too_long
    if not counts.read:
        raise OperatorError(f"{source} has no line in the window or its baseline.")
    if not documents:
        raise OperatorError(f"None of the {counts.read} lines of {source} is a JSON object ({_places(counts)}).")
    for field, names in FIELDS.items():
        asked = chosen.get(field)
        if (asked or field == "time") and not counts.found[field]:
            keys = ", ".join(sorted(counts.keys)[:_KEYS_SHOWN])
            raise OperatorError(
                f"No line of {source} has the field {' or '.join(asked or names)} (fields.{field}). "
                f"The first lines have {keys}."
            )


def nothing_in_window(counts: Counts, source: str, windows: Windows) -> str:
    """Return the sentence on a window without a line."""
    asked = f"{shown_time(windows.start)} to {shown_time(windows.end)}"
    if counts.first is None or counts.last is None:
        return f"No line of {source} has a readable time, so none is in the window from {asked}."
    return (
        f"No line of {source} is in the window from {asked}: those that were read are from "
        f"{shown_time(counts.first)} to {shown_time(counts.last)}. Set end and window so that they overlap."
    )


def notes(counts: Counts, tally: Tally, windows: Windows, known: Known) -> list[str]:
    """Return a sentence on everything that was left out or could not be compared."""
    found = [
        f"{number} of {counts.read} lines {what}."
        for name, what in _LEFT_OUT.items()
        if (number := getattr(counts, name))
    ]
    if counts.places:
        found.append(f"The first lines that could not be used: {_places(counts)}.")
    found += [
        f"{number} values of {field} have no usable type and were ignored."
        for field, number in sorted(counts.unusable.items())
    ]
    if tally.left_out:
        found.append(
            f"There are very many different messages: the rarest, in {tally.left_out} lines, were left out, so that "
            "patterns may pass for new that are not."
        )
    for what, names in (("services", tally.services), ("error names", tally.error_names)):
        if names.overflown:
            found.append(
                f"There are more than {len(names.names) - 1} {what}: all further ones are counted as {OTHERS}."
            )
    if not known.baseline_lines:
        found.append("The baseline has no line: nothing can be called new or vanished.")
    elif counts.first is not None and counts.first > windows.oldest + HOUR:
        found.append(f"The first line is from {shown_time(counts.first)}, so that the baseline is not complete.")
    if not known.before:
        found.append("There are no lines for all of the hours before the window that trends of errors compare it with.")
    return found


def _places(counts: Counts) -> str:
    return ", ".join(counts.places)

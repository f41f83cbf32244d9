# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sentence for each finding, which a developer can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["sentence_of"]

SENTENCES: Mapping[str, str] = {
    "n_plus_one": "{where} runs {count} times in one request, each time with other values. Fetch them all at once.",
    "chatty": "One span calls {where} {count} times. Ask for all of it in one call, or keep the answers.",
    "fan_out": "One span makes {count} calls of {where} at once, and waits for the slowest. Bound their number.",
    "sequence": "{where}: {count} calls wait for each other without using each other's answers. Make them at once.",
    "retries": "{where} fails and is repeated, {count} times in one request. Find out why it fails.",
    "wait": "{where}: the caller waits {gain_ms:.0f} ms longer than the call takes. Look for a full pool, a queue or a "
    "slow network between the two.",
    "failure": "The errors of {entry} begin in {where}. What only passes them on: {carriers}.",
    "time_out": "{count} of {failed} failed calls of {where} end after {length_ms:.0f} ms: a time-out. Find out what "
    "the called one waits for, or wait less long.",
}


def sentence_of(finding: Mapping[str, Any]) -> str:
    """Return the sentence for a finding of Analysis.described."""
    return SENTENCES[finding["kind"]].format_map({**finding, "carriers": finding.get("variant") or "nothing between"})

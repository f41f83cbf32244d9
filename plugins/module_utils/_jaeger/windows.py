# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The windows that are analysed, and whether the options of a module fit together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._api.durations import instant
from .._api.plan import PlanError
from .traces import Slice

__all__ = ["Windows", "windows_of"]


@dataclass(frozen=True)
class Windows:
    """The window to analyse, and an earlier one of the same length if there is one to compare with."""

    start: datetime
    end: datetime
    baseline: datetime | None

    def slices(self, service: str) -> list[Slice]:
        """Return the window and the earlier one, of a service."""
        found = [Slice(service, self.start, self.end)]
        if self.baseline:
            found.append(Slice(service, self.baseline, self.baseline + (self.end - self.start)))
        return found


def windows_of(parameters: Mapping[str, Any], now: datetime) -> Windows:
    """Return the windows of a module's options. Raises PlanError for options that do not fit together."""
    _check_sources(parameters)
    start, end = (instant(parameters[name], name, now=now) for name in ("start", "end"))
    if end <= start:
        raise PlanError(f"end {parameters['end']!r} is not after start {parameters['start']!r}: give an earlier start.")
    earlier = parameters["baseline_start"]
    baseline = instant(earlier, "baseline_start", now=now) if earlier else None
    if baseline and baseline + (end - start) > start:
        raise PlanError(
            f"The earlier window, which starts at {earlier!r} and is as long as the window, overlaps it. Start it "
            "earlier."
        )
    return Windows(start, end, baseline)


def _check_sources(parameters: Mapping[str, Any]) -> None:
    url, files, prometheus = parameters["url"] or "", parameters["files"], parameters["prometheus"] or {}
    if parameters["limit"] < 1:
        raise PlanError(f"limit {parameters['limit']} must be at least 1.")
    if not (url or files):
        raise PlanError("Set url to the address of Jaeger's query, or files to files with traces.")
    if parameters["baseline_files"] and not files:
        raise PlanError("baseline_files are compared with files, of which there are none.")
    if parameters["trace_url"] and "{trace}" not in parameters["trace_url"]:
        raise PlanError(f"trace_url {parameters['trace_url']!r} must have {{trace}} where the id of a trace belongs.")
    for address, options in ((url if not files else "", parameters), (prometheus.get("url") or "", prometheus)):
        if address.startswith("http://") and (options["password"] or options["token"]):
            raise PlanError(f"The password or token would be sent to {address} unencrypted. Use https.")

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The analysis of windows, from Jaeger or from files, with the span metrics of Prometheus where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._http.session import Api, Endpoint, HttpError, Session
from .._traces.analysis import Analysis
from .._traces.comparison import compared
from .._traces.exports import traces_in
from .notes import notes_of
from .span_metrics import measured, with_metrics
from .traces import Reading, services_of
from .windows import Windows

__all__ = ["analysed"]


def analysed(session: Session, parameters: Mapping[str, Any], windows: Windows) -> dict[str, Any]:
    """Return {msg, analysis} of the windows. Raises OperatorError."""
    window, earlier = Analysis(), Analysis()
    missing: dict[str, Any] = {"failed": [], "truncated": []}
    if parameters["files"]:
        for analysis, files in ((window, parameters["files"]), (earlier, parameters["baseline_files"])):
            traces, analysis.coverage.unreadable = traces_in(files)
            _add(analysis, traces)
    else:
        missing = _read(session, parameters, windows, (window, earlier))
    found = {**window.described(), "changes": compared(earlier.call_paths, window.call_paths)}
    metrics = _metrics(parameters["prometheus"], windows)
    found["services"] = with_metrics(found["services"], metrics)
    known = {service["service"] for service in found["services"]}
    missing["without_traces"] = sorted(set(metrics) - known)
    compares = parameters["baseline_start"] or parameters["baseline_files"]
    missing["requests_before"] = sum(earlier.call_paths.requests.values()) if compares else None
    found["coverage"] = {**found["coverage"], **missing}
    found["coverage"]["notes"] = notes_of(found)
    own = "" if parameters["files"] else f"{session.url.rstrip('/')}/trace/{{trace}}"
    _link(found, parameters["trace_url"] or own)
    return {"msg": _summary(found), "analysis": found}


def _read(
    session: Session, parameters: Mapping[str, Any], windows: Windows, analyses: Iterable[Analysis]
) -> dict[str, Any]:
    api = Api(session, "Jaeger")
    services = parameters["services"] or services_of(api)
    readings = [(analysis, Reading(api, parameters["limit"])) for analysis in analyses]
    for service in services:
        for (analysis, reading), part in zip(readings, windows.slices(service)):
            _add(analysis, reading.traces(part))
    for analysis, reading in readings:
        analysis.coverage.unreadable = reading.unreadable
        if reading.failed and not analysis.call_paths.requests:
            raise HttpError(f"No slice of the window could be read. {reading.failed[0][1]}")
    return {
        "failed": [
            {"service": part.service, "start": part.start.isoformat(), "end": part.end.isoformat(), "reason": reason}
            for _analysis, reading in readings
            for part, reason in reading.failed
        ],
        "truncated": sorted({service for _analysis, reading in readings for service in reading.truncated}),
    }


def _add(analysis: Analysis, traces: Iterable[Any]) -> None:
    for spans in traces:
        analysis.add(spans)


def _metrics(options: Mapping[str, Any] | None, windows: Windows) -> dict[str, Any]:
    if not options:
        return {}
    session = Session(Endpoint(**{name: value for name, value in options.items() if value is not None}))
    try:
        return measured(Api(session, "Prometheus"), windows.start, windows.end)
    finally:
        session.close()


def _link(found: Mapping[str, Any], url: str) -> None:
    linked = [one for finding in found["findings"] for one in finding["evidence"]]
    linked += [entry["slowest"] for entry in found["critical_paths"]]
    for one in linked if url else ():
        one["url"] = url.replace("{trace}", one["trace"])


def _summary(found: Mapping[str, Any]) -> str:
    coverage = found["coverage"]
    return (
        f"{coverage['traces']} traces of {len(found['services'])} services: {len(found['findings'])} findings, "
        f"{len(found['changes'])} changes."
    )

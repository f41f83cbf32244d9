"""Variables that OpenTelemetry specifies for sending spans, and that are not settings of this library."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from .errors import TelemetryError

__all__ = ["is_switched_off", "refuse_unsupported", "unused"]

_EXPORTER = "OTEL_TRACES_EXPORTER"
_FAMILY = "OTEL_EXPORTER_OTLP_"
_OF_TRACES = "TRACES_"
_OTHER_SIGNALS = ("LOGS_", "METRICS_", "PROFILES_")
# The one value that is supported, and the variables that may have it: the first that is set counts.
_CHOICES = {
    "otlp": (_EXPORTER,),
    "http/protobuf": (f"{_FAMILY}{_OF_TRACES}PROTOCOL", f"{_FAMILY}PROTOCOL"),
    "none": (f"{_FAMILY}{_OF_TRACES}COMPRESSION", f"{_FAMILY}COMPRESSION"),
}

# What OpenTelemetry's own packages read here, and what is about metrics and logs, which this library does not send.
_READ_BY_OTHERS = re.compile(
    r"OTEL_(?:RESOURCE_ATTRIBUTES|EXPERIMENTAL_RESOURCE_DETECTORS|SEMCONV_STABILITY_OPT_IN|PYTHON_CONTEXT"
    r"|(?:SPAN_|EVENT_|LINK_)?ATTRIBUTE_(?:COUNT|VALUE_LENGTH)_LIMIT|SPAN_(?:EVENT|LINK)_COUNT_LIMIT"
    r"|PYTHON_(?:REQUESTS_|HTTPX_|URLLIB3_)?EXCLUDED_URLS|TRACES_EXPORTER|EXPORTER_OTLP_\w+|BLRP_\w+|METRICS?_EX\w+_\w+)"
)
_HARMLESS = {"OTEL_METRICS_EXPORTER": {"none"}, "OTEL_LOGS_EXPORTER": {"none"}}
_PROPAGATORS = {"tracecontext", "baggage", "none"}


def is_switched_off(environ: Mapping[str, str]) -> bool:
    """Whether no spans are to be sent, whatever the endpoint."""
    return environ.get(_EXPORTER) == "none"


def refuse_unsupported(environ: Mapping[str, str], taken: Collection[str]) -> None:
    """Raise TelemetryError when a variable asks for what the library does not do; `taken` are those that it reads.

    What is set for traces counts more than what is set for all signals; that of other signals is left alone.
    """
    for only, variables in _CHOICES.items():
        variable = next((name for name in variables if environ.get(name)), None)
        if variable and environ[variable] != only:
            found = f"environment variable {variable} is {environ[variable]!r:.100}"
            raise TelemetryError(f"Start of telemetry: {found}; write {only}, the only one that is supported.")
    known = {*taken, *(variable for variables in _CHOICES.values() for variable in variables)}
    for variable, value in environ.items():
        of_others = not variable.startswith(_FAMILY) or variable[len(_FAMILY) :].startswith(_OTHER_SIGNALS)
        if value and not of_others and variable not in known:
            raise TelemetryError(f"Start of telemetry: environment variable {variable} is not supported; remove it.")


def unused(environ: Mapping[str, str], taken: Collection[str]) -> list[str]:
    """Return the variables that are set, and that neither this library nor another one of OpenTelemetry reads here."""
    return sorted(
        name
        for name, value in environ.items()
        if name.startswith("OTEL_") and value and name not in taken and not _is_used(name, value)
    )


def _is_used(name: str, value: str) -> bool:
    if name == "OTEL_PROPAGATORS":
        return {part.strip() for part in value.split(",")} <= _PROPAGATORS
    return value in _HARMLESS.get(name, ()) or _READ_BY_OTHERS.fullmatch(name) is not None

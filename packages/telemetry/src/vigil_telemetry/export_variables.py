"""Variables that OpenTelemetry specifies for sending spans, and that are not settings of this library."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .errors import TelemetryError

__all__ = ["is_switched_off", "refuse_unsupported"]

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

"""What a program sets: arguments of `start()`, else environment variables, else defaults. Nothing else reads them.

A setting that OpenTelemetry has a variable for is read from that one; all others from `VIGIL_TELEMETRY_<SETTING>`.
"""

from __future__ import annotations

import dataclasses
import difflib
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import sampling, values
from .errors import TelemetryError
from .export_variables import is_switched_off, refuse_unsupported, unused

__all__ = ["PREFIX", "Settings", "settings_from", "unused_variables"]

PREFIX = "VIGIL_TELEMETRY_"
_RESOURCE = "OTEL_RESOURCE_ATTRIBUTES"
# Settings that are attributes of a resource too; the first that is there counts.
_ATTRIBUTES = {
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "version": ("service.version",),
    "revision": ("vcs.ref.head.revision",),
    "instance": ("service.instance.id",),
}


def _setting(default: object, read: Callable[[Any], object], *variables: str, secret: bool = False) -> Any:
    """Return a field that the first of these variables sets; a secret one is in no message."""
    described = {"read": read, "variables": variables, "secret": secret}
    # pylint: disable-next=invalid-field-call
    return dataclasses.field(default=default, repr=not secret, metadata=described)


def _otlp(default: object, read: Callable[[Any], object], name: str, *, secret: bool = False) -> Any:
    """Return a field of the export, for which a variable of traces counts more than that of all signals."""
    variables = (f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}")
    return _setting(default, read, *variables, secret=secret)


@dataclass(frozen=True)
class Settings:
    """What was set, checked. Files and directories are absolute paths; sizes are in bytes."""

    service: str = _setting("", values.text, "OTEL_SERVICE_NAME")
    environment: str = _setting("", values.text)
    version: str = _setting("unknown", values.text)
    revision: str = _setting("unknown", values.text)  # of the source code
    instance: str = _setting("", values.text)  # the name of this host, unless set
    disabled: bool = _setting(False, values.flag, "OTEL_SDK_DISABLED")

    metrics_port: int | None = _setting(None, values.whole(1, 65535))
    metrics_address: str = _setting("127.0.0.1", values.text)
    metrics_certificate_file: Path | None = _setting(None, values.path)
    metrics_key_file: Path | None = _setting(None, values.path)
    metrics_authority_file: Path | None = _setting(None, values.path)
    metrics_token_file: Path | None = _setting(None, values.path)
    metrics_series_budget: int = _setting(10_000, values.whole(1, 1_000_000))  # of each metric
    metrics_multiprocess_dir: Path | None = _setting(None, values.path, "PROMETHEUS_MULTIPROC_DIR")

    log_directory: Path | None = _setting(None, values.path)
    log_level: str = _setting("INFO", values.level, "OTEL_LOG_LEVEL")
    log_console: bool = _setting(False, values.flag)
    log_queue_lines: int = _setting(10_000, values.whole(10, 10_000_000))
    log_rotate_bytes: int = _setting(100 * 1024 * 1024, values.whole(0, 1024**4))  # 0: something else rotates
    log_rotate_files: int = _setting(5, values.whole(1, 1000))
    redact_keys: tuple[str, ...] = _setting((), values.names)
    request_id_header: str = _setting("X-Request-ID", values.header)

    otlp_endpoint: str | None = _setting(None, values.url, "OTEL_EXPORTER_OTLP_ENDPOINT")
    # Where spans are sent, as it stands; without it, to /v1/traces of the endpoint.
    otlp_traces_endpoint: str | None = _setting(None, values.whole_url, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    otlp_certificate_file: Path | None = _otlp(None, values.path, "CERTIFICATE")
    otlp_client_certificate_file: Path | None = _otlp(None, values.path, "CLIENT_CERTIFICATE")
    otlp_client_key_file: Path | None = _otlp(None, values.path, "CLIENT_KEY")
    otlp_headers: tuple[tuple[str, str], ...] = _otlp((), values.headers, "HEADERS", secret=True)
    otlp_timeout_milliseconds: int = _otlp(5_000, values.whole(100, 60_000), "TIMEOUT")
    # How many spans wait for the collector and are sent at once; for how long they are gathered, and tried to send.
    otlp_queue_spans: int = _setting(2_048, values.whole(1, 1_000_000), "OTEL_BSP_MAX_QUEUE_SIZE")
    otlp_batch_spans: int = _setting(256, values.whole(1, 10_000), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE")
    otlp_delay_milliseconds: int = _setting(1_000, values.whole(10, 60_000), "OTEL_BSP_SCHEDULE_DELAY")
    otlp_retry_milliseconds: int = _setting(30_000, values.whole(0, 600_000), "OTEL_BSP_EXPORT_TIMEOUT")
    disabled_instrumentations: tuple[str, ...] = _setting((), values.names, "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
    sampler: str = _setting("parentbased_always_on", sampling.sampler, "OTEL_TRACES_SAMPLER")
    sampler_arg: str = _setting("", str, "OTEL_TRACES_SAMPLER_ARG")
    # Read from sampler_arg: the share of traces, and where Jaeger serves strategies and after how many seconds again.
    sampling_share: float = _setting(1.0, values.share)
    sampling_url: str | None = _setting(None, values.url)
    sampling_interval: int = _setting(60, values.whole(1, 86_400))


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
# Of each setting, those that are there count in this order.
_NAMES = {name: field.metadata["variables"] or (f"{PREFIX}{name.upper()}",) for name, field in _FIELDS.items()}
_VARIABLES = {variable: name for name, variables in _NAMES.items() for variable in variables}


def settings_from(given: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """Return the settings of these arguments and this environment; an argument counts more.

    Raises TelemetryError with the argument or variable, what was found and what to write.
    """
    _refuse_unknown(given, environ)
    found: dict[str, Any] = {**_from_resource(environ), **_from_variables(environ), **_from_arguments(given)}
    if not found.get("disabled"):
        for name in ("service", "environment"):
            if name not in found:
                raise TelemetryError(f"Start of telemetry: no {name} is set: pass {name}= or set {_NAMES[name][0]}.")
    if "sampler_arg" in found:
        found = {**_read_sampling(str(found.get("sampler", "")), str(found["sampler_arg"])), **found}
    settings = Settings(**{"instance": socket.gethostname(), **_with_endpoint_that_counts(given, environ, found)})
    if not settings.disabled and (settings.otlp_endpoint or settings.otlp_traces_endpoint):
        refuse_unsupported(environ, _VARIABLES)
    return settings


def unused_variables(environ: Mapping[str, str]) -> list[str]:
    """Return the variables of OpenTelemetry that are set and have no effect."""
    return unused(environ, _VARIABLES)


def _with_endpoint_that_counts(
    given: Mapping[str, object], environ: Mapping[str, str], found: dict[str, Any]
) -> dict[str, Any]:
    """Return the settings without an endpoint that another setting overrides."""
    if is_switched_off(environ):
        return {**found, "otlp_endpoint": None, "otlp_traces_endpoint": None}
    if given.get("otlp_endpoint") and not given.get("otlp_traces_endpoint"):
        # An argument counts more than any variable.
        return {**found, "otlp_traces_endpoint": None}
    return found


def _refuse_unknown(given: Mapping[str, object], environ: Mapping[str, str]) -> None:
    for name in given:
        if name not in _FIELDS:
            raise TelemetryError(f"Start of telemetry: there is no argument {name}{_near(name, _FIELDS)}.")
    for variable in environ:
        if variable.startswith(PREFIX) and variable not in _VARIABLES:
            near = _near(variable, _VARIABLES)
            raise TelemetryError(f"Start of telemetry: there is no environment variable {variable}{near}.")


def _near(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"; use {near[0]}" if near else f"; remove it, the known ones are {', '.join(sorted(known))}"


def _from_arguments(given: Mapping[str, object]) -> dict[str, object]:
    return {name: _read(name, f"argument {name}", value) for name, value in given.items() if value is not None}


def _from_variables(environ: Mapping[str, str]) -> dict[str, object]:
    """Return what variables set; an empty one is as good as none, as OpenTelemetry specifies."""
    return {
        name: _read(name, f"environment variable {variable}", environ[variable])
        for name, variables in _NAMES.items()
        for variable in [variable for variable in variables if environ.get(variable)][:1]
    }


def _from_resource(environ: Mapping[str, str]) -> dict[str, object]:
    try:
        attributes = values.pairs(environ.get(_RESOURCE, ""))
    except ValueError as error:
        raise _refused(f"environment variable {_RESOURCE}", environ[_RESOURCE], error) from None
    return {
        name: _read(name, f"attribute {key} in {_RESOURCE}", attributes[key])
        for name, keys in _ATTRIBUTES.items()
        for key in reversed(keys)
        if key in attributes
    }


def _read_sampling(sampler: str, argument: str) -> dict[str, object]:
    try:
        return sampling.sampling(sampler, argument)
    except ValueError as error:
        raise _refused(f"environment variable {_NAMES['sampler_arg'][0]}", argument, error) from None


def _read(name: str, source: str, value: object) -> object:
    try:
        return _FIELDS[name].metadata["read"](value)
    except ValueError as error:
        if _FIELDS[name].metadata["secret"]:
            raise TelemetryError(f"Start of telemetry: {source} cannot be used; write {error}.") from None
        raise _refused(source, value, error) from None


def _refused(source: str, value: object, wanted: ValueError) -> TelemetryError:
    return TelemetryError(f"Start of telemetry: {source} is {value!r:.100}; write {wanted}.")

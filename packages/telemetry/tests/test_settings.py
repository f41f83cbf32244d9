from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

import vigil_telemetry as telemetry
from vigil_telemetry.arguments import Arguments
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.settings import Settings, settings_from, unused_variables

NAMED = {"OTEL_SERVICE_NAME": "shop", "VIGIL_TELEMETRY_ENVIRONMENT": "production"}


AUTHORIZED = (("Authorization", "Basic eA=="), ("x-b", "2"))
# What an argument may be where its setting is more than what it is read from.
WIDER = {
    "Path | None": "str | Path | None",
    "tuple[tuple[str, str], ...]": "Mapping[str, str] | str | None",
    "tuple[str, ...]": "Sequence[str] | AbstractSet[str] | None",
}


def refusal(given: dict[str, object], environ: dict[str, str]) -> str:
    with pytest.raises(TelemetryError) as raised:
        settings_from(given, environ)
    return str(raised.value)


def test_a_type_checker_knows_each_argument_with_its_type() -> None:
    # mypy fails on this file when it takes any argument: the comment is then one that it does not need.
    with pytest.raises(TelemetryError, match="there is no argument servise; use service"):
        telemetry.start(servise="shop")  # type: ignore[call-arg]
    shown = {name: type_.__forward_arg__ for name, type_ in Arguments.__annotations__.items()}
    kinds = {field.name: str(field.type) for field in dataclasses.fields(Settings)}
    or_none = {name: kind if kind.endswith("| None") else f"{kind} | None" for name, kind in kinds.items()}
    assert shown == {name: WIDER.get(kinds[name], kind) for name, kind in or_none.items()}
    assert list(shown) == list(kinds)


def test_two_arguments_are_enough() -> None:
    settings = settings_from({"service": "shop", "environment": "production"}, {})
    assert (settings.service, settings.environment, settings.instance) == ("shop", "production", socket.gethostname())
    assert settings.metrics_port is None
    assert settings.log_directory is None


def test_environment_variables_are_enough() -> None:
    variables = {
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test%201,service.version=1.2,service.instance.id=a-1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://jaeger.example.org:4318/",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/etc/shop/key.pem",
        "VIGIL_TELEMETRY_METRICS_PORT": "9464",
        "VIGIL_TELEMETRY_LOG_CONSOLE": "true",
        "VIGIL_TELEMETRY_REDACT_KEYS": "iban, passport",
    }
    settings = settings_from({}, variables)
    assert (settings.environment, settings.version, settings.instance) == ("test 1", "1.2", "a-1")
    assert settings.otlp_endpoint == "https://jaeger.example.org:4318"
    assert settings.otlp_client_key_file == Path("/etc/shop/key.pem")
    assert (settings.metrics_port, settings.log_console) == (9464, True)
    assert settings.redact_keys == ("iban", "passport")


def test_an_argument_counts_more_than_a_variable_and_a_variable_more_than_a_resource_attribute() -> None:
    variables = {**NAMED, "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,service.version=7"}
    assert settings_from({"environment": "test"}, variables).environment == "test"
    assert settings_from({}, variables).service == "shop"
    assert settings_from({}, variables).version == "7"


def test_an_empty_variable_and_an_argument_that_is_none_are_not_set() -> None:
    variables = {**NAMED, "VIGIL_TELEMETRY_METRICS_PORT": "", "OTEL_SERVICE_NAME": "shop"}
    assert settings_from({"service": None}, variables).metrics_port is None


@pytest.mark.parametrize(
    ("name", "general", "of_traces", "setting", "value"),
    [
        ("CERTIFICATE", "/a.pem", "/b.pem", "otlp_certificate_file", Path("/b.pem")),
        ("CLIENT_CERTIFICATE", "/a.pem", "/b.pem", "otlp_client_certificate_file", Path("/b.pem")),
        ("CLIENT_KEY", "/a.key", "/b.key", "otlp_client_key_file", Path("/b.key")),
        ("HEADERS", "x-a=1", "Authorization=Basic%20eA==,x-b=2", "otlp_headers", AUTHORIZED),
        ("TIMEOUT", "10", "2500", "otlp_timeout_milliseconds", 2500),
        ("PROTOCOL", "grpc", "http/protobuf", "otlp_endpoint", "http://a:4318"),
        ("COMPRESSION", "gzip", "none", "otlp_endpoint", "http://a:4318"),
    ],
)
def test_a_variable_of_traces_counts_more_than_that_of_all_signals(
    name: str, general: str, of_traces: str, setting: str, value: object
) -> None:
    sent = {**NAMED, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318"}
    both = {f"OTEL_EXPORTER_OTLP_{name}": general, f"OTEL_EXPORTER_OTLP_TRACES_{name}": of_traces}
    assert getattr(settings_from({}, {**sent, **both}), setting) == value
    alone = {f"OTEL_EXPORTER_OTLP_{name}": of_traces}
    assert getattr(settings_from({}, {**sent, **alone}), setting) == value


def test_an_argument_counts_more_than_the_endpoint_of_traces() -> None:
    variables = {**NAMED, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:4318/traces/"}
    assert settings_from({}, variables).otlp_traces_endpoint == "http://a:4318/traces/"
    found = settings_from({"otlp_endpoint": "http://b:4318"}, variables)
    assert (found.otlp_endpoint, found.otlp_traces_endpoint) == ("http://b:4318", None)


def test_headers_for_the_collector_are_shown_nowhere() -> None:
    assert "s3cret" not in repr(settings_from({"otlp_headers": {"Authorization": "s3cret"}}, NAMED))
    message = refusal({}, {**NAMED, "OTEL_EXPORTER_OTLP_HEADERS": "s3cret"})
    assert "OTEL_EXPORTER_OTLP_HEADERS cannot be used; write headers as key=value pairs" in message
    assert "s3cret" not in message
    assert "s3cret" not in refusal({"otlp_headers": {"Authorization": "s3cret\r\nX-Other: 1"}}, NAMED)


def test_variables_for_sending_spans_matter_only_where_they_are_sent() -> None:
    unsupported = {**NAMED, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_INSECURE": "true"}
    assert settings_from({}, {**unsupported, "OTEL_TRACES_EXPORTER": "console"}).otlp_endpoint is None
    endpoints = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:4318"}
    found = settings_from({}, {**unsupported, **endpoints, "OTEL_TRACES_EXPORTER": "none"})
    assert (found.otlp_endpoint, found.otlp_traces_endpoint) == (None, None)
    metrics = {"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": "gzip"}
    assert settings_from({}, {**NAMED, **endpoints, **metrics}).otlp_endpoint == "http://a:4318"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "is 'grpc'; write http/protobuf, the only one that is supported."),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "is 'http/json'; write http/protobuf, the only one"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip", "is 'gzip'; write none, the only one that is supported."),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true", "is not supported; remove it."),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "true", "is not supported; remove it."),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10", "is '10'; write a whole number from 100 to 60000."),
        ("OTEL_TRACES_EXPORTER", "zipkin", "is 'zipkin'; write otlp, the only one that is supported."),
    ],
)
def test_what_is_not_supported_of_the_export_is_refused_by_name(variable: str, value: str, sentence: str) -> None:
    message = refusal({"otlp_endpoint": "http://a:4318"}, {**NAMED, variable: value})
    assert message.startswith(f"Start of telemetry: environment variable {variable} {sentence}")


def test_the_queue_of_spans_follows_the_variables_of_the_batch_processor() -> None:
    variables = {
        "OTEL_BSP_MAX_QUEUE_SIZE": "100",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "50",
        "OTEL_BSP_SCHEDULE_DELAY": "5000",
        "OTEL_BSP_EXPORT_TIMEOUT": "10000",
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "redis, psycopg",
    }
    found = settings_from({}, {**NAMED, **variables})
    assert (found.otlp_queue_spans, found.otlp_batch_spans) == (100, 50)
    assert (found.otlp_delay_milliseconds, found.otlp_retry_milliseconds) == (5_000, 10_000)
    assert found.disabled_instrumentations == ("redis", "psycopg")


def test_variables_of_opentelemetry_that_nothing_reads_are_known() -> None:
    used = {
        **NAMED,
        "OTEL_BSP_SCHEDULE_DELAY": "5000",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "64",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "100",
        "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": "health",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://a:4318",
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_PROPAGATORS": "tracecontext,baggage",
        "OTEL_CONFIG_FILE": "",
    }
    assert unused_variables(used) == []
    unused = {
        "OTEL_BSP_SCHEDULE_DELAYS": "5000",
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": "http://a",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_PROPAGATORS": "tracecontext,b3",
        "OTEL_PYTHON_FLASK_EXCLUDED_URLS": "health",
    }
    assert unused_variables({**used, **unused}) == sorted(unused)


def test_a_disabled_library_needs_no_name() -> None:
    assert settings_from({}, {"OTEL_SDK_DISABLED": "true"}).disabled


@pytest.mark.parametrize(
    ("sampler", "argument", "share", "url", "interval"),
    [
        ("parentbased_traceidratio", "0.25", 0.25, None, 60),
        ("always_on", "anything", 1.0, None, 60),
        (
            "parentbased_jaeger_remote",
            "endpoint=http://localhost:5778,pollingIntervalMs=5000,initialSamplingRate=0.1",
            0.1,
            "http://localhost:5778",
            5,
        ),
    ],
)
def test_sampling_comes_from_the_standard_variables(
    sampler: str, argument: str, share: float, url: str | None, interval: int
) -> None:
    settings = settings_from({}, {**NAMED, "OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument})
    found = settings.sampler, settings.sampling_share, settings.sampling_url, settings.sampling_interval
    assert found == (sampler, share, url, interval)


@pytest.mark.parametrize(
    ("given", "variables", "sentence"),
    [
        ({"service": "shop"}, {}, "no environment is set: pass environment= or set VIGIL_TELEMETRY_ENVIRONMENT."),
        ({}, {}, "no service is set: pass service= or set OTEL_SERVICE_NAME."),
        ({"servise": "shop"}, NAMED, "there is no argument servise; use service."),
        (
            {},
            {**NAMED, "VIGIL_TELEMETRY_METRIC_PORT": "1"},
            "there is no environment variable VIGIL_TELEMETRY_METRIC_PORT; use VIGIL_TELEMETRY_METRICS_PORT.",
        ),
        (
            {},
            {**NAMED, "VIGIL_TELEMETRY_METRICS_PORT": "99999"},
            "environment variable VIGIL_TELEMETRY_METRICS_PORT is '99999'; write a whole number from 1 to 65535.",
        ),
        ({"metrics_port": True}, NAMED, "argument metrics_port is True; write a whole number from 1 to 65535."),
        ({"service": "shop\nlevel"}, NAMED, "argument service is 'shop\\nlevel'; write 1 to 128 letters"),
        ({"log_level": "loud"}, NAMED, "argument log_level is 'loud'; write one of DEBUG, INFO"),
        ({"log_console": "perhaps"}, NAMED, "argument log_console is 'perhaps'; write true or false."),
        ({"log_directory": "logs"}, NAMED, "argument log_directory is 'logs'; write an absolute path."),
        ({"redact_keys": "a,,b"}, NAMED, "argument redact_keys is 'a,,b'; write names separated by commas."),
        ({"redact_keys": 7}, NAMED, "argument redact_keys is 7; write names separated by commas."),
        ({"request_id_header": "X ID"}, NAMED, "argument request_id_header is 'X ID'; write the name of a header"),
        ({"otlp_endpoint": "jaeger:4318"}, NAMED, "argument otlp_endpoint is 'jaeger:4318'; write a URL such as"),
        ({"otlp_endpoint": "http://a:b@c"}, NAMED, "write a URL such as https://jaeger.example.org:4318."),
        ({"otlp_endpoint": "http://[a"}, NAMED, "write a URL such as https://jaeger.example.org:4318."),
        ({"sampler": "half"}, NAMED, "argument sampler is 'half'; write one of parentbased_always_on"),
        (
            {},
            {**NAMED, "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.5"},
            "environment variable OTEL_TRACES_SAMPLER_ARG is '1.5'; write a share from 0 to 1, such as 0.1.",
        ),
        (
            {},
            {**NAMED, "OTEL_TRACES_SAMPLER": "jaeger_remote", "OTEL_TRACES_SAMPLER_ARG": "interval=5"},
            "OTEL_TRACES_SAMPLER_ARG is 'interval=5'; write endpoint=<URL>,pollingIntervalMs=<milliseconds>",
        ),
        (
            {},
            {**NAMED, "OTEL_RESOURCE_ATTRIBUTES": "nonsense"},
            "variable OTEL_RESOURCE_ATTRIBUTES is 'nonsense'; write key=value pairs separated by commas.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    given: dict[str, object], variables: dict[str, str], sentence: str
) -> None:
    found = refusal(given, variables)
    assert sentence in found
    assert found.startswith("Start of telemetry: ")
    assert "\n" not in found

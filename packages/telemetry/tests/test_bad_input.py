"""What does not fit is refused when a program starts, by one sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

import vigil_telemetry as telemetry
from metrics.authority import Authority

NAMED = {"service": "shop", "environment": "test"}
COUNTER = {"name": "jobs_total", "type": "counter", "help": "Jobs by result.", "labels": ["result"]}
HISTOGRAM = {"name": "job_seconds", "type": "histogram", "help": "Seconds of a job.", "buckets": [1, 5, 2]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Files of TLS, a file where a directory should be, and no variables but those of a test."""
    for variable in [name for name in os.environ if name.startswith(("OTEL_", "VIGIL_TELEMETRY_"))]:
        monkeypatch.delenv(variable)
    authority = Authority(tmp_path)
    for name in ("one", "other"):
        authority.issue(name)
    key = load_pem_private_key(authority.key("one").read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "locked.key").write_bytes(locked)
    (tmp_path / "empty").touch()
    yield tmp_path
    telemetry.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def refused(given: dict[str, Any]) -> str:
    """Return the sentence of a start that fails, after which there is neither a thread nor a telemetry that runs."""
    before = set(threading.enumerate())
    with pytest.raises(telemetry.TelemetryError) as raised:
        telemetry.start(**given)
    assert telemetry.runtime.running() is None
    assert {thread for thread in threading.enumerate() if thread not in before} == set()
    return str(raised.value)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"VIGIL_TELEMETRY_LOG_DIR": "/var/log/shop"},
            "there is no environment variable VIGIL_TELEMETRY_LOG_DIR; use VIGIL_TELEMETRY_LOG_DIRECTORY.",
        ),
        (
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.5"},
            "environment variable OTEL_TRACES_SAMPLER_ARG is '1.5'; write a share from 0 to 1, such as 0.1.",
        ),
        (
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "-0.1"},
            "environment variable OTEL_TRACES_SAMPLER_ARG is '-0.1'; write a share from 0 to 1, such as 0.1.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "environment variable OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; write http/protobuf, the only one",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_variable_that_does_not_fit_is_refused(
    variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert refused({**NAMED}).startswith(f"Start of telemetry: {sentence}")


@pytest.mark.parametrize(
    ("files", "sentences"),
    [
        ({"log_directory": "empty/log"}, ["log directory {folder}/empty/log cannot be written: Not a directory"]),
        ({"log_directory": "missing"}, ["log directory {folder}/missing cannot be written", "create it, owned by"]),
        (
            {"metrics_certificate_file": "one.pem"},
            ["metrics_certificate_file and metrics_key_file belong together; set both or neither."],
        ),
        (
            {"metrics_certificate_file": "one.pem", "metrics_key_file": "other.key"},
            ["metrics_certificate_file {folder}/one.pem and metrics_key_file {folder}/other.key", "mismatch"],
        ),
        (
            {"metrics_certificate_file": "one.pem", "metrics_key_file": "missing.key"},
            ["metrics_key_file {folder}/missing.key failed: No such file or directory"],
        ),
        (
            {"metrics_certificate_file": "one.pem", "metrics_key_file": "locked.key"},
            ["metrics_key_file {folder}/locked.key failed", "unencrypted, as PEM."],
        ),
        (
            {
                "metrics_certificate_file": "one.pem",
                "metrics_key_file": "one.key",
                "metrics_authority_file": "missing.pem",
            },
            ["metrics_authority_file {folder}/missing.pem failed: No such file or directory"],
        ),
        ({"metrics_token_file": "missing"}, ["metrics_token_file {folder}/missing failed: No such file"]),
        ({"metrics_token_file": "empty"}, ["metrics_token_file {folder}/empty found no token; write one there."]),
        (
            {"otlp_client_certificate_file": "one.pem"},
            ["Start of telemetry: ", "its key: otlp_client_key_file is missing."],
        ),
        (
            {"otlp_client_certificate_file": "one.pem", "otlp_client_key_file": "other.key"},
            ["{folder}/one.pem", "{folder}/other.key", "mismatch"],
        ),
        (
            {"otlp_client_certificate_file": "one.pem", "otlp_client_key_file": "locked.key"},
            ["{folder}/one.pem", "{folder}/locked.key", "unencrypted"],
        ),
        (
            {"otlp_certificate_file": "missing.pem"},
            ["otlp_certificate_file {folder}/missing.pem cannot be read: No such file or directory"],
        ),
        ({"otlp_certificate_file": "one.key"}, ["otlp_certificate_file {folder}/one.key cannot be used"]),
    ],
    ids=lambda value: "-".join(f"{name}={file}" for name, file in value.items()) if isinstance(value, dict) else "",
)
def test_a_file_that_does_not_fit_is_refused(folder: Path, files: dict[str, str], sentences: list[str]) -> None:
    port = free_port()
    given = {**NAMED, "otlp_endpoint": "https://127.0.0.1:1", "metrics_port": port}
    message = refused({**given, **{name: folder / file for name, file in files.items()}})
    assert [part for part in sentences if part.format(folder=folder) not in message] == [], message
    assert message.endswith(".")
    assert "\n" not in message
    # The same start with what is right: nothing is left of the first.
    (folder / "logs").mkdir()
    telemetry.start(service="shop", environment="test", metrics_port=port, log_directory=folder / "logs")


@pytest.mark.parametrize(
    ("declarations", "sentence"),
    [
        (
            [COUNTER, {**COUNTER, "labels": ["kind"]}],
            "Declaration of the metric jobs_total: it is declared already, as a counter with the labels result",
        ),
        ([HISTOGRAM], "Declaration of the metric job_seconds: buckets [1, 5, 2] do not ascend; sort them"),
    ],
    ids=["twice, with other labels", "buckets that do not ascend"],
)
def test_a_metric_that_does_not_fit_is_refused_when_it_is_declared(
    folder: Path, declarations: list[dict[str, Any]], sentence: str
) -> None:
    telemetry.start(service="shop", environment="test", log_directory=folder)
    with pytest.raises(telemetry.TelemetryError) as raised:
        telemetry.declare(declarations)
    assert str(raised.value).startswith(sentence)
    assert set(telemetry.declare([COUNTER])) == {"jobs_total"}

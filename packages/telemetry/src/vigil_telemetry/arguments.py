"""The arguments of `start()`, as type checkers and editors show them; a test compares them with the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypedDict

__all__ = ["Arguments"]


class Arguments(TypedDict, total=False):
    """What `settings.Settings` is made of; None is as good as not given."""

    service: str | None
    environment: str | None
    version: str | None
    revision: str | None
    instance: str | None
    disabled: bool | None

    metrics_port: int | None
    metrics_address: str | None
    metrics_certificate_file: str | Path | None
    metrics_key_file: str | Path | None
    metrics_authority_file: str | Path | None
    metrics_token_file: str | Path | None
    metrics_series_budget: int | None
    metrics_multiprocess_dir: str | Path | None

    log_directory: str | Path | None
    log_level: str | None
    log_console: bool | None
    log_queue_lines: int | None
    log_rotate_bytes: int | None
    log_rotate_files: int | None
    redact_keys: Sequence[str] | AbstractSet[str] | None
    request_id_header: str | None

    otlp_endpoint: str | None
    otlp_traces_endpoint: str | None
    otlp_certificate_file: str | Path | None
    otlp_client_certificate_file: str | Path | None
    otlp_client_key_file: str | Path | None
    otlp_headers: Mapping[str, str] | str | None
    otlp_timeout_milliseconds: int | None
    otlp_queue_spans: int | None
    otlp_batch_spans: int | None
    otlp_delay_milliseconds: int | None
    otlp_retry_milliseconds: int | None
    disabled_instrumentations: Sequence[str] | AbstractSet[str] | None
    sampler: str | None
    sampler_arg: str | None
    sampling_share: float | None
    sampling_url: str | None
    sampling_interval: int | None

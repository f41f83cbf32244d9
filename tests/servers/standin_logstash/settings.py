"""What `logstash.yml` and `pipelines.yml` set; a setting that is not executed is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .errors import ConfigurationError

__all__ = ["pipelines", "settings", "size"]

_DEFAULTS: dict[str, Any] = {
    "api.enabled": True,
    "api.http.host": "127.0.0.1",
    "api.http.port": 9600,
    "config.reload.automatic": False,
    "config.reload.interval": "3s",
    "dead_letter_queue.enable": False,
    "dead_letter_queue.max_bytes": "1024mb",
    "dead_letter_queue.storage_policy": "drop_newer",
    "node.name": "",
    "path.data": "",
    "path.logs": "",
    "pipeline.ecs_compatibility": "v8",
    "pipeline.ordered": "auto",
    "pipeline.workers": 1,
    "queue.type": "memory",
    "queue.max_bytes": "1024mb",
    "xpack.monitoring.enabled": False,
}
_EXECUTED = {
    "api.enabled": True,
    "dead_letter_queue.storage_policy": "drop_newer",
    "pipeline.ecs_compatibility": "v8",
    "queue.type": "persisted",
    "xpack.monitoring.enabled": False,
}
_OF_PIPELINES = {"pipeline.id", "path.config", "queue.type", "queue.max_bytes", "pipeline.workers", "pipeline.ordered"}
_VARIABLE = re.compile(r"\$\{(\w+):([^}]*)\}")
_UNITS = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}


def size(text: str) -> int:
    """Return the bytes of a size such as 512mb."""
    number = text.rstrip("bgkm")
    try:
        return int(number) * _UNITS[text[len(number) :]]
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"{text!r} is not a size such as 512mb") from error


def settings(folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of logstash.yml, with those of the command line over them."""
    found = _flat(_loaded(folder / "logstash.yml") or {}) | {key: value for key, value in given.items() if value}
    merged = _DEFAULTS | found
    for key in found.keys() - _DEFAULTS.keys():
        raise ConfigurationError(f"the stand-in does not execute the setting {key}")
    for key in found.keys() & _EXECUTED.keys():
        if found[key] != _EXECUTED[key]:
            raise ConfigurationError(f"the stand-in executes {key}: {_EXECUTED[key]} only, not {found[key]!r}")
    return merged


def pipelines(folder: Path, config: str | None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return by id the text of each pipeline, and its own settings."""
    listed = [{"pipeline.id": "main", "path.config": config}] if config else _loaded(folder / "pipelines.yml")
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for one in listed or []:
        if unknown := one.keys() - _OF_PIPELINES:
            raise ConfigurationError(f"the stand-in does not execute these settings of pipelines: {sorted(unknown)}")
        name = one["pipeline.id"]
        if name in found:
            raise ConfigurationError(f"Pipelines YAML file contains duplicate pipeline id {name}")
        place = Path(_VARIABLE.sub(lambda word: os.environ.get(word[1], word[2]), one["path.config"]))
        text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(place.parent.glob(place.name)))
        if not text.strip():
            raise ConfigurationError(f"No config files found in path {one['path.config']} of the pipeline {name}")
        found[name] = (text, {key: value for key, value in one.items() if key not in {"pipeline.id", "path.config"}})
    if not found:
        raise ConfigurationError(f"{folder / 'pipelines.yml'} names no pipeline")
    return found


def _loaded(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat.update(_flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value})
    return flat

"""What filebeat.yml asks for, as far as the stand-in does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .options import (
    NO_PATTERNS,
    NO_TEXTS,
    Options,
    SettingsError,
    duration,
    expanded,
    flag,
    patterns,
    text,
    texts,
    whole,
)
from .output_settings import Output, output_of
from .parsers import Parser, parser_of

__all__ = ["Common", "FileInput", "JournalInput", "Settings", "read"]

_SMALLEST_FINGERPRINT = 64
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Common:
    """What each event of an input gets."""

    tags: tuple[str, ...]
    fields: dict[str, Any]
    under_root: bool


@dataclass(frozen=True)
class FileInput:
    """An input of type filestream; `suffix` is that of copies made by copytruncate."""

    id: str
    common: Common
    paths: tuple[str, ...]
    exclude: tuple[re.Pattern[str], ...]
    fingerprint: tuple[int, int] | None
    suffix: re.Pattern[str] | None
    check_interval: float
    inactive: float
    close_removed: bool
    clean_removed: bool
    backoff: tuple[float, float]
    parsers: tuple[Parser, ...]


@dataclass(frozen=True)
class JournalInput:
    """An input of type journald."""

    id: str
    common: Common
    seek: str
    units: tuple[str, ...]
    identifiers: tuple[str, ...]
    matches: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """The configuration; `http` is a host and a port, a path of a socket, or nothing."""

    name: str
    common: Common
    inputs: tuple[FileInput | JournalInput, ...]
    output: Output
    events: int
    flush: float
    http: tuple[str, int] | str | None
    level: str


def read(path: Path, overrides: Iterable[str], *, home: Path, config: Path) -> Settings:
    """Return the settings of a file with options of the command line over it; raise SettingsError."""
    file = path if path.is_absolute() else config / path
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from error
    if not isinstance(found, dict):
        raise SettingsError(f"{file} has no mapping")
    for override in overrides:
        name, sign, value = override.partition("=")
        if not sign:
            raise SettingsError(f"-E {override}: it has to be a name, = and a value")
        found[name] = yaml.safe_load(value)
    return _settings(Options("", expanded(found)), home)


def _settings(options: Options, home: Path) -> Settings:
    inputs = tuple(_input(one) for one in options.part("filebeat").list_of("inputs"))
    for known in (one for index, one in enumerate(inputs) if one.id in {each.id for each in inputs[:index]}):
        raise SettingsError(f"filebeat.inputs: two have the id {known.id}")
    if not inputs:
        raise SettingsError("filebeat.inputs: there is none")
    options.take("path.home", text, str(home))
    for name in ("config", "data", "logs"):
        options.take(f"path.{name}", text, "")
    settings = Settings(
        name=options.take("name", text, ""),
        common=_common(options),
        inputs=inputs,
        output=output_of(options.part("output")),
        events=options.take("queue.mem.events", whole, 3200),
        flush=options.take("queue.mem.flush.timeout", duration, 10.0),
        http=_http(options.part("http")),
        level=_logging(options.part("logging")),
    )
    options.finish()
    return settings


def _common(options: Options) -> Common:
    return Common(
        options.take("tags", texts, NO_TEXTS),
        options.take("fields", dict, {}),
        options.take("fields_under_root", flag, False),
    )


def _input(options: Options) -> FileInput | JournalInput:
    kinds: dict[str, Callable[[Options], FileInput | JournalInput]] = {"filestream": _files, "journald": _journal}
    kind = options.take("type", text, "")
    if kind not in kinds:
        raise SettingsError(f"an input has the type {kind!r}: the stand-in has {', '.join(kinds)}")
    if not options.take("enabled", flag, True):
        raise SettingsError("an input is not enabled: leave it out")
    found = kinds[kind](options)
    if not found.id:
        raise SettingsError(f"an input of type {kind} has no id")
    return found


def _files(options: Options) -> FileInput:
    scanner = options.part("prospector").part("scanner")
    check = scanner.take("check_interval", duration, 10.0)
    backoff = options.take("backoff.init", duration, 2.0), options.take("backoff.max", duration, min(10.0, check))
    if not backoff[0] <= backoff[1] <= check:
        raise SettingsError("backoff.init <= backoff.max <= prospector.scanner.check_interval does not hold")
    suffix = options.take("rotation.external.strategy.copytruncate.suffix_regex", patterns, NO_PATTERNS)
    found = FileInput(
        id=options.take("id", text, ""),
        common=_common(options),
        paths=options.take("paths", texts, NO_TEXTS),
        exclude=scanner.take("exclude_files", patterns, NO_PATTERNS),
        fingerprint=_fingerprint(options, scanner),
        suffix=suffix[0] if suffix else None,
        check_interval=check,
        inactive=options.take("close.on_state_change.inactive", duration, 300.0),
        close_removed=options.take("close.on_state_change.removed", flag, True),
        clean_removed=options.take("clean_removed", flag, True),
        backoff=backoff,
        parsers=tuple(parser_of(one) for one in options.list_of("parsers")),
    )
    if not found.paths:
        raise SettingsError(f"filebeat.inputs: {found.id} has no paths")
    if found.clean_removed and not found.close_removed:
        raise SettingsError("close.on_state_change.removed is disabled: disable clean_removed too")
    if found.fingerprint and found.suffix:
        raise SettingsError(f"{found.id}: a copy has the fingerprint of its original: use native for copytruncate")
    return found


def _fingerprint(options: Options, scanner: Options) -> tuple[int, int] | None:
    """Return the part of a file that identifies it, nothing when its inode does."""
    enabled = scanner.take("fingerprint.enabled", flag, False)
    offset, length = scanner.take("fingerprint.offset", whole, 0), scanner.take("fingerprint.length", whole, 1024)
    identity = options.part("file_identity")
    kinds = identity.names() or ["native"]
    if kinds not in (["native"], ["fingerprint"]):
        raise SettingsError(f"file_identity is {', '.join(kinds)}: the stand-in has native and fingerprint")
    identity.take(kinds[0], lambda value: value, None)
    if (kinds[0] == "fingerprint") != enabled:
        raise SettingsError("file_identity.fingerprint and prospector.scanner.fingerprint.enabled need each other")
    if enabled and length < _SMALLEST_FINGERPRINT:
        raise SettingsError(f"fingerprint size {length} bytes cannot be smaller than {_SMALLEST_FINGERPRINT} bytes")
    return (offset, length) if enabled else None


def _journal(options: Options) -> JournalInput:
    seek = options.take("seek", text, "head")
    if seek not in ("head", "tail"):
        raise SettingsError(f"seek is {seek}: the stand-in has head and tail")
    return JournalInput(
        id=options.take("id", text, ""),
        common=_common(options),
        seek=seek,
        units=options.take("units", texts, NO_TEXTS),
        identifiers=options.take("syslog_identifiers", texts, NO_TEXTS),
        matches=options.take("include_matches.match", texts, NO_TEXTS),
    )


def _http(options: Options) -> tuple[str, int] | str | None:
    enabled = options.take("enabled", flag, False)
    host, port = options.take("host", text, "localhost"), options.take("port", whole, 5066)
    if not enabled:
        return None
    return host[len("unix://") :] if host.startswith("unix://") else (host, port)


def _logging(options: Options) -> str:
    level = options.take("level", text, "info")
    if level not in _LEVELS:
        raise SettingsError(f"logging.level is {level}: it has to be one of {', '.join(_LEVELS)}")
    # It logs to standard error, whatever these say.
    if not options.take("to_stderr", flag, True) or options.take("to_files", flag, False):
        raise SettingsError("logging.to_stderr and logging.to_files: the stand-in logs to standard error only")
    return level

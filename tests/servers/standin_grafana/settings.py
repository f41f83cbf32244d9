"""What grafana.ini says, with the environment and the command line over it, as far as the stand-in heeds it."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["BY_TITLE", "DEFAULTS", "NEWER", "Settings", "SettingsError", "read_settings"]

NEWER = (11,)
"""The first release with the behaviour that is documented, not recorded."""

BY_TITLE = (9, 5)
"""The first release that compares titles, not the paths of pages."""

DEFAULTS = """
[paths]
data = data
logs = data/log
plugins = data/plugins
provisioning = conf/provisioning
[server]
protocol = http
http_addr =
http_port = 3000
root_url =
serve_from_sub_path = false
cert_file =
cert_key =
min_tls_version =
certs_watch_interval =
[database]
type = sqlite3
path = grafana.db
[security]
admin_user = admin
admin_password = admin
[news]
news_feed_enabled = true
[dashboards]
min_refresh_interval = 5s
[users]
allow_sign_up = false
[auth.anonymous]
enabled = false
org_name = Main Org.
org_role = Viewer
[metrics]
enabled = true
basic_auth_username =
basic_auth_password =
"""
"""What conf/defaults.ini says."""


def _parser() -> configparser.ConfigParser:
    """Return a parser of Grafana's ini, which has no section whose keys count in all others."""
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, empty_lines_in_values=False, default_section="everywhere"
    )
    parser.read_string(DEFAULTS)
    return parser


_KNOWN = {section: dict(_parser()[section]) for section in _parser().sections()}


class SettingsError(Exception):
    """The configuration cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Values by section and key, and what is told by the place of the program."""

    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: str = "12.1.1"
    commit: str = "stand-in"
    home: Path = field(default_factory=Path.cwd)

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    @property
    def newer(self) -> bool:
        """Whether what is documented, not recorded, holds for this version."""
        return self.release >= NEWER

    def get(self, section: str, key: str) -> str:
        """Return a value; one that is not set is Grafana's default, or empty."""
        known = self.values.get(section, {})
        return known[key] if key in known else _KNOWN.get(section, {}).get(key, "")

    def flag(self, section: str, key: str) -> bool:
        """Return whether a value means yes."""
        return self.get(section, key).lower() in {"true", "1", "yes", "on"}

    def path(self, key: str) -> Path:
        """Return a path of [paths], below the home unless it is absolute."""
        return self.home / self.get("paths", key)

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.path("data") / self.get("database", "path")


def read_settings(
    home: Path, file: Path | None, overrides: Iterable[str] = (), *, version: str | None = None
) -> Settings:
    """Return the settings of a home and a file, with GF_<SECTION>_<KEY> and `cfg:section.key=value` over them."""
    parser = _parser()
    for source in (home / "conf" / "defaults.ini", file):
        if source is not None:
            _read(parser, source, missing_ok=source != file)
    for name, value in os.environ.items():
        for section in parser.sections():
            prefix = f"GF_{_shell(section)}_"
            if name.startswith(prefix):
                parser[section][name[len(prefix) :].lower()] = value
    for override in overrides:
        where, _equals, value = override.removeprefix("cfg:").partition("=")
        section, _dot, key = where.removeprefix("default.").rpartition(".")
        parser.read_dict({section or "DEFAULT": {key: value}})
    values = {name: {key: _expanded(value) for key, value in parser[name].items()} for name in parser.sections()}
    known = version or _version_of(home)
    return Settings(values=values, version=known, home=home)


def _read(parser: configparser.ConfigParser, file: Path, *, missing_ok: bool) -> None:
    try:
        # Keys before the first section belong to the default one.
        parser.read_string(f"[DEFAULT]\n{file.read_text(encoding='utf-8')}", source=str(file))
    except FileNotFoundError:
        if not missing_ok:
            raise SettingsError(f"cannot read the configuration {file}: no such file") from None
    except OSError as error:
        raise SettingsError(f"cannot read the configuration {file}: {error.strerror}") from error
    except configparser.Error as error:
        # What the error quotes of the file may be a secret.
        raise SettingsError(f"cannot read the configuration {file}: it is not an ini file") from error


def _shell(section: str) -> str:
    return section.upper().replace(".", "_").replace("-", "_")


def _expanded(value: str) -> str:
    """Return a value as Grafana reads it: quotes removed or a comment cut off, then files and variables put in."""
    if quoted := re.fullmatch(r'"""(.*)"""|`(.*)`|"(.*)"|\'(.*)\'', value.strip(), re.DOTALL):
        value = next(part for part in quoted.groups() if part is not None)
    else:
        value = re.split("[#;]", value)[0].strip()
    return re.sub(r"\$(__file|__env|)\{([^}]+)\}", _looked_up, value)


def _looked_up(found: re.Match[str]) -> str:
    if found[1] != "__file":
        return os.environ.get(found[2], "")
    try:
        return Path(found[2]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"cannot read the value {found[0]}: {error.strerror}") from error


def _version_of(home: Path) -> str:
    try:
        return (home / "VERSION").read_text(encoding="utf-8").strip().removeprefix("v")
    except OSError as error:
        raise SettingsError(f"cannot read the version of {home}: {error.strerror}") from error

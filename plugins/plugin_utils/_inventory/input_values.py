# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of values by the kind of their input, so that what a host would refuse is refused before it is contacted.

The kind is the name of the input without the prefix of its role.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit_values import (
    unfit_resource,
    unfit_user,
    unfit_variable,
    unfit_word,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.system_paths import (
    unfit_data_directory,
    unfit_path,
    unfit_shared_directory,
)
from ansible_collections.vigil.observability.plugins.module_utils._staging.configuration import ConfigurationFile
from ansible_collections.vigil.observability.plugins.module_utils._staging.directory import plain_name
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.texts import (
    unfit_address,
    unfit_download,
    unfit_duration,
    unfit_link,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import SHARED
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.scrape_intervals import unfit_interval
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import unfit_lifetime
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import UNIT_PORTS
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["Problems", "value_problems"]

# {place: the end of the message about it}; the place is "" for the input itself, `.part` for a part of it.
Problems = Mapping[str, str]
Check = Callable[[str, Any], Problems]

_FLAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PROCESSES = ("shop", "payment", "load")  # of the sample shop
_DATABASE = re.compile(r"postgresql\+psycopg://[a-z_][a-z0-9_]*@[^@/?#\s]+/[a-z_][a-z0-9_]*(\?\S*)?")
_LOWEST_UID, _HIGHEST_UID, _NO_UIDS = 100, 2**32 - 3, (65534, 65535)


def value_problems(role: str, name: str, value: Any) -> Problems:
    """Return the problems of a value of the right type; none for an input of a kind that has no check."""
    check = _KINDS.get(name.removeprefix(f"{role}_"))
    return check(role, value) if check and value not in (None, "") else {}


def _text(unfit_text: Callable[[str], str | None]) -> Check:
    """Return the check of an input whose whole value is one text."""

    def check(_role: str, value: Any) -> Problems:
        wrong = unfit_text(str(value))
        return {"": wrong} if wrong else {}

    return check


def _each(found: Iterator[tuple[str, str | None]]) -> Problems:
    """Return the problems of the parts that have one. Names of parts come from the inventory; they stay on one line."""
    return {f".{name}" if name.isprintable() else f".{name!r}": wrong for name, wrong in found if wrong}


def _path(path: str) -> str | None:
    wrong = unfit_path(path)
    return f"is {path!r}, which {wrong}" if wrong else None


def _data_directory(role: str, path: Any) -> Problems:
    wrong = unfit_data_directory(str(path))
    advice = f"choose a separate directory, such as /var/lib/{role} or /srv/{role}."
    return _text(_path)(role, path) or ({"": f"is {path}, which {wrong}: {advice}"} if wrong else {})


def _shared_directory(role: str, path: Any) -> Problems:
    wrong = unfit_shared_directory(str(path))
    advice = "choose a directory for metrics only, such as /var/lib/node_exporter/textfile."
    return _text(_path)(role, path) or ({"": f"is {path}, which {wrong}: {advice}"} if wrong else {})


def _user(role: str, user: Any) -> Problems:
    wrong = unfit_user(str(user))
    if not wrong and user in ("root", "nobody"):
        whose = "may do everything" if user == "root" else "unrelated processes share"
        wrong = f"is {user}, which {whose}: choose a user that runs only {role}, or remove the input."
    return {"": wrong} if wrong else {}


def _uid(uid: str) -> str | None:
    number = int(float(uid))
    if _LOWEST_UID <= number <= _HIGHEST_UID and number not in _NO_UIDS:
        return None
    return f"is {number}: UIDs below {_LOWEST_UID}, and {_NO_UIDS[0]}, are reserved for the system: choose another one."


def _seconds(seconds: str) -> str | None:
    return None if int(float(seconds)) > 0 else f"is {seconds}: it has to be at least one second."


def _environment(role: str, variables: Mapping[str, Any]) -> Problems:
    if role == SHARED:
        return _task_environment(variables)
    return _each((str(key), unfit_variable(str(key), value, f"{role}_resources")) for key, value in variables.items())


def _task_environment(variables: Mapping[str, Any]) -> Problems:
    """Return the problems of variables that tasks get: they are in no unit, so what is secret may be among them."""
    return _each((str(key), _unfit_task_variable(str(key), value)) for key, value in variables.items())


def _unfit_task_variable(key: str, value: Any) -> str | None:
    wrong = unfit_variable(key, value if value is None or isinstance(value, dict | list) else "")
    return wrong or ("contains a control character: remove it." if unfit_word(str(value)) else None)


def _parts(unfit_part: Callable[[str, Any], str | None]) -> Check:
    """Return the check of an input whose parts each have a name and a value."""
    return lambda _role, parts: _each((str(name), unfit_part(str(name), value)) for name, value in parts.items())


def _unfit_flag(flag: str, value: Any) -> str | None:
    if not _FLAG.fullmatch(flag):
        bare = flag.lstrip("-").partition("=")[0].strip()
        advice = f"write {bare}" if _FLAG.fullmatch(bare) else "use letters, digits and ._-"
        return f"is not a valid name of an option, which has no leading dashes and no value: {advice}."
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) or (item is None and value is not None) for item in items):
        return "is not a text, number or list of these: set it to one, or to null to remove the option."
    return next((wrong for item in items if (wrong := unfit_word(str(item)))), None)


def _secrets(role: str, texts: Mapping[str, Any]) -> Problems:
    own = services()[role].secret_files if role in services() else ()
    return _each((str(name), _unfit_file(str(name), own)) for name in texts)


def _files(_role: str, texts: Mapping[str, Any]) -> Problems:
    return _each((str(name), _unfit_file(str(name), ())) for name in texts)


def _unfit_file(name: str, own: tuple[str, ...]) -> str | None:
    if name in own:
        return "is the name of a file that the role writes: choose another one."
    if not name.strip("/. ") or name.startswith("/") or not name.isprintable():
        return "cannot be the name of a file: choose another one."
    try:
        ConfigurationFile.from_parameters({"path": name, "mode": "0640", "content": "", "secret_content": None})
    except OperatorError as error:
        return f"cannot be written: {error}"
    return None


def _units(role: str, units: Mapping[str, Any]) -> Problems:
    taken = {name for one in services().values() if one.name != role for name in (one.name, *one.unit_names)}
    found = [*_each((str(name), _unfit_unit(str(name), unit, taken)) for name, unit in units.items()).items()]
    if not found:
        running = [unit["process"] for unit in units.values()]
        if "shop" not in running or running.count("payment") != 1:
            found.append(("", "has to have at least one shop, and the payment that each of them asks: add them."))
    return dict(found)


def _unfit_unit(name: str, unit: Any, taken: set[str]) -> str | None:
    if name in taken:
        return "is the name of another service: choose another one."
    if not isinstance(unit, Mapping) or unit.get("process") not in _PROCESSES:
        return f"is not a mapping with a process: write {{process: {_PROCESSES[0]}, port: 8443, metrics_port: 9464}}."
    wanted = {"process"} if unit["process"] == "load" else {"process", *UNIT_PORTS}
    if unit.keys() != wanted:
        return f"has {listed(sorted(map(str, unit)))}: a unit of {unit['process']} has {listed(sorted(wanted))}."
    wrong = [key for key in wanted & set(UNIT_PORTS) if not re.fullmatch(r"\d+", str(unit[key]))]
    return f"has a {wrong[0]} that is no whole number: correct it." if wrong else None


def _at_least(lowest: float) -> Check:
    return _text(lambda number: None if float(number) >= lowest else f"is {number}: it has to be at least {lowest}.")


def _database(url: str) -> str | None:
    if _DATABASE.fullmatch(url):
        return None
    return (
        "is not the URL of a database in PostgreSQL without a password: write it like "
        "postgresql+psycopg://shop@db1:5432/shop, with names of lower-case letters, digits and _."
    )


def _plugins(_role: str, plugins: list[Mapping[str, Any]]) -> Problems:
    return _each((f"{place}.{key}", _unfit_plugin(key, each)) for place, each in enumerate(plugins) for key in each)


def _unfit_plugin(key: str, plugin: Mapping[str, Any]) -> str | None:
    value = str(plugin[key])
    if key == "url":
        return unfit_download(value)
    if key == "sha256":
        return None if re.fullmatch("[0-9a-fA-F]{64}", value) else f"is {value!r}: a digest has 64 hexadecimal digits."
    try:
        plain_name(key, value)
    except OperatorError as error:
        return f"cannot be used: {error}"
    return None


_KINDS: Mapping[str, Check] = {
    "address": _text(unfit_address),
    "authority_file": _text(_path),
    "certificate_file": _text(_path),
    "data_dir": _data_directory,
    "database_url": _text(_database),
    "environment": _environment,
    "evaluation_interval": _text(unfit_duration),
    "external_url": _text(unfit_link),
    "flags": _parts(_unfit_flag),
    "key_file": _text(_path),
    "lifetime_days": _text(lambda days: unfit_lifetime(int(float(days)))),
    "listen_address": _text(unfit_address),
    "load_rate": _at_least(0),
    "mirror": _text(unfit_download),
    "otlp_endpoint": _text(unfit_link),
    "plugins": _plugins,
    "pool_size": _at_least(1),
    "resources": _parts(unfit_resource),
    "retention_time": _text(unfit_duration),
    "scrape_interval": _text(unfit_duration),
    "scrape_intervals": _parts(unfit_interval),
    "secrets": _secrets,
    "start_timeout": _text(_seconds),
    "templates": _files,
    "textfile_dir": _shared_directory,
    "uid": _text(_uid),
    "units": _units,
    "url": _text(unfit_link),
    "user": _user,
}

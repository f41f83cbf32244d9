# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the directories that the services of a host write to, one beside the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from ansible_collections.vigil.observability.plugins.module_utils._host.system_paths import normal_path, overlap
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["misplaced_data", "shared_directories", "unread_metrics"]

_PATH_FLAGS = {"alertmanager": ("storage.path",), "prometheus": ("storage.tsdb.path", "storage.agent.path")}
_TEXTFILES = "/var/lib/vigil/textfile"
# Roles that write metrics there, and the alerts that need them.
_WRITERS = {
    "certificates": "certificate alerts",
    "filebeat": "alerts on Filebeat",
    "rsyslog": "alerts on rsyslog",
}


def shared_directories(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a problem for each directory of a service in which another one has its own, or that is another one's."""
    given = dict(_directories(host, play))
    for (one, path), (other, place) in combinations(given.items(), 2):
        both_textfiles = one.endswith("_textfile_dir") and other.endswith("_textfile_dir")
        if overlap(path, place) and not both_textfiles:
            rest = f"is {path}, and {other} is {place}: choose directories that do not contain each other."
            yield Problem(one, host.name, rest)
    yield from _reserved(host, given)


def _reserved(host: HostInputs, given: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each directory that is where a release is linked, or the usual one of a service elsewhere."""
    for name, path in given.items():
        links = [f"/opt/{unit}" for one in services().values() for unit in one.unit_names]
        absent = [one for one in services().values() if one.name not in host.services]
        usual = [f"/var/lib/{unit}" for one in absent for unit in one.unit_names]
        taken = [place for place in links + (usual if name.endswith("_data_dir") else []) if overlap(path, place)]
        if taken:
            rest = f"is {path}, and {taken[0]} is reserved for {taken[0].rpartition('/')[2]}: choose another directory."
            yield Problem(name, host.name, rest)


def unread_metrics(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a warning when metrics are written where node_exporter does not read them."""
    given = dict(_directories(host, play))
    read = given.get("node_exporter_textfile_dir")
    for role, alerts in _WRITERS.items():
        written = given.get(f"{role}_textfile_dir")
        if written and read and normal_path(written) != normal_path(read):
            rest = (
                f"is {written}, but node_exporter reads {read}: {alerts} would have no data, so set both to the same "
                "directory."
            )
            yield Problem(f"{role}_textfile_dir", host.name, rest)


def misplaced_data(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a problem for each place outside of its data directory that a service is told to write to: it may not."""
    for service, flags in _PATH_FLAGS.items():
        said = host.value(f"{service}_flags", {}) if service in host.services else {}
        for flag in (flag for flag in flags if flag in said):
            rest = f"is set, but the unit allows {service} to write only to {service}_data_dir: set that instead."
            yield Problem(f"{service}_flags.{flag}", host.name, rest)
    if "grafana" in host.services:
        yield from _misplaced_in_grafana(host, play)


def _misplaced_in_grafana(host: HostInputs, play: Play) -> Iterator[Problem]:
    config = host.value("grafana_config", {})
    sections = {name: section for name, section in config.items() if isinstance(section, dict)}
    keys = [("paths", "data"), ("paths", "logs"), ("paths", "plugins"), ("database", "path")]
    places = {f"grafana_config.{name}.{key}": sections.get(name, {}).get(key) for name, key in keys}
    places["grafana_database.path"] = host.value("grafana_database", {}).get("path")
    environment = host.value("grafana_environment", {})
    variables = [f"GF_{name}_{key}".upper() for name, key in keys]
    places |= {f"grafana_environment.{variable}": environment.get(variable) for variable in variables}
    folder = normal_path(str(host.value("grafana_data_dir", play.defaults["grafana"]["grafana_data_dir"])))
    for name, place in places.items():
        if str(place or "").startswith("/") and not f"{normal_path(str(place))}/".startswith(f"{folder}/"):
            rest = (
                f"is {place}, but the unit allows grafana to write only to grafana_data_dir: choose a path in {folder}."
            )
            yield Problem(name, host.name, rest)


def _directories(host: HostInputs, play: Play) -> Iterator[tuple[str, str]]:
    """Yield each directory to which a service of the host writes, or others for it, by the name of its input."""
    names = [f"{service}_data_dir" for service in host.services if f"{service}_data_dir" in play.inputs[service]]
    for service, name in ((name.removesuffix("_data_dir"), name) for name in names):
        yield name, str(host.value(name, play.defaults[service][name]))
    for role in (role for role in ("node_exporter", *_WRITERS) if role in host.roles):
        path = host.value(f"{role}_textfile_dir") or host.value("vigil_textfile_dir") or _TEXTFILES
        yield f"{role}_textfile_dir", str(path)

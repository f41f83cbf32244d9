# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service as the options of a module describe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._host.system_user import uid_of
from .._host.systemd import Systemd
from .._host.tree import staging_token
from .._staging.prune import prune
from .activation import Activation
from .data.backup import DataCopy
from .data.directories import not_writable, refused_directory
from .data.migration import DataGuard
from .definition import Deployment
from .health import Endpoint
from .host_state import Situation
from .preconditions import foreign_parts, unknown_data, unreadable_data, unstaged_parts
from .program import command_line, health_options, reload_url
from .switch import Switch
from .unit import Unit, render

__all__ = ["Service"]

_UNIT_OPTIONS = (
    "name",
    "user",
    "description",
    "documentation",
    "writable",
    "reload",
    "environment",
    "resources",
    "exceptions",
)


@dataclass(frozen=True)
class Service:
    """What is wanted of a service, and where its parts lie on the host."""

    options: Mapping[str, Any]
    systemd: Systemd
    data: DataCopy | None

    @classmethod
    def of(cls, module: AnsibleModule) -> Service:
        """Return the service that the module is about."""
        options = {**module.params, "user": module.params["user"] or module.params["name"]}
        folder = Path(options["records_dir"], f"{options['name']}-data")
        wanted = options["data_copy"] or {}
        data = DataCopy.from_options(wanted, folder=folder, user=options["user"], run=module.run_command)
        return cls(options, Systemd(module, options["name"]), data)

    @property
    def name(self) -> str:
        return str(self.options["name"])

    @property
    def unit(self) -> Path:
        return Path(self.options["unit_dir"], f"{self.name}.service")

    @property
    def record(self) -> Path:
        return Path(self.options["records_dir"], f"{self.name}.json")

    def deployment(self) -> Deployment:
        """Return the deployment that is wanted. Raises OperatorError."""
        options = self.options
        for key, exception in options["exceptions"].items():
            if not isinstance(exception, dict) or exception.keys() != {"value", "reason"}:
                raise OperatorError(
                    f"The exception {key} from the hardening of {self.name} needs a value and a reason."
                )
        return Deployment.of_staged(
            options["release"],
            options["config"],
            options["restart_on"],
            parts={path: staging_token(Path(path)) for path in options["parts"]},
            unit=render(Unit(command=command_line(options, self._release_link), **self._unit_options())),
            links=self._links(),
            version=options["version"],
            data_oldest_reader=options["data_oldest_reader"],
            health=health_options(options),
            reload_url=reload_url(options),
        )

    def _unit_options(self) -> dict[str, Any]:
        return {option: self.options[option] for option in _UNIT_OPTIONS}

    @property
    def _release_link(self) -> str:
        return self.options["release_link"] or f"/opt/{self.name}"

    def _links(self) -> dict[str, str]:
        links = {self._release_link: self.options["release"]}
        if self.options["config"]:
            links[self.options["config_link"] or f"/etc/{self.name}"] = self.options["config"]
        folder = self.options["binaries_dir"]
        links.update({f"{folder}/{binary}": f"{self._release_link}/{binary}" for binary in self.options["binaries"]})
        return links

    def situation(self, desired: Deployment) -> Situation:
        """Return what is on the host now. Raises OSError or OperatorError."""
        return Situation.read(
            desired,
            record=self.record,
            state=self.systemd.read(),
            unit=self.unit,
            missing=not_writable(self.options["writable"], self.options["user"]),
        )

    def refusals(self, before: Situation, desired: Deployment, *, only_planned: bool) -> Iterator[str]:
        """Yield a sentence for everything that rules this deployment out; what others still make is no reason yet."""
        yield from foreign_parts(self.name, before, desired, self.unit)
        if not self.options["accept_irreversible"]:
            yield from unreadable_data(self.name, before, desired)
            yield from unknown_data(before, desired) if self.options["writable"] else ()
        refused = refused_directory(self.options["writable"], self.options["user"], self.name)
        if refused:
            yield refused
        no_room = self.data.refusal() if self.data and self._guard(before, desired).step() == "copy" else None
        if no_room:
            yield no_room
        if only_planned:
            return
        yield from unstaged_parts(desired)
        if uid_of(self.options["user"]) is None:
            yield f"There is no user {self.options['user']} on this host to run {self.name}: staged_config makes it."

    def diff(self, before: Situation, desired: Deployment) -> list[dict[str, str]]:
        """Return what would change as Ansible shows it, a copy of the data last."""
        parts = before.diff(desired, self.unit)
        if self.data and self._guard(before, desired).step() == "copy":
            header, copied = str(self.data.folder), f"a copy of {self.data.what}\n"
            parts.append({"before_header": header, "after_header": header, "before": "", "after": copied})
        return parts

    def activate(self, before: Situation, desired: Deployment, action: str) -> list[str]:
        """Switch to the deployment and return which staged directories were removed then. Raises ActivationError."""
        switch = Switch(self.systemd, self.unit, self.options["start_timeout"])
        guard = self._guard(before, desired)
        Activation(self.name, self.options["user"], self.record, switch, before, desired, guard).run(action)
        if self.data:
            self.data.prune()
        return [str(path) for path in self._pruned(before, desired)]

    def _guard(self, before: Situation, desired: Deployment) -> DataGuard:
        return DataGuard(self.data, before, desired)

    def _pruned(self, before: Situation, desired: Deployment) -> Iterator[Path]:
        """Remove what is staged and no longer needed, and yield it."""
        proven = before.record.with_proof(desired)
        kept = [one for one in (proven.active, proven.previous) if one]
        spared = {path for one in kept for path in (one.release, one.config, *one.parts) if path}
        for folder in sorted({Path(path).parent for path in (desired.release, desired.config) if path}):
            yield from prune(folder, keep=self.options["keep"], spared=spared)
        gone = [one for one in (before.record.active, before.record.previous) if one]
        for folder in sorted({Path(path).parent for one in (*kept, *gone) for path in one.parts}):
            yield from prune(folder, keep=0, spared=spared)

    def secrets(self) -> list[str]:
        """Return what must not be told, as far as it can be read now."""
        try:
            password = Endpoint.from_options(health_options(self.options)).password()
        except (OperatorError, TypeError):
            return []
        return [password] if password else []

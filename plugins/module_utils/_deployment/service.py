# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service as the options of a module describe it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._elasticsearch.rolling import Member
from .._errors.sentence import OperatorError
from .._host.systemd import Systemd
from .._host.tree import staging_token
from .._staging.prune import prune
from .activation import Activation, ActivationError
from .change import Change
from .companions import companions_of, listens
from .data.backup import DataCopy
from .data.directories import not_writable
from .data.failed_upgrade import FailedUpgrade, is_failed_upgrade
from .data.migration import DataGuard
from .definition import Deployment
from .health import Endpoint
from .host_state import HostState, ProcessAction
from .preconditions import unmet_preconditions
from .program import command_line, health_options, reload_url
from .record import Record, write_metric
from .switch import Switch
from .unit import Unit, render

__all__ = ["Service"]

_UNIT_OPTIONS = (
    "name",
    "user",
    "description",
    "documentation",
    "writable_paths",
    "reload",
    "environment",
    "resources",
    "hardening_overrides",
)


@dataclass(frozen=True)
class Service:
    """The desired state of a service, and the paths of its parts on the host."""

    options: Mapping[str, Any]
    systemd: Systemd
    data: DataCopy | None
    member: Member | None
    warn: Callable[[str], None]

    @classmethod
    def of(cls, module: AnsibleModule) -> Service:
        """Return the service of the module, with its secrets registered so that nothing shows them."""
        options = {**module.params, "user": module.params["user"] or module.params["name"]}
        folder = Path(options["records_dir"], f"{options['name']}-data")
        wanted = options["data_copy"] or {}
        data = DataCopy.from_options(wanted, folder=folder, user=options["user"], run=module.run_command)
        service = cls(options, Systemd(module, options["name"]), data, _member(options), module.warn)
        module.no_log_values.update(service._secrets())
        return service

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
        """Return the desired deployment. Raises OperatorError."""
        options = self.options
        for one in (options, *options["per_connection"]):
            for key, override in one["hardening_overrides"].items():
                if not isinstance(override, dict) or override.keys() != {"value", "reason"}:
                    raise OperatorError(
                        f"The exception {key} from the hardening of {one['name']} needs a value and a reason."
                    )
        return Deployment.of_staged(
            options["release"],
            options["config"],
            options["restart_on"],
            parts={path: staging_token(Path(path)) for path in options["extra_directories"]},
            unit=render(Unit(command=command_line(options, self._release_link), **self._unit_options())),
            companions=companions_of(options, self._release_link),
            links=self._links(),
            version=options["version"],
            data_oldest_reader=options["data_oldest_reader"],
            health=health_options(options),
            reload_url=reload_url(options),
            watches_config=options["watches_config"],
        )

    def _unit_options(self) -> dict[str, Any]:
        return {option: self.options[option] for option in _UNIT_OPTIONS}

    @property
    def _release_link(self) -> str:
        return self.options["release_link"] or f"/opt/{self.name}"

    def _links(self) -> dict[str, str]:
        links = {self._release_link: self.options["release"]} if self.options["release"] else {}
        if self.options["config"]:
            links[self.options["config_link"] or f"/etc/{self.name}"] = self.options["config"]
        folder = self.options["binaries_dir"]
        links.update({f"{folder}/{binary}": f"{self._release_link}/{binary}" for binary in self.options["binaries"]})
        return links

    def change(self, *, only_planned: bool) -> Change:
        """Return what has to change on the host. Raises OSError, RecordError or OperatorError.

        A change that is only planned is not refused for what other tasks still create.
        """
        desired, options = self.deployment(), self.options
        missing = not_writable(options["writable_paths"], options["user"])
        before = HostState.read(
            desired,
            record=self.record,
            state=self.systemd.read(),
            unit=self.unit,
            missing=missing,
            listens=partial(listens, self.systemd),
        )
        action = before.action_towards(desired, reload=options["reload"] or options["watches_config"])
        change = Change(before, desired, self._guard(before, desired), action)
        unmet = unmet_preconditions(options, change, only_planned=only_planned)
        refusal = next(unmet, None)
        waits = not refusal and not only_planned and action is ProcessAction.RESTARTED and self._waits()
        return replace(change, refusal=refusal, waits=waits)

    def _guard(self, before: HostState, desired: Deployment) -> DataGuard:
        """Return what protects the data, or removes that of a failed upgrade if the options permit that."""
        folder = (self.options["cluster"] or {}).get("emptied_after_failure")
        if self.member and folder and is_failed_upgrade(before, desired.version):
            return FailedUpgrade(None, before, desired, self.name, Path(folder), self.member)
        return DataGuard(self.data, before, desired)

    def _waits(self) -> bool:
        """Return whether all other nodes of its cluster are to be changed before. Raises OperatorError."""
        return bool(self.member and self.options["cluster"]["elected_waits"] and self.member.is_elected())

    def activate(self, change: Change) -> list[str]:
        """Make the change and return which staged directories were removed then. Raises ActivationError."""
        switch = Switch(self.systemd, self.unit, self.options["start_timeout"], tuple(change.before.companions))
        try:
            Activation(self.name, self.options["user"], self.record, switch, change, self.member).run()
        except ActivationError as exc:
            if exc.touched:
                self._show(change, "failed, rolled back" if exc.rolled_back else "failed")
            raise
        self._show(change, change.parts)
        change.data.prune()
        return [str(path) for path in self._pruned(change.before.record, change.desired)]

    def _show(self, change: Change, what: str) -> None:
        """Have Prometheus know of the deployment. It is active or not, whether that succeeds or not."""
        folder = Path(self.options["textfile_dir"] or Path(self.options["records_dir"], "textfile"))
        try:
            write_metric(folder, self.name, change.desired.version, what, time.time())
        except OSError as exc:
            self.warn(f"Prometheus does not get to know of this deployment of {self.name}: {exc}")

    def _pruned(self, record: Record, desired: Deployment) -> Iterator[Path]:
        """Remove what is staged and no longer needed, and yield it."""
        now = record.with_known_good(desired)
        kept = [one for one in (now.active, now.previous) if one]
        spared = {path for one in kept for path in (one.release, one.config, *one.parts) if path}
        for folder in sorted({Path(path).parent for path in (desired.release, desired.config) if path}):
            yield from prune(folder, keep=self.options["keep"], spared=spared)
        gone = [one for one in (record.active, record.previous) if one]
        for folder in sorted({Path(path).parent for one in (*kept, *gone) for path in one.parts}):
            yield from prune(folder, keep=0, spared=spared)

    def _secrets(self) -> list[str]:
        """Return the secrets, as far as they can be read now."""
        try:
            asked = [one.password() for one in Endpoint.every(health_options(self.options))]
        except OperatorError:
            return []
        return [password for password in asked if password]


def _member(options: Mapping[str, Any]) -> Member | None:
    """Return the node of a cluster that the service is, None for any other service."""
    if not (found := options["cluster"]):
        return None
    return Member(
        found["node"],
        found["urls"],
        username=found["username"],
        password_file=found["password_file"],
        ca_file=(options["health"] or {}).get("ca_file") or "",
        accept_yellow=found["accept_yellow"],
        timeout=options["start_timeout"],
    )

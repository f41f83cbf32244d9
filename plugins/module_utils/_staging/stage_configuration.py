# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Staging of a configuration: compared, validated, written, marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._host.selinux import restore_labels
from .._host.system_user import ensure, gid_of, is_missing
from .._host.tree import make_directory, mark_staged, staging_facts
from .configuration import Configuration, Entry, differences, found_at
from .directory import reason_of, remove_leftovers, replace_tree, scratch_directory
from .foreign import foreign_files, local_directory, put_aside, told
from .passed_tests import PassedTests, commands_of, commands_of_tests
from .prune import claim
from .validation import Command, accepting, available

__all__ = ["outcome"]

_KEEP = -1  # what chown takes for leaving the group alone


def outcome(module: AnsibleModule, configuration: Configuration) -> dict[str, Any]:
    """Stage the configuration unless it exists, and return the result of the module.

    Raises OperatorError; nothing of the configuration is left behind then.
    """
    service, digest = configuration.service, configuration.digest
    path = Path(module.params["configurations_dir"], service, digest[:12])
    try:
        return _Staging(module, configuration, path).outcome()
    except OSError as error:
        raise OperatorError(
            f"Cannot stage the configuration of {service} in {path.parent}: {reason_of(error, path.parent)} No files "
            "were left behind, and the running service was not touched."
        ) from error


class _Staging:
    """One configuration, its place, and what was found there."""

    def __init__(self, module: AnsibleModule, configuration: Configuration, path: Path) -> None:
        self.module, self.configuration, self.path = module, configuration, path
        self.tests = commands_of_tests(configuration, module.params["test"])
        self.commands = commands_of(configuration, module.params)
        self.validated_by = [list(command) for command in self.commands]
        self.user_missing = is_missing(configuration.user, module.params["uid"])
        self.facts, self.found, self.wanted = staging_facts(path), found_at(path), self._entries()
        self.foreign = [] if self.found.keys() <= self.wanted.keys() else foreign_files(path, self.wanted)
        self.local = local_directory(path.parents[1], configuration.service)
        self.intact = self.found == self.wanted and self.facts.get("digest") == configuration.digest

    def outcome(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": self.user_missing or not self.intact,
            "path": str(self.path),
            "digest": self.configuration.digest,
            "validated": bool(self.commands),
        }
        if self.module._diff:
            result["diff"] = self._diff()
        self._warn()
        if not self.module.check_mode:
            remove_leftovers(self.path.parent)
            if self.intact:
                claim(self.path, self._active)
        if result["changed"] or self.facts.get("validated_by") != self.validated_by:
            runnable = available(self.module, self.configuration.service, self.commands)
            result["validated"] = bool(runnable) and len(runnable) == len(self.commands)
            self._stage(runnable)
        return result

    @property
    def _active(self) -> Path:
        return Path(self.module.params["active"] or f"/etc/{self.configuration.service}")

    def _warn(self) -> None:
        """Warn about files of others."""
        active = self._active.resolve()
        if self.foreign:
            where = self._active if active == self.path else self.path
            self.module.warn(told(where, self.foreign, self.local, "they are moved to"))
        if active != self.path and (left := foreign_files(active)):
            fate = f"they stay in {active} until that configuration is pruned, and are then moved to"
            self.module.warn(told(self._active, left, self.local, fate))

    def _stage(self, runnable: Sequence[Command]) -> None:
        if self.intact:
            # Another release may judge the same files differently: it validates them, and only the marker is new.
            self._validate(runnable, self.path)
            if not self.module.check_mode:
                self._ensure_user()
                self._mark(self.path, self.facts.get("token"))
        elif self.module.check_mode:
            self._try(runnable)
        else:
            make_directory(self.path.parent)
            with scratch_directory(self.path.parent) as scratch:
                self._replace(runnable, scratch)
            # Where other tools keep files for the service. No run touches them.
            make_directory(self.local)
            restore_labels(self.module, self.path)

    def _try(self, runnable: Sequence[Command]) -> None:
        """Validate without writing where staged configurations are."""
        if runnable:
            with scratch_directory(Path(self.module.tmpdir)) as scratch:
                self.configuration.write(scratch / "configuration", self._gid())
                self._validate(runnable, scratch / "configuration")

    def _replace(self, runnable: Sequence[Command], scratch: Path) -> None:
        new = scratch / "configuration"
        self.configuration.write(new, self._gid())
        self._validate(runnable, new)
        if self._ensure_user():
            new = scratch / "owned"
            self.configuration.write(new, self._gid())
        self._mark(new)
        put_aside(self.path, self.foreign, self.local)
        replace_tree(new, self.path)

    def _validate(self, runnable: Sequence[Command], directory: Path) -> None:
        """Run the commands except tests that have passed on this host, and record those that pass now."""
        configuration = self.configuration
        passed = PassedTests(self.path.parent, configuration, self.tests)
        texts = {"secrets": configuration.secrets, "public": configuration.public_texts}
        try:
            for command in accepting(passed.due(runnable), directory, service=configuration.service, **texts):
                passed.add(command)
        finally:
            if not self.module.check_mode:
                passed.write()

    def _mark(self, directory: Path, token: str | None = None) -> None:
        configuration = self.configuration
        facts = {"digest": configuration.digest, "service": configuration.service, "public": configuration.public}
        mark_staged(directory, token=token, files=sorted(self.wanted), validated_by=self.validated_by, **facts)

    def _ensure_user(self) -> bool:
        return ensure(self.module, self.configuration.user, self.module.params["uid"])

    def _gid(self) -> int:
        gid = gid_of(self.configuration.user)
        return _KEEP if gid is None else gid

    def _entries(self) -> dict[str, Entry]:
        return self.configuration.entries(self._gid())

    def _diff(self) -> list[dict[str, str]]:
        """Return the differences from the active configuration, and from the staged one where that was edited."""
        public, active = self.configuration.public, self._active
        parts = list(differences(active, found_at(active), self.wanted, public=public))
        if self.found and active.resolve() != self.path.resolve():
            parts += differences(self.path, self.found, self.wanted, public=public)
        if self.user_missing:
            header = f"system user {self.configuration.user}"
            parts.append({"before_header": header, "after_header": header, "before": "", "after": "present\n"})
        return parts

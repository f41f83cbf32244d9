# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes and rotates the secrets of an inventory, on the controller, in a vault-encrypted file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.required import (
    PHASES,
    TRUSTED,
    Changes,
    Secret,
    missing,
    next_phase,
    rotated,
    secrets_of_services,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.vault_file import SecretsFile, path_beside
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.yaml_edit import (
    TextError,
    values_of,
    with_value,
    without_key,
)

__all__ = ["ActionModule"]

WANTED = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True, "choices": ["password", "passwords", "key", "authority"]},
    "members": {"type": "list", "elements": "str", "default": []},
}
SPEC = {
    "wanted": {"type": "list", "elements": "dict", "options": WANTED},
    "rotate": {"type": "list", "elements": "str", "default": []},
    "authority": {"type": "str", "choices": list(PHASES)},
    "path": {"type": "path"},
}
_NEXT_STEPS = {
    None: "Run the site playbook so that the services use them.",
    "prepare": "Run the site playbook on all hosts, so that they trust the next one; then secrets_authority=switch.",
    "switch": "Run the site playbook on all hosts, so that the new authority signs; then secrets_authority=finish.",
    "finish": "Run the site playbook on all hosts, so that the previous authority is no longer trusted.",
}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task, as the documentation of the module says."""
        super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=SPEC)[1])
        try:
            return self._brought_up_to_date(options, task_vars or {})
        except OperatorError as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"Cannot write secrets to {error.filename}: {error.strerror}.") from error

    def _brought_up_to_date(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        path = Path(options["path"]) if options["path"] else path_beside(task_vars.get("ansible_inventory_sources", []))
        file = SecretsFile(path, self._loader._vault.secrets)
        text = before = file.read()
        try:
            values = values_of(text)
            secrets = _wanted(options["wanted"])
            elsewhere = _defined_elsewhere({path[0] for each in secrets for path in each.paths()}, values, task_vars)
            now = datetime.now(UTC)
            made = missing(secrets, values, elsewhere, now)
            asked = rotated(secrets, values, options["rotate"])
            if options["authority"]:
                _refuse_hidden(TRUSTED, path, values, task_vars)
                asked.update(next_phase(options["authority"], values, now))
            text = _changed(text, {**made, **asked})
        except TextError as error:
            raise OperatorError(f"Cannot use {path}: {error}") from error
        if (made or asked) and not self._task.check_mode:
            file.write(text, instead_of=before)
        return _result(path, values, made, asked, elsewhere, options["authority"])


def _wanted(listed: list[dict[str, Any]] | None) -> list[Secret]:
    """Return the secrets that the task lists; those of the services when it lists none."""
    if listed is None:
        return secrets_of_services()
    return [Secret(each["name"], each["kind"], tuple(each["members"])) for each in listed]


def _changed(text: str, changes: Changes) -> str:
    for path, value in changes.items():
        text = without_key(text, path[0]) if value is None else with_value(text, path, value)
    return text


def _defined_elsewhere(names: Iterable[str], values: Mapping[str, Any], task_vars: dict[str, Any]) -> list[str]:
    """Return which of these variables are not in the file and yet defined, for a host or by -e."""
    hostvars = task_vars.get("hostvars", {})
    defined = set(task_vars).union(*(hostvars.raw_get(host) for host in hostvars))
    return sorted((set(names) - set(values)) & defined)


def _refuse_hidden(name: str, path: Path, values: Mapping[str, Any], task_vars: dict[str, Any]) -> None:
    if _defined_elsewhere([name], values, task_vars):
        raise OperatorError(
            f"Cannot replace the certificate authority while {name} is defined elsewhere, because one would override "
            f"the other and hosts would reject each other: move it into {path} and run again."
        )


def _result(
    path: Path,
    values: Mapping[str, Any],
    made: Changes,
    asked: Changes,
    elsewhere: list[str],
    phase: str | None,
) -> dict[str, Any]:
    names = {".".join(key): value for key, value in {**made, **asked}.items()}
    present = {".".join(key) for key in asked if key[0] in values}
    before = {name: "(secret)" for name in names if name in present}
    after = {name: f"(secret, {'changed' if name in present else 'new'})" for name, value in names.items() if value}
    return {
        "changed": bool(names),
        "path": str(path),
        "made": sorted(".".join(key) for key in made),
        "replaced": sorted(".".join(key) for key in asked),
        "defined_elsewhere": elsewhere,
        "msg": f"Changed in {path}: {', '.join(sorted(names))}. {_NEXT_STEPS[phase]}"
        if names
        else f"{path} contains all secrets.",
        "diff": {"before_header": str(path), "after_header": str(path), "before": before, "after": after},
    }

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rule_files
short_description: Files for staged_config from rule files and directories of the controller
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads every file, and every C(*.yml) and C(*.yaml) of every directory, into C(rules/) of a configuration.
positional: shipped
options:
  _input: {description: Files and directories on the controller., type: list, elements: path, required: true}
  shipped: {description: A directory that always is among them., type: path, required: true}
"""

EXAMPLES = r"""
- name: Show the files
  ansible.builtin.debug:
    msg: "{{ ['rules/shop.yml'] | vigil.observability.rule_files('roles/prometheus/files/rules') }}"
"""

RETURN = r"""
_value:
  description: Entries with C(path) and C(content).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ansible.errors import AnsibleFilterError


def rule_files(paths: Iterable[str], shipped: str) -> list[dict[str, str]]:
    """Return the entries; raise AnsibleFilterError for a missing file or two of one name."""
    found: dict[str, Path] = {}
    for file in (file for path in [shipped, *paths] for file in _files(Path(path).expanduser())):
        name = f"rules/{file.stem}.yml"
        if name in found:
            raise AnsibleFilterError(f"Two rule files would be {name}: {found[name]} and {file}. Rename one of them.")
        found[name] = file
    return [{"path": name, "content": found[name].read_text(encoding="utf-8")} for name in sorted(found)]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted([*path.glob("*.yml"), *path.glob("*.yaml")])
    elif path.is_file():
        yield path
    else:
        raise AnsibleFilterError(f"There is no rule file or directory {path} on the controller.")


class FilterModule:
    """The filter rule_files."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"rule_files": rule_files}

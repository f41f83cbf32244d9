# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: configuration_file
short_description: A file for staged_config from a configuration in upstream's keys
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Makes an entry of C(files) of M(vigil.observability.staged_config), as ini where the path ends in C(.ini), else as
    YAML. In ini, a key whose value is V(null) is left out.
  - Where the configuration contains a secret in plain text, the entry is a secret one, so that no diff and no error
    shows it, and a warning names where the secrets are. Secrets in files of their own keep the diff readable.
positional: path
options:
  _input: {description: The configuration., type: dict, required: true}
  path: {description: Path in the configuration directory., type: str, required: true}
"""

EXAMPLES = r"""
- name: Show the file
  ansible.builtin.debug:
    msg: "{{ {'route': {'receiver': 'team'}} | vigil.observability.configuration_file('alertmanager.yml') }}"
"""

RETURN = r"""
_value:
  description: An entry with C(path) and C(content) or C(secret_content).
  type: dict
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.ini import ini_text
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

# What upstream calls its secrets, in Alertmanager, Prometheus and the HTTP clients of all: the last words of a key.
_SECRET = re.compile(
    r"(^|[_-])(password|passphrase|secrets?|token|token_id|credentials|authorization|slack_api_url|webhook_url"
    r"|(account|api|app|certificate|consumer|private|routing|secret|service|user)[_-]key)$",
    re.IGNORECASE,
)
# Keys whose meaning depends on where they stand.
_SECRET_IN = {("slack_configs", "api_url")}
_PUBLIC_IN = {("victorops_configs", "routing_key")}
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_PRIVATE_KEY = "PRIVATE KEY-----"
# Grafana's way to say where a secret is: $__file{/path}
_ELSEWHERE = re.compile(r"\$__\w+\{[^}]*\}")

_Path = tuple[str | int, ...]


@same_text
def configuration_file(configuration: Mapping[str, Any], path: str) -> dict[str, str]:
    """Return the entry, a secret one when the configuration holds secrets; raise AnsibleFilterError for no ini."""
    text = _rendered(configuration, path)
    places = [_place(where) for where, value in _leaves(configuration) if _is_secret(where, value)]
    if not places:
        return {"path": path, "content": text}
    Display().warning(
        f"{path} holds secrets in plain, so its diffs are hidden: {', '.join(places)}. "
        "Keep them in files instead, with upstream's keys that end in _file or Grafana's $__file{}, where there is one."
    )
    return {"path": path, "secret_content": text}


def _rendered(configuration: Mapping[str, Any], path: str) -> str:
    if not path.endswith(".ini"):
        text: str = yaml.safe_dump(
            configuration, indent=2, sort_keys=False, allow_unicode=True, default_flow_style=False
        )
        return text
    try:
        return ini_text(configuration)
    except OperatorError as error:
        raise AnsibleFilterError(f"{path} cannot be written: {error}") from error


def _leaves(tree: Any, where: _Path = ()) -> Iterator[tuple[_Path, str]]:
    """Yield the path and the value of every text that is not empty."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*where, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _leaves(value, (*where, number))
    elif isinstance(tree, str) and tree:
        yield where, tree


def _is_secret(where: _Path, value: str) -> bool:
    # The key that the text stands under, and that of the mapping around it.
    keys = [key for key in where if isinstance(key, str)]
    pair = (keys[-2] if len(keys) > 1 else "", keys[-1] if keys else "")
    if pair in _PUBLIC_IN or _ELSEWHERE.fullmatch(value):
        return False
    if pair in _SECRET_IN or _SECRET.search(pair[1]) or _PRIVATE_KEY in value or _WITH_PASSWORD.search(value):
        return True
    return pair == ("webhook_configs", "url") and "?" in value


def _place(where: _Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where).lstrip(".")


class FilterModule:
    """The filter configuration_file."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Return the filter by its name."""
        return {"configuration_file": configuration_file}

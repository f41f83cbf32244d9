# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dashboard_files
short_description: The dashboards that lie in a directory as JSON files
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads every C(.json) file of a directory on the controller, and of the directories in it, each of which has the name
    of the folder's uid that its dashboards lie in. C(general) is the top folder.
  - It is how the playbook C(export_dashboards) writes them.
  - The models stay JSON text, which Ansible does not look into. A legend such as C({{instance}}) is then never taken
    for a template, and hundreds of dashboards cost no time. The filter C(from_json) makes data of one.
  - A model without a uid gets the name of its file as one, if that can be a uid.
positional: ""
options:
  _input: {description: The directory. A relative one is below the current one of the run., type: path, required: true}
  keep_unusable:
    description: Whether a file that is no dashboard becomes an entry that says why, rather than an error of them all.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Provision what lies in dashboards/hosts/cpu.json, dashboards/general/start.json and so on
  vigil.observability.grafana_dashboards:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    dashboards: "{{ 'dashboards' | vigil.observability.dashboard_files }}"
"""

RETURN = r"""
_value:
  description: A list for O(vigil.observability.grafana_dashboards#module:dashboards), sorted by path.
  type: list
  elements: dict
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

# What Grafana itself calls the top, and accepts as no folder's uid.
_TOP = "general"
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@same_text
def dashboard_files(directory: str, *, keep_unusable: bool = False) -> list[dict[str, str]]:
    """Return [{"path": path, "dashboard": text, "folder_uid": uid}], no folder_uid for a file in the directory itself.

    Raises AnsibleFilterError for a directory without dashboards, and for a file that is no JSON object, which has
    `error` in the place of `dashboard` with keep_unusable.
    """
    root = Path(directory)
    files = sorted([*root.glob("*.json"), *root.glob("*/*.json")])
    if not files:
        raise AnsibleFilterError(
            f"There is no dashboard in {root.resolve()}: neither it nor a directory in it has a file that ends in "
            ".json. Name the directory that holds the folders of dashboards."
        )
    return [_entry(file, root, keep_unusable=keep_unusable) for file in files]


def _entry(file: Path, root: Path, *, keep_unusable: bool) -> dict[str, str]:
    folder = {} if file.parent == root else {"folder_uid": "" if file.parent.name == _TOP else file.parent.name}
    path = str(file.relative_to(root))
    try:
        model = json.loads(file.read_text(encoding="utf-8"))
        wrong = "" if isinstance(model, dict) else "It must hold the model of one dashboard, a JSON object."
    except (OSError, ValueError) as error:
        wrong = f"It cannot be read as JSON: {error}."
    if not wrong:
        return {"path": path, **folder, **_dashboard(model, file.stem)}
    if not keep_unusable:
        raise AnsibleFilterError(f"{file} cannot be used: {wrong}")
    return {"path": path, **folder, "error": wrong}


def _dashboard(model: dict[str, Any], name: str) -> dict[str, str]:
    bare = model["dashboard"] if "meta" in model and isinstance(model.get("dashboard"), dict) else model
    uid = {} if bare.get("uid") or not _UID.fullmatch(name) else {"uid": name}
    # Ansible passes it on as a part of a program, which takes its time for every byte.
    return {"dashboard": json.dumps(model, ensure_ascii=False, separators=(",", ":")), **uid}


class FilterModule:
    """The filter dashboard_files."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"dashboard_files": dashboard_files}

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboards that lie in a directory of the controller as JSON files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["dashboards_in"]

# What Grafana itself calls the top, and accepts as no folder's uid.
_TOP = "general"
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


def dashboards_in(directory: str, *, keep_unusable: bool = False) -> list[dict[str, str]]:
    """Return [{"path": path, "dashboard": text, "folder_uid": uid}], no folder_uid for a file in the directory itself.

    Raises OperatorError for a directory without dashboards, and for a file that is no JSON object, which has
    `error` in the place of `dashboard` with keep_unusable.
    """
    root = Path(directory)
    files = sorted([*root.glob("*.json"), *root.glob("*/*.json")])
    if not files:
        raise OperatorError(
            f"There is no dashboard in {root.resolve()}: it contains no .json file, and neither do its "
            "subdirectories. Set it to the directory that contains a directory for each folder."
        )
    return [_entry(file, root, keep_unusable=keep_unusable) for file in files]


def _entry(file: Path, root: Path, *, keep_unusable: bool) -> dict[str, str]:
    folder = {} if file.parent == root else {"folder_uid": "" if file.parent.name == _TOP else file.parent.name}
    path = str(file.relative_to(root))
    try:
        model = json.loads(file.read_text(encoding="utf-8"))
        wrong = "" if isinstance(model, dict) else "It must contain one dashboard, a JSON object."
    except (OSError, ValueError) as error:
        wrong = f"It is not valid JSON: {error}."
    if not wrong:
        return {"path": path, **folder, **_dashboard(model, file.stem)}
    if not keep_unusable:
        raise OperatorError(f"{file} cannot be used: {wrong}")
    return {"path": path, **folder, "error": wrong}


def _dashboard(model: dict[str, Any], name: str) -> dict[str, str]:
    bare = model["dashboard"] if "meta" in model and isinstance(model.get("dashboard"), dict) else model
    uid = {} if bare.get("uid") or not _UID.fullmatch(name) else {"uid": name}
    # Ansible passes it on as a part of a program, which takes its time for every byte.
    return {"dashboard": json.dumps(model, ensure_ascii=False, separators=(",", ":")), **uid}

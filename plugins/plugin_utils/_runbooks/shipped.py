# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runbooks of the collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed

__all__ = ["FOLDER", "shipped_runbooks"]

FOLDER = Path(__file__).parents[3] / "runbooks"


def shipped_runbooks() -> list[dict[str, Any]]:
    """Return the shipped runbooks, in the order of their files."""
    return [one for path in sorted(FOLDER.glob("*.yml")) for one in parsed(path.read_text(encoding="utf-8"))]

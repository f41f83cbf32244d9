# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The library that dashboards are built with: whether this Python has it, and what to do when not."""

from __future__ import annotations

import sys
from importlib import metadata

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["refuse_missing_library"]

_LIBRARY = "grafana-foundation-sdk"
# The version names the schema of dashboards. Left to itself, pip takes the one with the oldest schema.
_VERSION = "1769699379!11.6.0"


def refuse_missing_library() -> None:
    """Raise OperatorError when this Python cannot build dashboards, for want of the library in its version."""
    found = _installed()
    if found != _VERSION:
        raise OperatorError(
            f"Dashboards require {_LIBRARY} {_VERSION}, but {sys.executable} has {found or 'none'}: run "
            f"{sys.executable} -m pip install '{_LIBRARY}=={_VERSION}'."
        )


def _installed() -> str:
    try:
        return metadata.version(_LIBRARY)
    except metadata.PackageNotFoundError:
        return ""

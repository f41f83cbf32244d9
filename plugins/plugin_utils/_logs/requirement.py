# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries that logs are analysed with: whether this Python has them, and what to do when not."""

from __future__ import annotations

import sys
from importlib import metadata

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["refuse_missing_libraries"]

_LIBRARIES = {"orjson": "orjson>=3.10", "polars": "polars>=2.1,<3"}


def refuse_missing_libraries() -> None:
    """Raise OperatorError when this Python has not both libraries."""
    missing = [requirement for name, requirement in _LIBRARIES.items() if not _installed(name)]
    if missing:
        raise OperatorError(
            f"The analysis of logs requires {' and '.join(missing)}, which {sys.executable} does not have: run "
            f"{sys.executable} -m pip install {' '.join(map(repr, missing))}."
        )


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False

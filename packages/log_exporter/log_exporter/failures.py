# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log of failures that does not repeat them with every scrape."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Lock

__all__ = ["Failures"]

_LOG = logging.getLogger(__name__)


class Failures:
    """Failures of several objects of one kind, such as `The query`, by their names."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._lock = Lock()
        self._failing: Mapping[str, str] = {}

    def report(self, failing: Mapping[str, str]) -> None:
        """Log what fails for another reason than before, or no longer; `failing` are all reasons."""
        with self._lock:
            before, self._failing = self._failing, failing
        for name, failure in failing.items():
            if failure != before.get(name):
                _LOG.error("%s %r fails: %s", self._kind, name, failure)
        for name in before.keys() - failing.keys():
            _LOG.info("%s %r succeeds again", self._kind, name)

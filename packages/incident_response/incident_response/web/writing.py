# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of the journal for those who wait for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException

from ..journal.schema import JournalError
from ..journal.writer import Journal

__all__ = ["Writing"]

_PATIENCE = 10.0  # seconds until a write is on the disk


class Writing:
    """Waits for writes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def done(self, write: Callable[[Any], Any]) -> Any:
        """Return the result of a write that is on the disk. Raises JournalError, HTTPException."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._journal.write(write)), _PATIENCE)
        except TimeoutError:
            raise JournalError(f"The journal was not written within {_PATIENCE:g} seconds.") from None
        except UnicodeEncodeError as error:
            raise HTTPException(400, f"It has a text that is not Unicode: {error.reason}.") from error

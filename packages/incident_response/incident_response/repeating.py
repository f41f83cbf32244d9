# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that is done again and again for as long as the service runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Never

from .journal.schema import JournalError

__all__ = ["repeated"]


async def repeated(once: Callable[[], Awaitable[object]], seconds: float, log: logging.Logger, failure: str) -> Never:
    """Do something until cancelled, each time so many seconds after the last one has ended, and log what fails."""
    while True:
        try:
            await once()
        except JournalError:
            pass  # which the journal logs
        except Exception:  # the next one may succeed
            log.exception(failure)
        await asyncio.sleep(seconds)

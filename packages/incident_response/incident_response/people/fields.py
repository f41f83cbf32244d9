# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people send, checked: each field is a text, and what is wrong with it is said in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

__all__ = ["ActionError", "Fields"]

_LONGEST = 4000
_LONGEST_WINDOW = 60 * 24 * 90  # minutes


class ActionError(Exception):
    """What a person asked for is refused, for the reason in the message; `status` is that of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Fields:
    """The fields of a body, of which each is a text; those of a form that are missing are empty."""

    def __init__(self, told: Any, known: tuple[str, ...]) -> None:
        if not isinstance(told, dict):
            raise ActionError(400, "What is sent has to be a mapping.")
        for name in told:
            if name not in known:
                raise ActionError(400, f"The field {str(name)[:40]} is unknown: known are {', '.join(known)}.")
        self._told = told

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text without space around it."""
        value = self._told.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise ActionError(400, f"{name} has to be a text of at most {_LONGEST} characters.")
        if not value.strip() and default is None:
            raise ActionError(400, f"{name} is missing.")
        return value.strip() or default or ""

    def one_of(self, name: str, values: tuple[str, ...]) -> str:
        """Return a text that is one of these."""
        if (value := self._told.get(name)) not in values:
            raise ActionError(400, f"{name} has to be {' or '.join(values)}.")
        return str(value)

    def minutes(self, name: str) -> int:
        """Return a number of minutes."""
        text = str(self._told.get(name, ""))
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _LONGEST_WINDOW):
            raise ActionError(400, f"{name} has to be a whole number from 1 to {_LONGEST_WINDOW}.")
        return int(text[:9])

    def time(self, name: str) -> float | None:
        """Return a time in seconds since 1970, None without one. It is UTC unless it says otherwise."""
        if not (text := self.text(name, "")):
            return None
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except ValueError:
            raise ActionError(400, f"{name} has to be a time such as 2026-03-10T22:00Z.") from None

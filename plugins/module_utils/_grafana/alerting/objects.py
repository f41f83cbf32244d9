# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all kinds of alerting objects have in common: how they are compared, shown and written."""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from ..._api.durations import UNITS, milliseconds
from ..._api.owner import Ownership
from ..._api.plan import PlanError
from ..._api.resource import Plan, Resource, Step
from ..._http.session import Answer, Api, ApiError, Outcome

__all__ = [
    "PROVISIONING",
    "REDACTED",
    "AlertingApi",
    "Entry",
    "Scope",
    "duration",
    "duration_text",
    "is_locked",
    "path_of",
    "unknown_keys",
]

PROVISIONING = "/api/v1/provisioning"
REDACTED = "[REDACTED]"
"""What Grafana shows in place of a secret; when written, it keeps the existing secret."""

# To the server, the contact points, mute timings, templates and policy of an organisation are one object. It refuses a
# write, and stores nothing, if somebody else has written any of them meanwhile.
_RACE = "could not find object using provided id and hash"
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
_SERVER_ERROR = 500
# The answer for a new organisation until the server has created its Alertmanager, which it does once a minute.
_NOT_YET = re.compile("(could not find an|no) alertmanager configuration", re.IGNORECASE)
_LONGEST = 120.0  # seconds
_PAUSE = 2.0
# Provenances that allow changes through the API.
_CHANGEABLE = frozenset({"", "api"})


@dataclass(frozen=True)
class Entry:
    """An object: `seen` is what is compared and shown, without secrets; `body` what is written, or was read.

    `address` identifies it on the server, `owner` is the owner whose mark it carries.
    """

    seen: Mapping[str, Any]
    body: Mapping[str, Any] = field(repr=False)
    address: str = ""
    owner: str = ""

    @property
    def title(self) -> str:
        """Return the title of a rule."""
        return str(self.body["title"])

    @property
    def folder_uid(self) -> str:
        """Return the folder of a rule."""
        return str(self.body["folderUID"])

    @property
    def provenance(self) -> str:
        """Return who may change the object: people in Grafana's pages if empty, users of its API for "api"."""
        return self.body.get("provenance") or ""


@dataclass
class Scope:
    """The scope of a task: the owner of its lists, what it does with objects that are listed or not, and how.

    `left` collects objects that are not listed and carry the mark of an owner.
    """

    ownership: Ownership
    write: Callable[[Step], None]
    prune: bool = False
    absent: bool = False
    left: dict[str, list[str]] = field(default_factory=dict)

    def resource(self, wanted: Mapping[str, Entry], there: Mapping[str, Entry]) -> Resource:
        """Return one kind of objects."""
        owned = sorted(key for key, entry in there.items() if self.prune and self.ownership.owns([entry.owner]))
        return Resource("", wanted, there, self.write, _is_same, operator.attrgetter("seen"), owned)

    def planned(self, wanted: Mapping[str, Entry], there: Mapping[str, Entry]) -> Plan:
        """Return the plan for one kind. Raises PlanError for a listed object of another owner."""
        made = self.resource(wanted, there).plan(absent=self.absent)
        for step in (step for step in made.steps if step.action == "update"):
            self.ownership.check(step.key, filter(None, [step.before.owner]))
        self.left.update({key: [entry.owner] for key, entry in there.items() if key not in wanted and entry.owner})
        return made


class AlertingApi:
    """Reads and writes alerting objects, one after the other, because the server does not accept parallel writes."""

    def __init__(self, api: Api, *, editable: bool, outcome: Outcome | None = None) -> None:
        self._api = api
        self._editable = editable
        self._outcome = outcome

    def looking(self, outcome: Outcome) -> AlertingApi:
        """Return the same API, whose writes check with `outcome` whether they have been done."""
        return AlertingApi(self._api, editable=self._editable, outcome=outcome)

    def read(self, path: str, attempt: str) -> Any:
        """Return the parsed answer, after waiting until a new organisation has an Alertmanager."""
        until = time.monotonic() + _LONGEST
        while True:
            try:
                return self._api.call("GET", path, attempt=attempt).json()
            except ApiError as error:
                if not _NOT_YET.search(str(error)):
                    raise
                if time.monotonic() > until:
                    words = f"{error} Grafana creates it for a new organisation within a minute, but has not done so."
                    raise ApiError(words, error.status) from None
            time.sleep(_PAUSE)

    def exists(self, path: str, attempt: str) -> bool:
        """Return whether the path exists."""
        missing = 404
        return self._api.call("GET", path, attempt=attempt, accept=(missing,)).status != missing

    def apply(self, method: str, path: str, step: Step, body: Any = None) -> Answer:
        """Make a planned change. Raises PlanError for what is provisioned from elsewhere."""
        return self.write(method, path, step.attempt, body, locked=is_locked(step))

    def write(self, method: str, path: str, attempt: str, body: Any = None, *, locked: bool = False) -> Answer:
        """Return the answer to a write, retried a few times if somebody else wrote at the same time.

        Args:
            method: Of HTTP.
            path: Below the URL of the server.
            attempt: What it is for.
            body: Sent as JSON.
            locked: The existing object is already locked for people; Grafana refuses to unlock it.
        """
        # The presence of the header matters, not its value.
        headers = {"X-Disable-Provenance": "true"} if self._editable and not locked else {}
        call = partial(self._api.call, method, path, attempt=attempt, body=body, headers=headers, outcome=self._outcome)
        for pause in _PAUSES:
            try:
                return call()
            except ApiError as error:
                if error.status != _SERVER_ERROR or _RACE not in str(error):
                    raise
            time.sleep(pause)
        return call()


def _is_same(wanted: Entry, there: Entry) -> bool:
    return wanted.seen == there.seen


def is_locked(step: Step) -> bool:
    """Return whether the existing object is locked for people. Raises PlanError if it is locked for the API too."""
    provenance = step.before.provenance if step.before else ""
    if provenance not in _CHANGEABLE:
        raise PlanError(
            f"The {step.key} cannot be changed through the API: its provenance is {provenance!r} (a file on the "
            "Grafana server, or another tool). Change it there, or remove it here."
        )
    return bool(provenance)


def path_of(kind: str, name: str = "") -> str:
    """Return the path of a kind of objects, or of one of them."""
    return f"{PROVISIONING}/{kind}" + (f"/{quote(name, safe='')}" if name else "")


def duration(value: Any, where: str) -> int:
    """Return the milliseconds of a duration such as 90s, 1h30m or 1d; digits alone are seconds, nothing is 0.

    Raises PlanError for anything else.
    """
    text = "" if value is None else str(value)
    found = milliseconds(f"{text or 0}s" if not text or text.isdigit() else text)
    if found is None:
        raise PlanError(f"{where}: {text!r} is not a duration such as 90s, 5m or 1h30m.")
    return found


def duration_text(value: Any, where: str) -> str:
    """Return the one spelling of a duration by which it is compared: 90s is 1m30s, 7d is 1w, nothing is 0s."""
    left, text = duration(value, where), ""
    for unit, factor in UNITS.items():
        count, left = divmod(left, factor)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def unknown_keys(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """Raise PlanError for a key that Grafana would silently ignore."""
    unknown = sorted(set(given) - known)
    if unknown:
        raise PlanError(f"{where} has unknown keys: {', '.join(map(repr, unknown))}. Use {', '.join(sorted(known))}.")

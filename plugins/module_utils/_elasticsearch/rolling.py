# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that leaves its cluster for a change and returns, while the other nodes serve.

While it is away, only primaries are allocated: its copies are not built anew elsewhere. A second setting marks that one
as made here, so that the next run removes what a killed run has left.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._errors.sentence import OperatorError
from .._http.session import Api, Endpoint, HttpError, Session
from .client import elasticsearch_api
from .copies import lost_without
from .explanation import unassigned
from .way_back import why_not_emptied

__all__ = ["Member"]

ALLOCATION = "cluster.routing.allocation.enable"
MARK = "cluster.metadata.vigil_changes"
_UNAUTHORIZED = 401
_TIMED_OUT = 408
_PATIENCE = 30.0  # seconds until a cluster that is not green is refused
_STILL = 3  # rounds in which no shard moves, after which waiting does not help
_ROUND = 3  # seconds that one request waits
_TRIES = 5  # to find no index without its copies when the allocation is restricted


@dataclass
class Member:
    """A node by its name, and the URLs of the cluster with its own first; files are paths on the host."""

    name: str
    urls: Sequence[str]
    username: str
    password_file: str
    ca_file: str
    accept_yellow: bool
    timeout: float  # seconds until the cluster is green again
    _passwords: list[str] = field(default_factory=list, repr=False)

    @property
    def is_alone(self) -> bool:
        """Whether no other node could serve in its place."""
        return len(self.urls) == 1

    def is_elected(self) -> bool:
        """Return whether others would have to elect another master. Raises OperatorError."""
        if self.is_alone:
            return False
        with self._api() as api:
            return any(row["name"] == self.name and row["master"] == "*" for row in _nodes(api))

    def leave(self) -> None:
        """Prepare the cluster for a stop of the node. Raises OperatorError when others could not replace it."""
        if self.is_alone:
            return
        with self._api() as api:
            if not any(row["name"] == self.name for row in _nodes(api)):
                return
            patience = self.timeout if _give_back(api) else _PATIENCE
            if found := _settings(api).get(ALLOCATION):
                raise OperatorError(
                    f"{ALLOCATION} is {found}, which restricts the cluster: remove that setting, and run again"
                )
            self._restrict(api, patience)
            with contextlib.suppress(HttpError):  # Only makes the next start faster.
                api.call("POST", "/_flush", attempt="flush the indices")

    def give_back(self) -> None:
        """Remove what restricts the allocation, if it was set here. Raises OperatorError."""
        if not self.is_alone:
            with self._api() as api:
                _give_back(api)

    def settle(self) -> None:
        """Wait until the cluster has all copies again that it can have, however long it makes some.

        Raises OperatorError.
        """
        done = self.is_alone
        while not done:
            with self._api() as api:
                done = self._require_copies(api, self.timeout, leaving=False)

    def way_back(self, service: str, version: str) -> str:
        """Return a sentence on how the node returns to the release of the others, empty if there are none."""
        if self.is_alone:
            return ""
        with contextlib.suppress(OperatorError):
            if why := self.why_not_emptied(version):
                return f"It cannot return to {version} now, because {why}"
        return (
            f"To return to {version}, run again with {service}_version={version} and "
            f"{service}_empty_failed_node={self.name}, which removes its data; the other nodes fill it again"
        )

    def why_not_emptied(self, version: str) -> str:
        """Return why the node cannot lose its data and begin anew with this release, empty if it can.

        Raises OperatorError.
        """
        if self.is_alone:
            return "no other node has a copy of it: restore a snapshot into a new cluster"
        # Itself, it may be up without being in the cluster.
        with replace(self, urls=self.urls[1:])._api() as api:
            return why_not_emptied(api, self.name, version)

    def explanation(self) -> str:
        """Return why a shard is not assigned, empty when there is none or nobody answers."""
        with contextlib.suppress(HttpError), self._api() as api:
            return unassigned(api)
        return ""

    @contextlib.contextmanager
    def _api(self) -> Iterator[Api]:
        """Yield the API of the cluster, logged in with the password of the node, or else with the one it had before.

        Nodes that are still to be changed know only that one.
        """
        try:
            now = Path(self.password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise OperatorError(f"cannot read the password of {self.username}: {error}") from error
        self._passwords = list(dict.fromkeys([now, *self._passwords]))
        for password in self._passwords:
            session = Session(self._endpoint(password))
            with contextlib.closing(session):
                api = elasticsearch_api(session, self._passwords)
                if password == self._passwords[-1] or _is_known(api):
                    yield api
                    return

    def _endpoint(self, password: str) -> Endpoint:
        url, *others = self.urls
        return Endpoint(
            url,
            username=self.username,
            password=password,
            ca_path=self.ca_file,
            more_urls=others,
            deadline=self.timeout + 60,
        )

    def _restrict(self, api: Api, patience: float) -> None:
        """Allocate only primaries once every shard has its copies, those of indices that are made meanwhile too.

        Raises OperatorError.
        """
        settings = {"persistent": {ALLOCATION: "primaries", MARK: self.name}}
        for _try in range(_TRIES):
            self._require_copies(api, patience, leaving=True)
            api.call("PUT", "/_cluster/settings", attempt="restrict the allocation to primaries", body=settings)
            # This node may have the only copy of an index that was made since.
            if self._health(api, leaving=True)[1]:
                return
            _give_back(api)
        raise OperatorError("its cluster makes indices faster than their copies: run again when fewer are made")

    def _require_copies(self, api: Api, seconds: float, *, leaving: bool) -> bool:
        """Return whether every shard has its copies, after these seconds at the latest.

        Raises OperatorError when some are neither there nor being made, or when a node cannot leave so long.
        """
        until, still = time.monotonic() + seconds, 0
        while True:
            health, whole = self._health(api, leaving=leaving)
            if whole:
                return True
            still = 0 if _moves(health) or not leaving else still + 1
            if time.monotonic() >= until or still == _STILL:
                break
        if health["initializing_shards"] and not leaving:
            return False
        why = unassigned(api)
        raise OperatorError(f"its cluster is {health['status']}, not {self._wanted}{why and f': {why}'}")

    @property
    def _wanted(self) -> str:
        return "yellow" if self.accept_yellow else "green"

    def _health(self, api: Api, *, leaving: bool) -> tuple[dict[str, Any], bool]:
        """Return the health of the cluster, and whether every shard has the copies that it can have, or soon had."""
        path = f"/_cluster/health?wait_for_status={self._wanted}&timeout={_ROUND}s"
        health = api.call("GET", path, attempt="read the health of the cluster", accept=[_TIMED_OUT]).json()
        return health, not health["timed_out"] or _is_all_for_now(api, health, without=self.name if leaving else "")


def _nodes(api: Api) -> list[dict[str, str]]:
    """Return name, version and master (`*` for the elected one) of each node that has joined."""
    path = "/_cat/nodes?format=json&h=name,version,master&master_timeout=5s"
    found: list[dict[str, str]] = api.call("GET", path, attempt="list the nodes of the cluster").json()
    return found


def _is_known(api: Api) -> bool:
    answer = api.call("GET", "/", attempt="log in", accept=[_UNAUTHORIZED])
    return answer.status != _UNAUTHORIZED


def _settings(api: Api) -> dict[str, Any]:
    found = api.call("GET", "/_cluster/settings?flat_settings=true", attempt="read the settings of the cluster").json()
    return {**found["persistent"], **found["transient"]}


def _give_back(api: Api) -> bool:
    """Remove what restricts the allocation if it was set here, and return whether it was."""
    if MARK not in _settings(api):
        return False
    settings = {"persistent": {ALLOCATION: None, MARK: None}}
    api.call("PUT", "/_cluster/settings", attempt="allow the allocation of all shards again", body=settings)
    return True


def _is_all_for_now(api: Api, health: Mapping[str, Any], *, without: str) -> bool:
    """Return whether only copies are missing that a node of an older release cannot have, and none with this node.

    What a node of a newer release writes, an older one cannot read: that copy has to wait for the next upgrade.
    """
    if health["status"] != "yellow" or _moves(health):
        return False
    if len({row["version"] for row in _nodes(api)}) == 1:
        return False
    return not (without and lost_without(api, [without]))


def _moves(health: Mapping[str, Any]) -> bool:
    """Return whether shards are on their way to where they belong, or wait for a node to return."""
    busy = ("initializing_shards", "relocating_shards", "delayed_unassigned_shards", "number_of_pending_tasks")
    return any(health[key] for key in (*busy, "number_of_in_flight_fetch"))

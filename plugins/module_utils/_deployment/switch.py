# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps between two deployments of a service: links and unit, the verb, the wait for health."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._errors.sentence import OperatorError
from .._host.systemd import Systemd, UnitState
from .._host.tree import make_directory, set_symlink, write_atomically
from .companions import listen, write_companions
from .definition import Deployment
from .health import Endpoint, NotHealthyYet

__all__ = ["Switch"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
# A service without a health check counts as healthy after running for this long.
_SETTLED = 2.0


@dataclass(frozen=True)
class Switch:
    """One service, and how long to wait until it is healthy."""

    systemd: Systemd
    unit: Path
    start_timeout: float
    companions: tuple[str, ...] = ()  # paths of the units beside it, wanted or not

    def put(self, deployment: Deployment, links: Iterable[str], state: UnitState, *, enable: bool = True) -> None:
        """Write the files of the deployment, and remove those of the links that it does not name. Raises OSError."""
        for link in {*links, *deployment.links}:
            target = deployment.links.get(link)
            if target:
                make_directory(Path(link).parent)
            set_symlink(Path(link), Path(target) if target else None)
        written = write_atomically(self.unit, deployment.unit.encode())
        changed = write_companions(self.systemd, deployment.companions, self.companions)
        if enable and not state.enabled:
            # Also makes systemd read the units again.
            self.systemd.verb("enable")
        elif written or changed or state.stale:
            self.systemd.read_units()
        listen(self.systemd, deployment.companions, changed)

    def reload(self, deployment: Deployment) -> None:
        """Reload the configuration of the process, unless it does so by itself. Raises OperatorError."""
        if deployment.watches_config:
            return
        if deployment.reload_url:
            Endpoint.from_options(deployment.health).reload(deployment.reload_url)
        else:
            self.systemd.verb("reload")

    def wait(self, deployment: Deployment) -> None:
        """Wait until the running process is healthy. Raises OperatorError."""
        endpoints = Endpoint.every(deployment.health)
        begin, pause = time.monotonic(), _FIRST_PAUSE
        invocation = self._require_life(None)
        while True:
            lived = time.monotonic() - begin
            try:
                _require_health(endpoints, lived)
            except NotHealthyYet as exc:
                self._require_life(invocation)
                if lived > self.start_timeout:
                    raise OperatorError(_too_late(exc, endpoints, self.start_timeout)) from exc
            else:
                # The response may be the last one of a process that has exited since.
                self._require_life(invocation)
                return
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _require_life(self, invocation: str | None) -> str:
        """Return the invocation of the process that runs; raise when it is not this one."""
        state = self.systemd.read()
        if invocation not in (None, state.invocation) or not (state.running or state.starting):
            raise OperatorError(f"{self.systemd.unit} exited after it was started ({state.end})")
        return state.invocation


def _require_health(endpoints: list[Endpoint], lived: float) -> None:
    for endpoint in endpoints:
        endpoint.check()
    if not endpoints and lived < _SETTLED:
        raise NotHealthyYet("it has no health URL and was only just started")


def _too_late(last: NotHealthyYet, endpoints: list[Endpoint], timeout: float) -> str:
    progress = endpoints[0].progress() if endpoints else None
    told = f"; progress: {progress}" if progress else ""
    return f"it was not healthy within {timeout:g} s: {last}{told}"

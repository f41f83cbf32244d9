# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running deployment of a service whose record is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .._errors.sentence import OperatorError
from .._host.systemd import UnitState
from .._host.tree import staging_facts, staging_token, target_of
from .definition import Deployment
from .health import Endpoint
from .unmanaged import is_our_unit

__all__ = ["running_deployment"]


def running_deployment(desired: Deployment, *, state: UnitState, unit: Path) -> Deployment | None:
    """Return the running deployment of the service, None if this collection did not create it.

    That is a live process of a unit that this collection wrote, whose release link leads to a staged directory. How it
    was asked for its health is not known: as the desired one where it answers that well now, else not at all.
    """
    if not state.running or not is_our_unit(unit):
        return None
    links = _our_links(desired)
    there = {aim: links[link] for link, aim in desired.links.items() if link in links}
    release = there.get(desired.release)
    if release is None or not Path(release).is_dir():
        return None
    version = staging_facts(Path(release)).get("version")
    found = Deployment.of_staged(
        release,
        there.get(desired.config or ""),
        list(desired.watched),
        parts={path: token for path in desired.parts if (token := staging_token(Path(path)))},
        companions={path: Path(path).read_text("utf-8") for path in desired.companions if is_our_unit(Path(path))},
        unit=unit.read_text(encoding="utf-8", errors="replace"),
        links=links,
        version=version if isinstance(version, str) else None,
    )
    return replace(found, health=desired.health, reload_url=desired.reload_url) if _answers(desired) else found


def _our_links(desired: Deployment) -> dict[str, str]:
    """Return where those links lead that lead to the same place as the desired ones: what is staged for the service."""
    found = {link: (target_of(Path(link)), Path(aim).parent) for link, aim in desired.links.items()}
    return {link: str(target) for link, (target, place) in found.items() if target and place in target.parents}


def _answers(desired: Deployment) -> bool:
    endpoints = Endpoint.every(desired.health)
    try:
        for endpoint in endpoints:
            endpoint.check()
    except OperatorError:
        return False
    return bool(endpoints)

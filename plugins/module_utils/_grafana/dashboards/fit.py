# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dashboards require of the Grafana that stores them: library panels, and a refresh that it allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from ..._api.plan import PlanError
from ..._api.resource import Plan, Resource
from ..._http.session import Api
from ..search import Hit
from .changes import Dashboard
from .library_panels import LibraryPanel, alike_panels, library_panels, shown, used, write
from .refresh import Refresh
from .unusable import Unusable

__all__ = ["Fit"]


class Fit:
    """Checks and adapts dashboards before they are planned, and plans their library panels."""

    def __init__(self, api: Api, hits: Mapping[str, Hit], unusable: Unusable, *, update: bool) -> None:
        self._api = api
        self._folders = {uid for uid, hit in hits.items() if hit.is_folder} | {""}
        self._unusable = unusable
        self._update = update
        self._refresh = Refresh(api)
        self._there: dict[str, LibraryPanel] = {}
        self._names: dict[tuple[str | None, str], str] = {}
        self._differing: list[str] = []

    def fitted(self, wanted: Mapping[str, Dashboard], there: Mapping[str, Dashboard]) -> dict[str, Dashboard]:
        """Return {uid: dashboard} of those that can be stored, as the server stores them.

        Args:
            wanted: {uid: dashboard}.
            there: {uid: dashboard} of those that exist.
        """
        needed: dict[str, dict[str, str]] = {}
        for uid, one in wanted.items():
            with self._unusable.noted():
                needed[uid] = _used(one)
        if any(needed.values()):
            self._there = library_panels(self._api)
            self._names = {(one.folder_uid, one.name): one.uid for one in self._there.values()}
        fit: dict[str, Dashboard] = {}
        brings: dict[str, tuple[str, LibraryPanel]] = {}
        for uid, panels in needed.items():
            with self._unusable.noted():
                self._check(wanted[uid], panels, brings)
                fit[uid] = self._refreshed(wanted[uid], there.get(uid))
        self._unusable.settle()
        return fit

    def _check(self, one: Dashboard, panels: Mapping[str, str], brings: dict[str, tuple[str, LibraryPanel]]) -> None:
        """Raise PlanError for library panels that do not exist, or that differ between two dashboards."""
        known = {*self._there, *one.elements}
        missing = [repr(uid) + (f" ({name})" if name else "") for uid, name in panels.items() if uid not in known]
        if missing:
            raise PlanError(
                f"The dashboard {one.uid!r} ({one.title}) shows library panels that do not exist: "
                f"{', '.join(missing)}. Create them first, or export the dashboard together with them, with "
                "grafana_export or 'Export for sharing externally'."
            )
        for uid in (uid for uid in panels if uid in one.elements):
            by, former = brings.setdefault(uid, (one.uid, one.elements[uid]))
            if not alike_panels(one.elements[uid], former):
                raise PlanError(
                    f"The dashboards {by!r} and {one.uid!r} contain different versions of the library panel {uid!r}: "
                    "export both again, or make the versions the same."
                )
            placed = self._placed(one.elements[uid], one.folder_uid)
            holder = self._names.setdefault((placed.folder_uid, placed.name), uid)
            if holder != uid and uid not in self._there:
                raise PlanError(
                    f"The library panel {uid!r} of the dashboard {one.uid!r} cannot have the name {placed.name!r} in "
                    f"the folder {placed.folder_uid!r}: {holder!r} already has that name. Rename one of them."
                )

    def _refreshed(self, one: Dashboard, found: Dashboard | None) -> Dashboard:
        refresh = one.model.get("refresh")
        stored = self._refresh.stored(one.uid, refresh, found.model.get("refresh") if found else None)
        return one if stored == refresh else replace(one, model={**one.model, "refresh": stored})

    def library_panels(self, dashboards: Iterable[Dashboard]) -> Plan:
        """Return the plan for the library panels of these dashboards."""
        wanted: dict[str, LibraryPanel] = {}
        for one in dashboards:
            for uid in (uid for uid in _used(one) if uid in one.elements):
                wanted.setdefault(uid, self._placed(one.elements[uid], one.folder_uid))
        known = {uid: self._there[uid] for uid in wanted if uid in self._there}
        self._differing = [uid for uid, found in known.items() if not alike_panels(wanted[uid], found)]
        kept = [] if self._update else self._differing
        listed = {uid: one for uid, one in wanted.items() if uid not in kept}
        return Resource("library panel", listed, known, partial(write, self._api), alike_panels, shown).plan()

    def _placed(self, panel: LibraryPanel, folder_uid: str) -> LibraryPanel:
        own = panel.folder_uid
        return replace(panel, folder_uid=own if own is not None and own in self._folders else folder_uid)

    @property
    def warnings(self) -> list[str]:
        """Sentences on what was adapted, and what was left unchanged."""
        left = ""
        if self._differing and not self._update:
            left = (
                "Existing library panels differ from those that come with the dashboards, and were left unchanged, "
                f"because others may show them too: {', '.join(map(repr, self._differing))}. Set "
                "update_library_panels to update them, or export the dashboards again."
            )
        return [sentence for sentence in (self._refresh.warning, left) if sentence]


def _used(one: Dashboard) -> dict[str, str]:
    try:
        return used(one.model)
    except PlanError as error:
        raise PlanError(f"The dashboard {one.uid!r} ({one.title}) cannot be stored: {error}") from None

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Titles, which are unique in a folder; old releases compare them by the paths of their pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Callable, Protocol

from .._api.order import Names, in_order
from .._api.plan import StepError
from .._api.resource import Step
from .._http.session import Api

__all__ = ["EXACT", "FOLDED", "Titled", "in_free_order", "slug"]

# Until 9.4 two titles are the same when the paths of their pages are: "CPU (host)" and "CPU - host" are both cpu-host.
_BY_TITLE = (9, 5)
_LETTERS = str.maketrans(
    {"&": "and", "@": "at", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ü": "ue", "ł": "l", "đ": "d"}
)
_OLD = ". Grafana before 9.5 treats titles that differ only in punctuation as the same"


class Titled(Protocol):
    """A folder or dashboard in a folder, at the top level where `folder_uid` is empty."""

    @property
    def title(self) -> str:
        """The title that people see."""

    @property
    def folder_uid(self) -> str:
        """The folder that contains it."""


def _taking(item: Titled) -> str:
    where = f"in the folder {item.folder_uid!r}" if item.folder_uid else "at the top"
    return f"have the title {item.title!r} {where}"


def _titles(spelt: Callable[[str], str], note: str = "") -> Names:
    """Return titles in their folders, compared by their spelling; messages add the note."""
    return Names(
        of=lambda item: f"{item.folder_uid}/{spelt(item.title)}",
        taking=_taking,
        holding=f"already has that title{note}",
        plural="titles or places",
    )


def slug(title: str) -> str:
    """Return a title as the path of its page has it: letters, digits and single dashes, or the title if it has none."""
    spelt = unicodedata.normalize("NFC", title.lower()).translate(_LETTERS)
    plain = "".join(one for one in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(one))
    # Grafana writes some other alphabets in Latin letters. Here they stay, which distinguishes as many titles.
    return re.sub(r"(?:[^\w]|_)+", "-", plain).strip("-") or title


FOLDED = _titles(lambda title: title.strip().casefold(), " (case is ignored)")
EXACT = _titles(str)
_SLUGS = _titles(slug, _OLD)


def in_free_order(
    api: Api,
    steps: Sequence[Step],
    there: Mapping[str, Titled],
    *,
    others: Iterable[Titled],
    needs: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """Return the steps in an order in which every title is free when it is needed, as in_order does.

    Args:
        api: Asked for the version of the server, once and only where that matters.
        steps: Of a plan for folders, or for dashboards.
        there: {uid: object} of all of that kind.
        others: Those of the other kind whose titles are taken as well: all folders, or the dashboards at the top.
        needs: As in in_order.

    Raises StepError as in_order does, and for titles that are the same to the server.
    """
    ordered = in_order(steps, there, FOLDED, needs)
    writes = [step for step in ordered if step.after is not None]
    if not writes:
        return ordered
    try:
        _check_others(writes, {slug(one.title) for one in others})
        _check_each_other(writes)
        return in_order(steps, there, _SLUGS, needs)
    except StepError:
        if _compares_slugs(api):
            raise
    return ordered


def _check_others(writes: Iterable[Step], taken: Iterable[str]) -> None:
    for step in writes:
        other = "dashboard at the top" if step.resource.what == "folder" else "folder"
        if slug(step.after.title) in taken:
            raise StepError(
                f"The {step.resource.called(step.key)} cannot have the title {step.after.title!r}: a {other} already "
                f"has it{_OLD}, for folders and dashboards together. Rename one of them.",
                [step.key],
            )


def _check_each_other(writes: Iterable[Step]) -> None:
    first: dict[object, Step] = {}
    for step in writes:
        one = first.setdefault(_SLUGS.of(step.after), step)
        if one is not step:
            raise StepError(
                f"The {step.resource.what}s {one.key!r} and {step.key!r} cannot be {one.after.title!r} and "
                f"{step.after.title!r} in one folder{_OLD}. Rename one of them.",
                [step.key],
            )


def _compares_slugs(api: Api) -> bool:
    version = api.call("GET", "/api/health", attempt="ask for the version of Grafana").json().get("version", "")
    numbers = [int(digits) for digits in re.findall(r"\d+", version)[:2]]
    return bool(numbers) and tuple(numbers) < _BY_TITLE

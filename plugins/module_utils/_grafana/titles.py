# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Titles, of which a folder holds each once; old releases compare them by what the pages are called."""

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

# Until 9.4 the path of a page is what makes two of one title: "CPU (host)" and "CPU - host" are both cpu-host.
_BY_TITLE = (9, 5)
_LETTERS = str.maketrans(
    {"&": "and", "@": "at", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ü": "ue", "ł": "l", "đ": "d"}
)
_OLD = ": to this Grafana, which is older than 9.5, titles that differ in signs alone are one"


class Titled(Protocol):
    """What lies in a folder, the top one where `folder_uid` is empty."""

    @property
    def title(self) -> str:
        """The title that people see."""

    @property
    def folder_uid(self) -> str:
        """The folder that it lies in."""


def _taking(item: Titled) -> str:
    where = f"in the folder {item.folder_uid!r}" if item.folder_uid else "at the top"
    return f"have the title {item.title!r} {where}"


def _titles(spelt: Callable[[str], str], note: str = "") -> Names:
    """Return titles in their folders, compared by what they become, which a message notes."""
    return Names(
        lambda item: f"{item.folder_uid}/{spelt(item.title)}", _taking, f"has it there{note}", "titles or places"
    )


def slug(title: str) -> str:
    """Return what a title is in the path of its page: letters, digits and single dashes, or the title for none."""
    spelt = unicodedata.normalize("NFC", title.lower()).translate(_LETTERS)
    plain = "".join(one for one in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(one))
    # Grafana spells some further alphabets in Latin letters. Here their letters stay, which tells as much apart.
    return re.sub(r"(?:[^\w]|_)+", "-", plain).strip("-") or title


FOLDED = _titles(lambda title: title.strip().casefold(), " (case does not count)")
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

    Raises StepError as in_order does, and for titles that the server takes for one.
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
                f"The {step.resource.called(step.key)} cannot have the title {step.after.title!r}: a {other} has it"
                f"{_OLD}, and folders and dashboards share their titles. Rename one of them.",
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

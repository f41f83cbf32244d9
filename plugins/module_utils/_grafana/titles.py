# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Titles of folders and dashboards, which old releases of Grafana compare by what their pages are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from .._api.plan import Step, StepError
from .._http.session import Api
from .title_order import Spelling, Titled, in_order, place

__all__ = ["in_free_order", "slug"]

# Until 9.4 the path of a page is what makes two of one title: "CPU (host)" and "CPU - host" are both cpu-host.
_BY_TITLE = (9, 5)
_LETTERS = str.maketrans(
    {"&": "and", "@": "at", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ü": "ue", "ł": "l", "đ": "d"}
)


def slug(title: str) -> str:
    """Return what a title is in the path of its page: letters, digits and single dashes, or the title for none."""
    spelt = unicodedata.normalize("NFC", title.lower()).translate(_LETTERS)
    plain = "".join(one for one in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(one))
    # Grafana spells some further alphabets in Latin letters. Here their letters stay, which tells as much apart.
    return re.sub(r"(?:[^\w]|_)+", "-", plain).strip("-") or title


_SLUGS = Spelling(slug, ": to this Grafana, which is older than 9.5, titles that differ in signs alone are one")


def in_free_order(
    api: Api,
    steps: Sequence[Step],
    there: Mapping[str, Titled],
    *,
    others: Iterable[Titled],
    what: str,
    needs: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """Return the steps in an order in which every title is free when it is needed, as in_order does.

    Args:
        api: Asked for the version of the server, once and only where that matters.
        steps: Of a plan for folders, or for dashboards.
        there: {uid: object} of all of that kind.
        others: Those of the other kind whose titles are taken as well: all folders, or the dashboards at the top.
        what: What they are called in messages.
        needs: As in in_order.

    Raises StepError as in_order does, and for titles that the server takes for one.
    """
    ordered = in_order(steps, there, what=what, needs=needs)
    writes = [step for step in ordered if step.after is not None]
    if not writes:
        return ordered
    try:
        _check_others(writes, {slug(one.title) for one in others}, what)
        _check_each_other(writes, what)
        return in_order(steps, there, what=what, needs=needs, titles=_SLUGS)
    except StepError:
        if _compares_slugs(api):
            raise
    return ordered


def _check_others(writes: Iterable[Step], taken: Iterable[str], what: str) -> None:
    other = "dashboard at the top" if what == "folder" else "folder"
    for step in writes:
        if slug(step.after.title) in taken:
            raise StepError(
                f"The {what} {step.key!r} cannot have the title {step.after.title!r}: a {other} has it{_SLUGS.note}, "
                "and folders and dashboards share their titles. Rename one of them.",
                [step.key],
            )


def _check_each_other(writes: Iterable[Step], what: str) -> None:
    first: dict[object, Step] = {}
    for step in writes:
        one = first.setdefault(place(step.after, _SLUGS), step)
        if one is not step:
            raise StepError(
                f"The {what}s {one.key!r} and {step.key!r} cannot be {one.after.title!r} and {step.after.title!r} in "
                f"one folder{_SLUGS.note}. Rename one of them.",
                [step.key],
            )


def _compares_slugs(api: Api) -> bool:
    version = api.call("GET", "/api/health", attempt="ask for the version of Grafana").json().get("version", "")
    numbers = [int(digits) for digits in re.findall(r"\d+", version)[:2]]
    return bool(numbers) and tuple(numbers) < _BY_TITLE

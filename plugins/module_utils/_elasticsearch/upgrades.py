# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which release may follow which, as upstream documents it."""

from __future__ import annotations

from .._host.version import is_older

__all__ = ["forbidden_step"]

# The oldest release from which each may be reached; the newest rule that fits counts.
_FROM = (("9.1.0", "8.19.0"), ("9.0.0", "8.18.0"), ("8.0.0", "7.17.0"))


def forbidden_step(running: str, wanted: str) -> str:
    """Return why a node of the running release must not become one of the wanted one, empty if it may."""
    if is_older(wanted, running):
        return (
            f"Elasticsearch has no way back from {running} to {wanted}: restore a snapshot into a new cluster of "
            f"{wanted}, or stay with {running}."
        )
    if _major(running) == _major(wanted):
        return ""
    oldest = next((old for new, old in _FROM if _major(new) == _major(wanted) and not is_older(wanted, new)), "")
    if not oldest:
        return f"It is not known from which release Elasticsearch {wanted} can be reached: choose an older one."
    if is_older(running, oldest):
        return f"Elasticsearch {wanted} cannot follow {running}: upgrade to {oldest} or a later release of it first."
    return ""


def _major(version: str) -> str:
    return version.partition(".")[0]

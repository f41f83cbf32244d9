# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the value of an input can be used, by the kind of the input: what hosts would refuse is refused before them.

A kind is told by the name of the input without its role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._system_paths import (
    unfit_data_directory,
    unfit_path,
    unfit_shared_directory,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._fault import Fault
from ansible_collections.vigil.observability.plugins.plugin_utils._host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._role_inputs import SHARED

__all__ = ["unfit_inputs"]

# {what to name: the end of the sentence about it}; what to name is the input itself, or a part of it, as `.part`.
Faults = Mapping[str, str]
Check = Callable[[str, Any], Faults]


def unfit_inputs(host: HostInputs, play: Play) -> Iterator[Fault]:
    """Yield a fault for each value that the inventory gives to a role of the host and that cannot be used there."""
    for role in [*host.roles, SHARED] if host.services else []:
        for name in (name for name in play.inputs[role] if name not in play.given):
            check, value = _KINDS.get(name.removeprefix(f"{role}_")), host.value(name)
            if check and value not in (None, ""):
                yield from (Fault(f"{name}{part}", host.name, rest) for part, rest in check(role, value).items())


def _path(_role: str, path: Any) -> Faults:
    wrong = unfit_path(str(path))
    return {"": f"is {str(path)!r}, which {wrong}"} if wrong else {}


def _data_directory(role: str, path: Any) -> Faults:
    wrong = unfit_data_directory(str(path))
    advice = f"name a directory of its own, such as /var/lib/{role} or /srv/{role}."
    return _path(role, path) or ({"": f"is {path}, which {wrong}: {advice}"} if wrong else {})


def _shared_directory(role: str, path: Any) -> Faults:
    wrong = unfit_shared_directory(str(path))
    advice = "name a directory for metrics alone, such as /var/lib/node_exporter/textfile."
    return _path(role, path) or ({"": f"is {path}, which {wrong}: {advice}"} if wrong else {})


_KINDS: Mapping[str, Check] = {
    "authority_file": _path,
    "certificate_file": _path,
    "data_dir": _data_directory,
    "key_file": _path,
    "textfile_dir": _shared_directory,
}

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the system users of a host's services, one beside the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["conflicting_users"]


def conflicting_users(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each two services whose user has two UIDs, or whose users have one."""
    given = [
        (service, host.value(f"{service}_user", services()[service].user_name), host.value(f"{service}_uid"))
        for service in host.services
    ]
    wanted = [(service, str(user), str(uid)) for service, user, uid in given if uid is not None]
    for (one, user, uid), (other, name, number) in combinations(wanted, 2):
        if (user == name) != (uid == number):
            rest = (
                f"is {uid} for {user}, and {other}_uid is {number} for {name}: give each user one UID, and no two "
                "users the same."
            )
            yield Problem(f"{one}_uid", host.name, rest)

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a node whose upgrade failed can begin anew with the release of the other nodes, which fill it again."""

from __future__ import annotations

from .._host.version import is_older
from .._http.session import Api
from .copies import lost_without, shown

__all__ = ["why_not_emptied"]

_NO_MASTER = 503


def why_not_emptied(api: Api, node: str, version: str) -> str:
    """Return why the node cannot lose its data and begin anew with this release, empty if it can.

    The API is that of the other nodes. Raises HttpError.
    """
    path = "/_cat/nodes?format=json&h=name,version&master_timeout=5s"
    answer = api.call("GET", path, attempt="list the nodes of the cluster", accept=[_NO_MASTER])
    if answer.status == _NO_MASTER:
        return f"the other nodes have no master: start those that elect one with {node}, or upgrade again"
    newer = [row["name"] for row in answer.json() if row["name"] != node and is_older(version, row["version"])]
    if newer:
        return f"{', '.join(newer)} cannot return to {version}: correct the cause, and upgrade {node} again"
    if not _has_quorum_without(api, node):
        return f"without {node}, too few nodes would be left to elect a master: start the others first"
    if lost := lost_without(api, [node]):
        return f"no other node has a whole copy of {shown(lost)}: restore these indices from a snapshot first"
    return ""


def _has_quorum_without(api: Api, node: str) -> bool:
    """Return whether those that have joined, without the node, are most of those that elect the master."""
    wanted = "nodes.*.name,metadata.cluster_coordination.last_committed_config"
    path = f"/_cluster/state/nodes,metadata?filter_path={wanted}"
    found = api.call("GET", path, attempt="read who elects the master").json()
    electors = set(found["metadata"]["cluster_coordination"]["last_committed_config"])
    others = {key for key, one in found["nodes"].items() if one["name"] != node}
    return 2 * len(electors & others) > len(electors)

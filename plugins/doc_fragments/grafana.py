# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules for Grafana."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_grafana/client.py."""

    DOCUMENTATION = r"""
options:
  org_id:
    description:
      - Id of the organisation. Defaults to that of the token, or to the current one of the user.
      - With a user, each request selects it with a header, so parallel tasks do not affect each other.
      - A token works only for its own organisation. A token of another one is refused, and so is an organisation that
        does not exist. This check takes one request.
    type: int
"""

    OWNER = r"""
options:
  owner:
    description:
      - Owner of this list, in 1 to 30 letters, digits, C(_), C(.) or C(-). Objects that the task writes carry a mark of
        the owner, and O(prune) deletes only objects with that mark.
      - Lists that are applied separately need different owners. The playbooks of this collection use
        V(provision_grafana).
      - A listed object with the mark of another owner is refused by name, before anything is written.
    type: str
    default: vigil.observability
  take_over:
    description:
      - Owners from whom listed objects are taken over. Other objects with their mark are left unchanged; the run that
        takes something over names them in a warning.
    type: list
    elements: str
    default: []
"""

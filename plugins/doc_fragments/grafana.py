# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of Grafana says of its options."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_grafana/client.py."""

    DOCUMENTATION = r"""
options:
  org_id:
    description:
      - Organisation to work on, by its number. Without it, that of the token or the current one of the user.
      - With a user it is chosen by a header of each request, so that parallel tasks do not disturb each other.
      - A token belongs to one organisation; one of another is refused, as is an organisation that does not exist. To
        know that costs one request.
    type: int
"""

    OWNER = r"""
options:
  owner:
    description:
      - Whose list this is, in 1 to 30 letters, digits, C(_), C(.) or C(-). What is written carries a mark of it, and
        O(prune) deletes nothing without that mark.
      - Lists that are applied apart from each other need owners apart. The playbooks of this collection own what they
        provision as V(provision_grafana).
      - What is listed and carries the mark of another owner is refused by name, before anything is written.
    type: str
    default: vigil.observability
  take_over:
    description:
      - Owners from whom objects that are listed are taken over. What else carries their mark is left, and named in a
        warning by the run that takes something over.
    type: list
    elements: str
    default: []
"""

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of Grafana says of its options."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_grafana.py."""

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

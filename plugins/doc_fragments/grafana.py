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

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules for Elasticsearch."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_elasticsearch/client.py and objects.py."""

    DOCUMENTATION = r"""
options:
  more_urls:
    description:
      - Further nodes of the same cluster. If one cannot be reached, gives no answer in O(timeout), or answers 502,
        503 or 504, the next one is asked at once, with the same login and certificates. The task continues with the
        one that answers.
      - Like every option of the connection, it can come from the environment (E(ELASTICSEARCH_MORE_URLS)).
    type: list
    elements: str
    default: []
notes:
  - O(token) is an API key in its encoded form.
"""

    DEFINITIONS = r"""
options:
  state:
    description: Whether the listed definitions are to be there.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete the definitions with the mark of O(owner) that are not listed. Kinds whose option is not given are left
        unchanged.
    type: bool
    default: false
"""

#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_preferences
short_description: Set the home page and appearance of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Sets the preferences of an organisation, which apply to all users who have not set their own in their profile.
  - Options that are left out stay unchanged. An unchanged run takes one request.
  - Requires an administrator of the organisation, or a service account with that role.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  home_dashboard_uid:
    description:
      - Uid of the dashboard to use as the home page. Empty for Grafana's own page.
      - A dashboard that does not exist is refused. In check mode it is a warning, as an earlier task may create it.
    type: str
  theme:
    description: V(light), V(dark) or another theme of the server. Empty for the default of the server.
    type: str
  timezone:
    description: V(browser), V(utc) or a name such as V(Europe/Berlin). Empty for the default of the server.
    type: str
  week_start:
    description: First day of the week, such as V(monday). Empty for the default of the server.
    type: str
  language:
    description: Language of the pages, such as V(en-US). Empty for the default of the server.
    type: str
  replace:
    description:
      - Whether to replace preferences that are already set.
      - With V(false), only preferences that are not set are changed, and a home page that no longer exists.
    type: bool
    default: true
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Use the overview as the home page, unless another one is set
  vigil.observability.grafana_preferences:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    home_dashboard_uid: vigil-overview
    replace: false

- name: Show times in UTC
  vigil.observability.grafana_preferences:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    timezone: utc
"""

RETURN = r"""
preferences:
  description: C(home_dashboard_uid), C(theme), C(timezone), C(week_start) and C(language) as they are now.
  returned: success
  type: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.preferences import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_preferences
short_description: Home page and appearance of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Sets the preferences of an organisation, which count for everybody who has not chosen others in their own profile.
  - What is left out stays as it is. An unchanged run is one request.
  - Needs an administrator of the organisation, or a service account with that role.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  home_dashboard_uid:
    description:
      - Dashboard that opens first, by its uid. Empty is Grafana's own page.
      - One that does not exist is refused, and only a warning in check mode, where an earlier task may make it.
    type: str
  theme:
    description: V(light), V(dark) or another one that the server has. Empty is the server's default.
    type: str
  timezone:
    description: V(browser), V(utc) or a name such as V(Europe/Berlin). Empty is the server's default.
    type: str
  week_start:
    description: Day on which weeks begin, such as V(monday). Empty is the server's default.
    type: str
  language:
    description: Language of the pages, such as V(en-US). Empty is the server's default.
    type: str
  replace:
    description:
      - Whether what somebody else has set is replaced.
      - With V(false) only what nobody has set is set, and a home page that does not exist any more.
    type: bool
    default: true
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Open the overview first, unless somebody has chosen another home page
  vigil.observability.grafana_preferences:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    home_dashboard_uid: vigil-overview
    replace: false

- name: Show times as the servers log them
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
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.preferences import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_alerting
short_description: Manage alert rules, contact points, notification policy, mute timings and templates of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes alerting objects of an organisation of Grafana, with upstream's own keys. Reads each
    listed kind with one request and writes what differs, in an order that respects references between objects.
  - Objects that it writes carry a mark of O(owner), so O(prune) deletes nothing that others created. The mark of a rule
    is the annotation C(__owner__), which notifications do not show; of a contact point the setting C(vigil); of a
    template a comment; of a mute timing, which has no field for it, an interval on 1 January 1970. The notification
    policy is one tree without a mark, and should be in one list only.
  - Rules that Grafana would accept but never evaluate are refused before anything is written, such as one with a
    condition that is not a query, or with a folder or data source that does not exist. The latter is a warning in check
    mode.
  - For a new organisation, the module waits until the server has created its Alertmanager, which takes up to a minute.
  - Requires an administrator of the organisation, or a service account with that role.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.connection.owner
options:
  rule_groups:
    description:
      - Groups of alert rules. Rules of others stay unchanged, also in a listed group, where only a new interval applies
        to them too.
      - Without this option, rules are left unchanged. The same applies to each other kind and its option.
    type: list
    elements: dict
    suboptions:
      folder_uid: {description: Uid of the folder of the rules., type: str, required: true}
      name: {description: Name of the group., type: str, required: true}
      interval: {description: 'How often the rules are evaluated, a multiple of 10 s.', type: str, default: 1m}
      rules:
        description:
          - Rules with the keys of Grafana's provisioning API (C(title), C(condition), C(data), C(for) and so on).
            C(noDataState) is C(NoData) by default, C(execErrState) is C(Error).
          - A rule is identified by its C(uid), or without one by folder and C(title).
        type: list
        elements: dict
        required: true
  contact_points:
    description: Integrations. Several can have the same name and are then notified together.
    type: list
    elements: dict
    suboptions:
      name: {description: Name that notification policies use., type: str, required: true}
      type: {description: 'Any type of the server, such as V(email) or V(webhook).', type: str, required: true}
      uid: {description: Identifies the integration. Defaults to name and type., type: str}
      settings: {description: Settings of the type., type: dict}
      secure_settings:
        description:
          - Secret settings of the type. Secrets that are not listed are removed, as are empty ones. V([REDACTED]) keeps
            the existing secret.
        type: dict
      disableResolveMessage: {description: Whether to be silent when an alert is resolved., type: bool, default: false}
  notification_policy:
    description:
      - The whole tree of routes, with C(receiver), C(group_by), C(routes) and so on.
      - With O(state=absent) it is reset to that of a new Grafana, and the value of this option does not matter.
    type: dict
  mute_timings:
    description: Times without notifications.
    type: list
    elements: dict
    suboptions:
      name: {description: Name that notification policies use., type: str, required: true}
      time_intervals:
        description: Intervals of C(times), C(weekdays), C(days_of_month), C(months), C(years), C(location).
        type: list
        elements: dict
        default: []
  templates:
    description: Texts of notifications.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the template., type: str, required: true}
      template: {description: Text of the template. Without C(define) the module defines it under its name., type: str}
  editable_in_ui:
    description:
      - Whether people may edit these objects in Grafana's pages. Objects that are already locked stay locked until they
        are deleted, because Grafana does not unlock them.
    type: bool
    default: false
  secret_digest_key:
    description:
      - Secret from which the key for digests of the secrets is derived, slowly, to protect it from guessing. Required
        with C(secure_settings).
    type: str
  state:
    description: Whether the listed objects should exist.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete objects with the mark of O(owner) that are not listed, of each listed kind, in the whole organisation.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_folders
  - module: vigil.observability.grafana_datasources
"""

EXAMPLES = r"""
- name: Page the shop's team when its checkout is slow
  vigil.observability.grafana_alerting:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    secret_digest_key: "{{ grafana_secret_key }}"
    prune: true
    contact_points:
      - name: shop
        type: webhook
        settings: {url: "https://pager.example.org/shop", username: grafana}
        secure_settings: {password: "{{ pager_password }}"}
    notification_policy:
      receiver: shop
      group_by: [alertname]
      routes: [{receiver: shop, object_matchers: [[severity, "=", info]], mute_time_intervals: [weekend]}]
    mute_timings: [{name: weekend, time_intervals: [{weekdays: [saturday, sunday]}]}]
    rule_groups:
      - folder_uid: shop
        name: checkout
        rules:
          - title: Checkout is slow
            condition: above
            for: 5m
            labels: {severity: critical}
            data:
              - refId: seconds
                datasourceUid: prometheus
                relativeTimeRange: {from: 600, to: 0}
                model: {expr: "job:request_duration_seconds:p95", instant: true}
              - {refId: above, datasourceUid: __expr__, model: {type: math, expression: "$seconds > 2"}}
"""

RETURN = r"""
created: {description: Objects that were created., returned: success, type: list, elements: str}
updated: {description: Objects that were changed., returned: success, type: list, elements: str}
deleted: {description: Objects that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Objects that needed no change., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting.task import OPTIONS, act
from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()

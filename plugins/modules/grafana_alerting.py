# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_alerting
short_description: Alert rules, contact points, notification policy, mute timings and templates of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Brings the alerting of an organisation of Grafana to what is listed, with upstream's own keys. Reads each kind that
    is listed with one request, writes what differs, in an order in which nothing refers to what is not there.
  - What it writes carries a mark of O(owner), so that O(prune) removes nothing that others made. Rules have it in the
    annotation C(__owner__), which no notification shows; contact points in the setting C(vigil); templates in a
    comment; mute timings, which have no place for one, in an interval on 1 January 1970. The notification policy is one
    tree without a mark, and belongs into one list.
  - What Grafana would accept and then never evaluate is refused before anything is written, such as a condition that no
    query has, or a folder or data source that is not there. The latter is a warning in check mode.
  - A new organisation is waited for until the server has made its Alertmanager, which takes up to a minute.
  - Needs an administrator of the organisation, or a service account with that role.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.grafana.owner
options:
  rule_groups:
    description:
      - Groups of alert rules. Rules that others made stay as they are, also within a listed group, where only a new
        interval is theirs too.
      - Without this option rules are left alone, as is each other kind without its option.
    type: list
    elements: dict
    suboptions:
      folder_uid: {description: Folder that the rules are in., type: str, required: true}
      name: {description: Name of the group., type: str, required: true}
      interval: {description: 'How often the rules are evaluated, a multiple of 10 s.', type: str, default: 1m}
      rules:
        description:
          - Rules with the keys of Grafana's provisioning API (C(title), C(condition), C(data), C(for) and so on).
            C(noDataState) is C(NoData) by default, C(execErrState) is C(Error).
          - A rule is known by its C(uid), or without one by folder and C(title).
        type: list
        elements: dict
        required: true
  contact_points:
    description: Integrations, of which several can have one name and are then notified together.
    type: list
    elements: dict
    suboptions:
      name: {description: Name that notification policies use., type: str, required: true}
      type: {description: 'Any type that the server has, such as V(email) or V(webhook).', type: str, required: true}
      uid: {description: What it is known by. Without it that is name and type., type: str}
      settings: {description: Settings of its type., type: dict}
      secure_settings:
        description:
          - Secret settings of its type. Others in Grafana are removed, an empty one is none, and V([REDACTED]) keeps
            one as it is.
        type: dict
      disableResolveMessage: {description: Whether to send nothing when an alert ends., type: bool, default: false}
  notification_policy:
    description:
      - The whole tree of routes, with C(receiver), C(group_by), C(routes) and so on.
      - With O(state=absent) it is reset to that of a new Grafana, whatever is given here.
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
      template: {description: Its text. One without C(define) becomes a definition of its name., type: str}
  editable_in_ui:
    description:
      - Whether people may edit in Grafana's pages what this task writes. What is locked already stays so until it is
        deleted, since Grafana does not unlock.
    type: bool
    default: false
  secret_digest_key:
    description:
      - Secret that the key of digests of the secrets is derived from, in a way that makes guessing it slow. Needed with
        C(secure_settings).
    type: str
  state:
    description: Whether what is listed is to be there.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete what has the mark of O(owner) and is not listed, of each kind that is listed, in the whole organisation.
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
unchanged: {description: Objects that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.alerting.task import OPTIONS, act
from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()

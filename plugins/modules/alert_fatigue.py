#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_fatigue
short_description: Find out which alerts tire people
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.connection, vigil.observability.connection.reads]
description:
  - Reads from Prometheus when each alert fired in a window, and reports on each rule and each team how often, how long,
    how often too short for anybody to act, at night and at weekends, and how often an alert came back at once.
  - An episode is a time in which one alert fired without a pause. Episodes are made of the raw samples of C(ALERTS), so
    that alerts that were only pending count for nothing, and no short pause is missed.
  - A time in which Prometheus was down ends no episode that goes on after it.
  - Alerts with the severity V(none) are for nobody, and left out.
options:
  start:
    description: Start of the window, as V(now-30d), seconds since 1970, or RFC 3339 with a time zone.
    type: str
    default: now-30d
  end: {description: "End of the window, in the same formats as O(start).", type: str, default: now}
  replicas:
    description:
      - Addresses of further replicas of this Prometheus, which are asked with the same login. What one of them missed
        while it was down, another may have.
    type: list
    elements: str
    default: []
  alerts:
    description: Names of the alerts to report on. Defaults to all.
    type: list
    elements: str
    default: []
  attention:
    description: How long anybody needs to look at an alert. What is over sooner counts as short.
    type: str
    default: 5m
  flapping:
    description: An alert that begins so soon after its end flaps.
    type: str
    default: 10m
  together:
    description: Alerts that begin within this time of each other come together.
    type: str
    default: 5m
  timezone:
    description: Time zone of nights (22:00 to 06:00) and weekends, such as V(Europe/Berlin).
    type: str
    default: UTC
  heartbeat:
    description: Series that Prometheus records whenever it is up. Pauses of it are times in which nothing was seen.
    type: str
    default: up{job="prometheus"}
  back_test:
    description:
      - Whether to calculate, for rules that often fire too short to act on or flap, what a longer C(for) or
        C(keep_firing_for) would have saved and cost.
      - Prometheus evaluates the expression of each such rule over the window, by a query of 11,000 points at most at a
        time.
    type: bool
    default: false
  max_samples:
    description: How many samples are read of each replica at most.
    type: int
    default: 20000000
"""

EXAMPLES = r"""
- name: Find out which alerts tire people
  vigil.observability.alert_fatigue:
    url: https://monitor1:9090
    replicas: [https://monitor2:9090]
    username: admin
    password: "{{ prometheus_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    timezone: Europe/Berlin
  register: fatigue

- name: Show the ten alerts that come most often
  ansible.builtin.debug:
    msg: "{{ fatigue.analysis.rules[:10] | items2dict(key_name='alert', value_name='episodes') }}"
"""

RETURN = r"""
msg: {description: The analysis in one sentence., returned: success, type: str}
analysis:
  description: Times in seconds, shares from 0 to 1. The same answers of Prometheus give the same analysis.
  returned: success
  type: dict
  contains:
    window:
      description: C(start) and C(end), C(seconds), the C(timezone), and C(attention), C(flapping), C(together).
      type: dict
      returned: success
    coverage:
      description:
        - C(sources) that were asked, how many C(samples) and C(queries), the C(gaps) in which none of them was up, and
          C(notes) on what could not be seen.
      type: dict
      returned: success
    rules:
      description:
        - Each alert that fired, those with most C(episodes) first, with C(teams), C(severities), C(series),
          C(firing_seconds), C(median_seconds) and C(p90_seconds) of those whose beginning and end are known.
        - C(short) were over within O(attention). C(at_night) and C(at_weekends) began then. C(flaps) came back within
          O(flapping). C(open) fire at the end, C(lost) were last seen before a gap. C(query) shows its samples.
      type: list
      elements: dict
      returned: success
    hours:
      description: How many episodes began in each of the 24 hours of a day, in O(timezone).
      type: list
      elements: int
      returned: success
    teams:
      description: The same by the label C(team), with C(alerts), the number of their names, and episodes C(per_week).
      type: list
      elements: dict
      returned: success
    together:
      description:
        - Pairs of alerts, C(first) and C(second), that mostly begin together, C(both) times.
        - C(jaccard) is the share of their occasions that they have in common, C(first_share) how often the first began
          earlier, C(lag_seconds) the median of how much.
      type: list
      elements: dict
      returned: success
    silent:
      description:
        - Rules that did not fire, with C(alert), C(group), C(health), C(error) and C(query).
        - C(missing) are the selectors of their expressions that no series of the window matches. Rules with some come
          first.
      type: list
      elements: dict
      returned: success
    proposals:
      description:
        - With O(back_test), rules with a C(change), how many of their C(episodes) it would have C(saved), by how much
          an alert would have come later at most (C(later_seconds)), and how much longer alerts would have fired
          (C(longer_seconds)). None would have missed an episode that lasted for O(attention).
        - Or why there is none, as C(refused). A rule whose expression over the window does not give the recorded
          episodes, from start to end within one evaluation, gets none. C(queries) is how many were made.
      type: list
      elements: dict
      returned: success
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._alert_history.fatigue import (
    fatigue,
    question_of,
    summary,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._prometheus.client import run_prometheus_module

_OPTIONS = {
    "start": {"type": "str", "default": "now-30d"},
    "end": {"type": "str", "default": "now"},
    "replicas": {"type": "list", "elements": "str", "default": []},
    "alerts": {"type": "list", "elements": "str", "default": []},
    "attention": {"type": "str", "default": "5m"},
    "flapping": {"type": "str", "default": "10m"},
    "together": {"type": "str", "default": "5m"},
    "timezone": {"type": "str", "default": "UTC"},
    "heartbeat": {"type": "str", "default": 'up{job="prometheus"}'},
    "back_test": {"type": "bool", "default": False},
    "max_samples": {"type": "int", "default": 20_000_000},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    question = question_of(module.params, datetime.now(timezone.utc))
    analysis = fatigue(session, question, module.params["replicas"])
    return {"changed": False, "msg": summary(analysis), "analysis": analysis}


def main() -> None:
    """Run the module."""
    run_prometheus_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()

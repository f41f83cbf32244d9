#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_analysis
short_description: Find out what is new in logs
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.connection, vigil.observability.elasticsearch]
description:
  - Compares a window of logs with the baseline before it. It finds messages that are new, vanished, or became more or
    fewer; errors by name, with their trend; and services whose error rate, response time or traffic deviates.
  - Messages are put together as patterns. Numbers, ids, addresses, paths and mail addresses are masked, and messages
    that differ only in a word that takes many values become one.
  - It runs on the controller and reads files of JSON lines, one document a line, plain or compressed by gzip, or
    documents from Elasticsearch. Of a key that is in a document twice, the last value counts. Lines that cannot be used
    are counted and reported.
  - Elasticsearch is read at one point in time, in pages of 10,000 documents. An answer that lacks shards fails the
    task. The user needs the privilege C(read) on the indices.
  - The same lines give the same result, byte for byte, in whatever order they are.
  - Reports hold log lines, user ids and correlation ids. They are written with mode 0600.
attributes:
  check_mode:
    support: full
    description: Analyses, and writes no report.
  diff_mode:
    support: none
    description: The reports are new texts, not changes of old ones.
requirements:
  - polars >= 2.1 (on the controller)
  - orjson >= 3.10 (on the controller)
options:
  files:
    description:
      - Files of JSON lines on the controller, for example a log and those rotated before it. Each may be compressed by
        gzip.
      - With files, a URL of Elasticsearch in the environment is ignored.
    type: list
    elements: path
    default: []
  url:
    description: URL of Elasticsearch, such as V(https://es1:9200), or E(ELASTICSEARCH_URL), in place of O(files).
    type: str
  index:
    description: Indices or data streams to read, with wildcards, separated by commas.
    type: str
    default: logs-*
  query:
    description: Which documents to read, in the syntax of Lucene, such as V(level:ERROR AND NOT service:test).
    type: str
    default: ""
  max_documents:
    description: Number of documents from which the task fails instead of reading for very long.
    type: int
    default: 5000000
  end:
    description:
      - End of the window. V(now), V(now-1h), seconds since 1970, or an instant such as V(2026-01-31T08:00:00+01:00).
      - Hours are counted backwards from here.
    type: str
    default: now
  window:
    description: Length of the window, in whole hours or days.
    type: str
    default: 1d
  baseline:
    description:
      - Length of the baseline, which ends where the window starts, and is not shorter.
      - Traffic is compared with the same hour of earlier days, of which it needs at least four.
    type: str
    default: 7d
  timezone:
    description: Time zone of times that name none.
    type: str
    default: UTC
  fields:
    description:
      - Names of fields, where they differ from the default. C(a.b) is the key C(a.b), or C(b) in the object C(a). Of
        several names, the first that a document has counts.
    type: dict
    suboptions:
      time:
        description:
          - Time of the line, as ISO 8601, or as seconds or smaller units since 1970. By default C(@timestamp) or
            C(timestamp). The first name is the field by which Elasticsearch finds documents.
        type: list
        elements: str
      level:
        description:
          - Level in any case. By default C(level) or C(log.level). A line without one is an error if it has an error
            name.
        type: list
        elements: str
      service:
        description: Name of the service. By default C(service) or C(service.name).
        type: list
        elements: str
      message:
        description: The message. By default C(message).
        type: list
        elements: str
      detail:
        description:
          - What the message leaves out, which is appended to it. By default C(errorMessage) or C(error.message).
        type: list
        elements: str
      error_name:
        description: Name of the error. By default C(errorName), C(error.name) or C(error.type).
        type: list
        elements: str
      response_time:
        description: Response time in any unit. By default C(responseTime) or C(durationMs).
        type: list
        elements: str
      user:
        description: User id. By default C(userId), C(user.id) or C(context.userId).
        type: list
        elements: str
      correlation:
        description:
          - Correlation id. By default C(correlationId), C(trace.id), C(requestId) or C(context.requestId).
        type: list
        elements: str
  deployments:
    description:
      - Deployments to show beside the logs, each with C(time), and C(version) or C(name), and C(service) when it
        concerns only that one.
    type: list
    elements: dict
    default: []
  alerts:
    description:
      - Alerts to show beside the logs, as M(vigil.observability.alertmanager_info) or
        M(vigil.observability.dashboard_data) return them, as M(vigil.observability.prometheus_query) returns C(ALERTS)
        over a range, or each with C(name), C(service), C(start) and C(end).
    type: list
    elements: dict
    default: []
  json_path:
    description: File on the controller to write the result to, as JSON.
    type: path
  page_path:
    description: File on the controller to write a page of HTML to. It contains its plots and loads nothing.
    type: path
seealso:
  - module: vigil.observability.dashboard_data
  - module: vigil.observability.alertmanager_info
"""

EXAMPLES = r"""
- name: Find out what is new since yesterday
  vigil.observability.log_analysis:
    files:
      - /var/log/app/combined.log
      - /var/log/app/combined.log.1.gz
    page_path: /tmp/logs.html
  register: logs

- name: Find out what is new in the logs in Elasticsearch
  vigil.observability.log_analysis:
    url: https://es1:9200
    username: log_reader
    password: "{{ elasticsearch_passwords.log_reader }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    query: environment:production
    page_path: /tmp/logs.html
  register: logs

- name: Show the new messages
  ansible.builtin.debug:
    msg: "{{ logs.analysis.messages.new | map(attribute='pattern') }}"

- name: Compare the hour after a deployment with the day before it
  vigil.observability.log_analysis:
    files: [/var/log/app/combined.log]
    end: "2026-01-31T09:00:00+01:00"
    window: 1h
    baseline: 24h
    fields:
      service: [kubernetes.container.name]
      response_time: [elapsed]
    deployments:
      - {time: "2026-01-31T08:00:00+01:00", service: shop, version: 1.4.2}
"""

RETURN = r"""
msg: {description: The result in a few sentences., returned: success, type: str}
analysis:
  description: The result.
  returned: success
  type: dict
  contains:
    window: {description: "C(start), C(end) and the number of C(lines). The C(baseline) has the same.", type: dict}
    lines:
      description: What became of the lines. C(read) is the sum of C(used) and of what was left out, by reason.
      type: dict
    notes: {description: What was left out or could not be compared., type: list, elements: str}
    errors:
      description:
        - C(total), C(before) in as many hours before the window, C(timeline) by hour, C(gone), and C(names), the 20
          most frequent ones with C(count), C(trend), C(services), C(timeline), C(lines), C(users) and
          C(correlation_ids).
      type: dict
    anomalies:
      description:
        - C(service), C(type) (C(error_rate_spike), C(response_time_increase), C(traffic_spike), C(traffic_drop) or
          C(silence)), C(severity), C(current), C(baseline), C(threshold) and C(description).
      type: list
      elements: dict
    baselines_too_small: {description: "What could not be judged, and why.", type: list, elements: dict}
    messages:
      description:
        - Patterns that are C(new), that C(vanished), or of which the share C(changed) by more than chance
          (log-likelihood ratio), at most 50 each, with C(lines), C(users), C(correlation_ids), and what came C(after)
          which deployments and alerts.
      type: dict
    events: {description: Deployments and alerts., type: list, elements: dict}
    traffic:
      description: C(lines) of each hour of each service, with what was C(expected), and its C(spread).
      type: dict
"""

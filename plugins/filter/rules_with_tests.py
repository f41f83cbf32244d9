# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rules_with_tests
short_description: Rule files, generated rules and the tests of both, for staged_config
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Adds generated rule sets to rule files, and the tests of both to C(tests/).
  - A test file of your own names its rule files relative to itself, as C(promtool) expects. The paths are rewritten to
    those in the configuration.
  - Refuses two files with one name, tests of rules that are not in the configuration, and rules that look back further
    than the retention.
positional: rule_sets, tests, sources
options:
  _input:
    description: Entries as P(vigil.observability.rule_files#filter) gives them.
    type: list
    elements: dict
    required: true
  rule_sets: {description: "Rule sets with C(name), C(rules) and C(tests).", type: list, elements: dict, required: true}
  tests: {description: Test files and directories on the controller., type: list, elements: path, required: true}
  sources:
    description: Rule files and directories on the controller from which the entries were read.
    type: list
    elements: path
    required: true
  retention: {description: "How long samples are kept. Not checked when empty.", type: str, default: ""}
  summaries:
    description:
      - Whether to add rules that record the summaries of firing alerts, which Prometheus itself does not store, for
        P(vigil.observability.alerts_dashboard#filter).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the files
  ansible.builtin.debug:
    msg: >-
      {{ ['monitoring/rules'] | vigil.observability.rule_files('roles/prometheus/files/rules')
         | vigil.observability.rules_with_tests(applications | vigil.observability.correlation_rules,
         ['monitoring/tests'], ['monitoring/rules'], retention='30d') }}
"""

RETURN = r"""
_value:
  description: Entries with C(path) and C(content). Those of tests also list in C(tests) the rule files that they test.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

File = dict[str, Any]


@same_text
def rules_with_tests(
    files: Sequence[File],
    rule_sets: Sequence[Mapping[str, Any]],
    tests: Sequence[str],
    sources: Sequence[str],
    *,
    retention: str = "",
    summaries: bool = False,
) -> list[File]:
    """Return the entries; raise AnsibleFilterError for what cannot be used together."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.configuration import files_with_tests

    try:
        return files_with_tests(files, rule_sets, tests, sources, retention=retention, summaries=summaries)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter rules_with_tests."""

    def filters(self) -> dict[str, Callable[..., list[File]]]:
        """Return the filter by its name."""
        return {"rules_with_tests": rules_with_tests}

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.module_utils._certificates.expiry_metrics import expiry_metrics

RECORDS = {"prometheus": {"not_before": 1, "not_after": 3}, "node_exporter": {"not_before": 2, "not_after": 4}}


def test_every_service_has_a_line_in_the_order_of_names() -> None:
    text = expiry_metrics("web1", RECORDS, authority_not_after=5)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'vigil_certificate_not_after_timestamp_seconds{service="node_exporter",host="web1"} 4',
        'vigil_certificate_not_after_timestamp_seconds{service="prometheus",host="web1"} 3',
        'vigil_certificate_not_before_timestamp_seconds{service="node_exporter",host="web1"} 2',
        'vigil_certificate_not_before_timestamp_seconds{service="prometheus",host="web1"} 1',
        'vigil_certificate_authority_not_after_timestamp_seconds{host="web1"} 5',
    ]


def test_names_are_escaped_as_the_text_format_asks() -> None:
    text = expiry_metrics('we"b\\1\n', {}, authority_not_after=5)
    assert 'host="we\\"b\\\\1\\n"' in text
    assert text.endswith(" 5\n")

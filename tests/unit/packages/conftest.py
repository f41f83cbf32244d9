# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of packages share with those of plugins."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import elasticsearch, newest_elasticsearch

__all__ = ["elasticsearch", "newest_elasticsearch"]

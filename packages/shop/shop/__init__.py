# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shop with a catalogue, carts, orders and a report, and the service that takes its payments.

What it is for is to be watched: each request is measured, logged and traced with vigil-telemetry, and faults that
shops have can be switched on.
"""

from __future__ import annotations

__version__ = "1.0.0"

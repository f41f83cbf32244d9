# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks, and what it may load: nothing."""

from __future__ import annotations

__all__ = ["POLICY", "STYLE"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #657085; --rule: #d5dae3; --paper: #ffffff;
  --bar: #5b7fb5; --bad: #c9372c; --warn: #b26b00; --band: #d9e4f2; --mark: #6b46c1; }
@media (prefers-color-scheme: dark) { :root { --ink: #dde3ee; --soft: #97a2b8; --rule: #39424f; --paper: #161b22;
  --bar: #7fa3d8; --bad: #f0776c; --warn: #e0a24a; --band: #2a3648; --mark: #b79cf0; } }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1200px;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-weight: 500; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: anywhere; min-width: 4rem; }
th { overflow-wrap: normal; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; white-space: pre-wrap; }
details { color: var(--soft); } details ul { margin: .2rem 0; padding-left: 1.2rem; }
.severity, .level { font-weight: 600; } .high, .error { color: var(--bad); } .medium, .warning { color: var(--warn); }
.other, .none { color: var(--soft); font-weight: 400; } .after { color: var(--mark); }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 11px; fill: var(--soft); }
svg.flames text { fill: var(--ink); } svg.flames rect { stroke: var(--paper); }
svg .number { text-anchor: end; } svg .axis { stroke: var(--rule); } svg .line { fill: var(--bar); }
svg .error, svg .odd { fill: var(--bad); } svg .expected { fill: var(--band); } .spark { width: 9rem; }
.event line { stroke: var(--mark); stroke-dasharray: 3 3; } .event circle { fill: var(--mark); }
.event.alert line { stroke: var(--bad); } .event.alert circle { fill: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; overflow-wrap: anywhere; }
"""

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: root_files
short_description: Write files that belong to root
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Writes each file atomically, and creates missing directories, which belong to root, too.
  - Nothing is written if content, mode and owner are the same.
options:
  files:
    description: The files, in the order in which they are written.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {description: Absolute path., type: path, required: true}
      content: {description: The text., type: str, required: true}
      mode: {description: Permissions as octal digits., type: str, default: "0644"}
attributes:
  check_mode: {support: full, description: Reports what would change and writes nothing.}
  diff_mode: {support: full, description: Shows the content before and after.}
"""

EXAMPLES = r"""
- name: Declare what automation may do
  vigil.observability.root_files:
    files:
      - path: /etc/vigil/actions.json
        content: "{{ actions | to_nice_json }}\n"
        mode: "0600"
"""

RETURN = r"""
written: {description: Paths of the files that differed., returned: success, type: list, elements: str}
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import make_directory, write_atomically

_FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
}


def _described(path: Path) -> tuple[str, str]:
    """Return the mode and owner of a file in a line, and its content; both are empty without one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return "", ""
    if not stat.S_ISREG(found.st_mode):
        return "no file\n", ""
    head = f"{stat.S_IMODE(found.st_mode):04o} {found.st_uid}:{found.st_gid}\n"
    return head, path.read_text(encoding="utf-8", errors="replace")


def _difference(one: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the file before and after, or None when it is what it should be."""
    head, content = _described(Path(one["path"]))
    wanted = f"{int(one['mode'], 8):04o} {os.geteuid()}:{os.getegid()}\n"
    if (head, content) == (wanted, one["content"]):
        return None
    shown = {"before_header": one["path"], "after_header": one["path"]}
    return {**shown, "before": head + content, "after": wanted + one["content"]}


def main() -> None:
    """Write the files and exit."""
    options = {"files": {"type": "list", "elements": "dict", "required": True, "options": _FILE}}
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    try:
        found = [(one, _difference(one)) for one in module.params["files"]]
        differences = [(one, difference) for one, difference in found if difference]
        for one, _difference_of_it in differences if not module.check_mode else ():
            make_directory(Path(one["path"]).parent)
            write_atomically(Path(one["path"]), one["content"].encode(), mode=int(one["mode"], 8))
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"Cannot write the files: {error}.")
    written = [one["path"] for one, _difference_of_it in differences]
    module.exit_json(changed=bool(written), written=written, diff=[difference for _one, difference in differences])


if __name__ == "__main__":
    main()

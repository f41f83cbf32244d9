"""Keeps the bytecode of collections between processes, where Python keeps other bytecode.

Python imports this by the name sitecustomize, by which .build has it. The loader of Ansible compiles each module of a
collection anew in each process, and a play has a process for each task of each host.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

__all__ = ["FinderOfLoaders"]

_LOADERS = "ansible.utils.collection_loader._collection_finder"


class _LoadersWithBytecode(SourceFileLoader):
    """Loads the module of Ansible's loaders and has them ask Python's loader for the code of a file."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        loaders = module.__dict__["_AnsibleCollectionPkgLoaderBase"]
        compiled = loaders.get_code

        def get_code(loader: Any, name: str) -> CodeType | None:
            if loader._source_code_path and not loader._compiled_code:
                loader._compiled_code = SourceFileLoader(name, loader._source_code_path).get_code(name)
            code: CodeType | None = compiled(loader, name)
            return code

        loaders.get_code = get_code


class FinderOfLoaders:
    """Finds the module of Ansible's loaders, when a process imports it at all."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the specification of that module, with the loader above, and none of others."""
        if name != _LOADERS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin:
            spec.loader = _LoadersWithBytecode(name, spec.origin)
        return spec


sys.meta_path.insert(0, FinderOfLoaders)

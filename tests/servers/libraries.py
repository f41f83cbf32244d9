"""Libraries from PyPI, copied beside a stand-in that needs them on hosts without any."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["LICENSE", "NOT_PACKED", "copy_libraries", "digest_of_packed", "names_and_versions"]

LICENSE = Path(__file__).resolve().parents[2] / "LICENSE"
NOT_PACKED = shutil.ignore_patterns("__pycache__", "*.so", "*.pyi", "py.typed", "test", "recordings", "packing.py")


def copy_libraries(libraries: Mapping[str, str], folder: Path) -> None:
    """Copy what is imported, each from its distribution, into a folder."""
    for name, distribution in libraries.items():
        _copy(name, folder)
        # Some ask for their own version when they are imported.
        metadata = importlib.metadata.metadata(distribution)
        place = folder / f"{distribution.replace('-', '_')}-{metadata['Version']}.dist-info"
        place.mkdir(exist_ok=True)
        (place / "METADATA").write_text(f"Name: {distribution}\nVersion: {metadata['Version']}\n", encoding="utf-8")


def names_and_versions(distributions: Iterable[str]) -> str:
    """Return the distributions with their versions, for the notice of an archive."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in distributions)


def digest_of_packed(folder: Path, distributions: Iterable[str]) -> str:
    """Return a digest of all that is packed: the sources in a folder, the licence, and the libraries."""
    digest = hashlib.sha256(LICENSE.read_bytes() + names_and_versions(distributions).encode())
    for source in sorted(folder.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


def _copy(name: str, folder: Path) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"cannot pack {name}: this Python has none; requirements/development.txt names it")
    source, target = Path(spec.origin), folder / name.replace(".", "/")
    if source.name == "__init__.py":
        shutil.copytree(source.parent, target, ignore=NOT_PACKED)
    else:
        shutil.copyfile(source, target.with_suffix(".py"))

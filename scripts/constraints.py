"""Prints constraints.txt: the installed versions of everything that pyproject.toml's requirements lead to.

Run it in an environment that was tried: ``.venv/bin/python scripts/constraints.py > constraints.txt``.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from requirements import requirements

EXTRAS = ["embedded", "test"]


def closure(wanted: list[str]) -> dict[str, str]:
    """Name -> installed version of the requirements and of all that they require here."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        requirement = waiting.pop()
        key = f"{canonicalize_name(requirement.name)}[{','.join(sorted(requirement.extras))}]"
        if key in seen:
            continue
        seen.add(key)
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # for another platform
        found[canonicalize_name(requirement.name)] = installed.version
        for line in installed.requires or []:
            below = Requirement(line)
            if below.marker is None or any(
                below.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            ):
                waiting.append(below)
    return found


if __name__ == "__main__":
    print("\n".join(sorted(f"{name}=={version}" for name, version in closure(requirements(EXTRAS)).items())))

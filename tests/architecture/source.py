"""The project's own source, read and not run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("schemas", "storage", "app")


@dataclass(frozen=True)
class Module:
    """One module: its dotted name, its path in the repository and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def imports(self) -> set[str]:
        """The dotted names it imports, also inside functions; `from a import b` gives `a` and `a.b`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: relative imports hide where a name comes from"
                found.add(node.module or "")
                found.update(f"{node.module}.{each.name}" for each in node.names)
        return found

    def within(self, package: str) -> bool:
        """Whether it is the package or in it."""
        return is_within(self.name, package)


def is_within(name: str, package: str) -> bool:
    """Whether a dotted name is the package or something in it."""
    return name == package or name.startswith(f"{package}.")


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the three rooms."""
    return tuple(_read())


def _read() -> Iterator[Module]:
    for room in ROOMS:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            parts = path.relative_to(REPOSITORY).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name, path.relative_to(REPOSITORY), ast.parse(path.read_text(encoding="utf-8")))

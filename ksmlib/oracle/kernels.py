"""The kernels by name, and what to do if one is not built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ksmlib.oracle import qemu, uml
from ksmlib.oracle.boot import Kernel, RunScript

#: Where ``make -C oracle`` of a checkout puts what it builds.
IMAGES = Path(__file__).parents[2] / "oracle" / "build"


class NotBuilt(Exception):
    """There is no such kernel, or it is not built; one sentence that says how."""


@dataclass(frozen=True)
class Kind:
    """One way to boot: the function, and the files that it needs.

    ``{name}`` in a file stands for the name of the kernel.
    """

    run_script: RunScript
    files: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "uml": Kind(uml.run_script, ("{name}/linux", "uml-init", "runner")),
    "qemu": Kind(qemu.run_script, ("{name}/vmlinuz", "init", "runner")),
    "debian": Kind(qemu.run_script, ("{name}/vmlinuz", "init", "runner")),
}

#: A kind, or a kind built with one more patch: ``uml-by-index-origin``.
_NAME = re.compile(r"([a-z]+)(?:-([a-z0-9-]+))?")


def find_kernel(name: str = "uml", images: Path | None = None) -> Kernel:
    """The kernel of that name below ``images``. Raises NotBuilt."""
    match = _NAME.fullmatch(name)
    kind = KINDS.get(match[1]) if match else None
    if match is None or kind is None:
        raise NotBuilt(f"no kernel {name[:40]!r}; there are {', '.join(KINDS)}")
    images = IMAGES if images is None else images
    for file in kind.files:
        path = images / file.format(name=name)
        if not path.is_file():
            raise NotBuilt(f"{path} is not there; build it with: {_make(match)}")
    return Kernel(name, images, kind.run_script)


def _make(name: re.Match[str]) -> str:
    patch = f" PATCHES={name[2]}" if name[2] else ""
    return f"make -C oracle {name[1]}{patch}"

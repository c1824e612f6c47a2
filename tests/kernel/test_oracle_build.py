"""The build of the kernels, as far as it can be tried without building one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ksmlib.oracle.model import IN_KERNEL

ORACLE = Path(__file__).parents[2] / "oracle"
PATCHES = sorted((ORACLE / "patches").rglob("*.patch"))


def call(
    *command: str | Path, folder: Path = ORACLE, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_patch_has_every_design_under_its_id() -> None:
    text = (ORACLE / "patches" / "ksm-designs.patch").read_text("utf-8")
    names = re.findall(r'^\+\t\[KSM_\w+\]\s+= "([a-z-]+)",$', text, re.MULTILINE)
    assert names == [design.id for design in IN_KERNEL]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_says_its_licence_and_what_it_is(patch: Path) -> None:
    licence, subject, *rest = patch.read_text("utf-8").splitlines()
    assert licence == "SPDX-License-Identifier: GPL-2.0"
    assert re.match(r"Subject: \[RFC( [1-9]/[1-9])?\] ", subject)
    assert "---" in rest
    readme = (ORACLE / "patches" / "README.md").read_text("utf-8")
    [name, *_] = patch.relative_to(ORACLE / "patches").parts
    assert f"`{name}" in readme


def test_a_folder_of_patches_is_applied_in_order() -> None:
    done = call("make", "-n", "-B", "uml", "PATCHES=by-index-origin")
    [*_, patched] = [x for x in done.stdout.splitlines() if "patch-tree" in x]
    names = re.findall(r"patches/(\S+)\.patch", patched)
    assert names[0] == "uml"
    assert [name.partition("/")[2][0] for name in names[1:-1]] == list("1234")
    assert names[-1] == "reader"


def test_a_tarball_that_is_not_there() -> None:
    done = call("./needs", "/no/such.tar.xz", "sh")
    assert done.returncode == 1
    assert done.stderr == "missing: /no/such.tar.xz, which LINUX_TARBALL names\n"


def test_packages_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path / "id", "#!/bin/sh\necho 1000\n", 0o755)
    shell = shutil.which("sh")
    assert shell is not None
    done = call(shell, "needs", ORACLE / "Makefile", "sh", "flex", path=str(tmp_path))
    assert done.returncode == 1
    assert re.fullmatch(r"missing: sh flex; install it with: .*\n", done.stderr)


def test_root_installs_what_is_not_there(tmp_path: Path) -> None:
    for name in ("bash", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    write(tmp_path / "id", "#!/bin/bash\necho 0\n", 0o755)
    write(tmp_path / "apt-get", f'#!/bin/bash\necho "$@" >>{tmp_path}/asked\n', 0o755)
    shell = shutil.which("sh")
    assert shell is not None
    done = call(
        *(shell, "needs", ORACLE / "Makefile", "bash", "xz-utils", "bc"),
        path=str(tmp_path),
    )
    assert (done.returncode, done.stdout) == (0, "Installing xz-utils bc\n")
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert asked[-1].endswith("--no-install-recommends xz-utils bc")


def test_an_option_that_the_kernel_drops(tmp_path: Path) -> None:
    wanted = write(tmp_path / "wanted", "# why\nCONFIG_KSM=y\nCONFIG_NUMA=y\n")
    got = write(tmp_path / "got", "CONFIG_KSM=y\n# CONFIG_NUMA is not set\n")
    done = call("./check-config", wanted, got)
    assert done.returncode == 1
    assert "CONFIG_NUMA=y" in done.stderr
    assert "CONFIG_KSM" not in done.stderr
    assert call("./check-config", got, got).returncode == 0


def test_provenance_says_what_a_kernel_is_made_from(tmp_path: Path) -> None:
    release = tmp_path / "tree" / "include" / "config" / "kernel.release"
    write(release, "6.12.117\n")
    tarball = write(tmp_path / "linux.tar.xz", "not a package's\n")
    config = write(tmp_path / "config", "CONFIG_KSM=y\n")
    patch = write(tmp_path / "a.patch", "one\n")

    def provenance() -> dict[str, str]:
        done = call("./provenance", tmp_path / "tree", tarball, config, patch)
        found: dict[str, str] = json.loads(done.stdout)
        return found

    first = provenance()
    assert first["release"] == "6.12.117"
    assert first["source"].startswith("linux.tar.xz sha256 ")
    write(patch, "two\n")
    second = provenance()
    changed = {key for key in first if first[key] != second[key]}
    assert changed == {"patches_sha256_16"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source of two files, and a tree made from it."""
    for file in ("mm/a.c", "mm/b.c"):
        write(tmp_path / "build" / "source" / file, "one\ntwo\n")
        write(tmp_path / "tree" / file, "one\ntwo\n")
        os.utime(tmp_path / "tree" / file, (1, 1))
    for name, word in (("a", "three"), ("b", "four")):
        write(
            tmp_path / f"{name}.patch",
            f"--- a/mm/{name}.c\n+++ b/mm/{name}.c\n"
            f"@@ -1,2 +1,3 @@\n one\n two\n+{word}\n",
        )
    return tmp_path


def patch_tree(tree: Path, *patches: str) -> subprocess.CompletedProcess[str]:
    return call(ORACLE / "patch-tree", "tree", *patches, folder=tree)


def built_again(tree: Path) -> set[str]:
    """The files that make takes for new."""
    files = (tree / "tree" / "mm").iterdir()
    return {file.name for file in files if file.stat().st_mtime > 1}


def test_patch_tree_touches_only_what_it_changes(tree: Path) -> None:
    assert patch_tree(tree, "a.patch").returncode == 0
    assert (tree / "tree/mm/a.c").read_text() == "one\ntwo\nthree\n"
    assert built_again(tree) == {"a.c"}
    assert (tree / "build/source/mm/a.c").read_text() == "one\ntwo\n"
    os.utime(tree / "tree/mm/a.c", (1, 1))
    assert patch_tree(tree, "a.patch").returncode == 0
    assert built_again(tree) == set()


def test_patch_tree_takes_back_what_is_not_wanted(tree: Path) -> None:
    patch_tree(tree, "a.patch")
    assert patch_tree(tree, "b.patch").returncode == 0
    assert (tree / "tree/mm/a.c").read_text() == "one\ntwo\n"
    assert (tree / "tree/mm/b.c").read_text() == "one\ntwo\nfour\n"
    assert built_again(tree) == {"a.c", "b.c"}


def test_patch_tree_changes_nothing_if_a_patch_does_not_fit(tree: Path) -> None:
    write(tree / "tree/mm/a.c", "one\ntwo\n")
    write(tree / "build/source/mm/b.c", "another\nfile\n")
    assert patch_tree(tree, "a.patch", "b.patch").returncode != 0
    assert (tree / "tree/mm/a.c").read_text() == "one\ntwo\n"

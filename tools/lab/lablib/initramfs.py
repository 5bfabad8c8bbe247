# SPDX-License-Identifier: GPL-2.0
"""Builds the initramfs of L1 or L2: busybox, the early modules, an init."""

import gzip
import lzma
import shutil
import subprocess
from pathlib import Path

from . import cache, cpio
from .errors import LabError
from .kernel import insertions

INIT = Path(__file__).resolve().parent.parent / "both" / "init"
APPLETS = ("sh", "mount", "insmod", "mkdir", "chroot", "poweroff", "ifconfig", "cat", "ln")
FOLDERS = ("proc", "sys", "dev", "ro", "rw", "new", "hot")

# What the root and the channels need; everything else is on the root.
EARLY = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console")
L1_DRIVERS = ("kvm_amd", "kvm_intel")


def build(kernel, drivers, layer):
    """The path of a cached image. /mod/NAME lists what to insert for each driver; the
    files of LAYER are in /hot."""
    lists = {"early": _early(kernel)}
    lists.update((name, insertions(kernel, name) or []) for name in drivers)
    files = {file for files in lists.values() for file in files} | set(layer.files.values())
    key = [lists, layer.links, sorted(map(cache.stamp, [INIT, _busybox(), *files]))]
    with cache.building("initramfs", key) as (place, work):
        if work:
            _write(work / "image", lists, layer)
    return place / "image"


def _early(kernel):
    found = {name: insertions(kernel, name) for name in EARLY}
    missing = [name for name, files in found.items() if files is None]
    if missing:
        raise LabError(f"kernel {kernel.version} lacks {', '.join(missing)}")
    return list(dict.fromkeys(file for files in found.values() for file in files))


def _busybox():
    found = shutil.which("busybox")
    if not found:
        raise LabError("busybox is missing: install busybox-static")
    return Path(found)


def _write(target, lists, layer):
    # Not compressed: unpacking on an emulated CPU costs more than copying.
    with target.open("wb") as stream:
        archive = cpio.Writer(stream)
        for folder in FOLDERS:
            archive.directory(folder)
        archive.file("init", INIT.read_bytes(), 0o755)
        archive.file("bin/busybox", _busybox().read_bytes(), 0o755)
        for applet in APPLETS:
            archive.symlink(f"bin/{applet}", "busybox")
        _write_modules(archive, lists)
        for name, target in layer.links.items():
            archive.symlink(f"hot{name}", target)
        for name, file in layer.files.items():
            archive.file(f"hot{name}", file.read_bytes(), file.stat().st_mode & 0o777)
        archive.close()


def _write_modules(archive, lists):
    for file in {file for files in lists.values() for file in files}:
        archive.file(f"mod/{plain(file)}", content(file))
    for name, order in lists.items():
        archive.file(f"mod/{name}", "".join(f"{plain(file)}\n" for file in order).encode())


def plain(path):
    """The name of a module's file, without what it is compressed by."""
    return path.name.split(".ko")[0] + ".ko"


def content(path):
    """What is in a module's file."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        if not shutil.which("zstd"):
            raise LabError("zstd is missing: install it")
        return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout
    return data

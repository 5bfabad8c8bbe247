# SPDX-License-Identifier: GPL-2.0
"""Finds a kernel, its modules, and the order in which modules must be loaded."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .errors import LabError, usage_error

# For L1 and L2. A panic ends QEMU at once. Early scans of the PCI bus and mitigations
# cost seconds under emulation; watchdogs cry wolf there, and the lab has its own. Fixed
# addresses make saved registers readable.
KERNEL_OPTIONS = ("console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check pci=noearly "
                  "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120")


@dataclass(frozen=True)
class Kernel:
    version: str
    image: Path     # bzImage
    modules: Path   # a lib/modules/VERSION that has modules.dep


def find(spec):
    """SPEC is VERSION, DIRECTORY:VERSION, or None for the newest installed one."""
    if spec is None:
        return _under(Path("/"), _newest())
    root, _, version = spec.rpartition(":")
    if root:
        return _under(Path(root).resolve(), version)
    return _under(Path("/"), version)


def _newest():
    found = [path.name[len("vmlinuz-"):] for path in Path("/boot").glob("vmlinuz-*")]
    found = [version for version in found if (Path("/lib/modules") / version).is_dir()]
    if not found:
        raise usage_error("no kernel with modules is installed: name one with --kernel")
    return max(found, key=_version_key)


def _version_key(version):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in re.findall(r"\d+|[a-z]+", version)]


def _under(root, version):
    image = root / "boot" / f"vmlinuz-{version}"
    if not image.is_file():
        raise usage_error(f"kernel {version}: {image} does not exist")
    for folder in ("lib/modules", "usr/lib/modules"):
        modules = root / folder / version
        if modules.is_dir():
            return Kernel(version, image, _with_index(modules, version))
    raise usage_error(f"kernel {version}: no lib/modules/{version} below {root}")


def _with_index(modules, version):
    """An unpacked package has no modules.dep: make one in a cached tree of links."""
    if (modules / "modules.dep").exists():
        return modules
    with cache.building("modules", [str(modules), modules.stat().st_mtime_ns]) as (place, work):
        if work:
            tree = work / "lib" / "modules" / version
            tree.mkdir(parents=True)
            for entry in modules.iterdir():
                (tree / entry.name).symlink_to(entry)
            _depmod(work, version)
    return place / "lib" / "modules" / version


def _depmod(base, version):
    result = _kmod("depmod", "-b", base, version)
    if result.returncode:
        raise LabError(f"depmod for {version}: {result.stderr.strip()}")


def _kmod(name, *arguments):
    tool = shutil.which(name, path="/sbin:/usr/sbin:/bin:/usr/bin")
    if not tool:
        raise LabError(f"{name} is missing: install kmod")
    return subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)


def insertions(kernel, module):
    """Files to insert for MODULE, in order; none where it is built in, and None where
    KERNEL does not have it. The machine's modprobe.d has no say."""
    base = kernel.modules.parents[2]
    result = _kmod("modprobe", "-d", base, "-S", kernel.version, "-C", "/dev/null",
                   "--show-depends", module)
    if result.returncode:
        return None
    words = [line.split() for line in result.stdout.splitlines()]
    files = [file for action, file, *_ in words if action == "insmod"]
    # a base of "/" makes it begin with two
    return [Path("/" + file.lstrip("/")) for file in dict.fromkeys(files)]

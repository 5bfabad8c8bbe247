# SPDX-License-Identifier: GPL-2.0
"""Files that every script needs, for a layer of the root that lies in the guest's RAM:
over 9p each look-up is a round trip, in L2 one through two QEMUs (some 10 ms)."""

import os
import re
import shutil
import subprocess
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
TOOLS_IN_GUESTS = "/usr/local/lib/pvio-lab"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf")
PROGRAMS = (
    "bash", "cat", "cp", "date", "dd", "dirname", "env", "flock", "grep", "head", "insmod",
    "ip", "ln", "ls", "mkdir", "mkfifo", "mount", "mv", "modinfo", "modprobe", "readlink",
    "rm", "rmmod", "sed", "seq", "sleep", "sync", "tail", "timeout", "touch", "tr", "wc",
)


class Layer:
    def __init__(self):
        self.files = {}   # path in the guest: file of the machine
        self.links = {}   # path in the guest: target

    def add_as(self, folder, source):
        """SOURCE's files as FOLDER in the guest."""
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                self.files[f"{folder}/{file.relative_to(source)}"] = file

    def add(self, path):
        """A file at its own path, with every symbolic link on the way to it."""
        current = Path("/")
        parts = list(Path(path).parts[1:])
        while parts:
            current = current / parts.pop(0)
            if current.is_symlink():
                target = os.readlink(current)
                self.links[str(current)] = target
                joined = Path(os.path.normpath(current.parent / target))
                parts = [*joined.parts[1:], *parts]
                current = Path("/")
        if current.is_file():
            self.files[str(current)] = current

    def add_program(self, name):
        path = shutil.which(name, path=PATH)
        if path:
            self.add(path)
            for library in _libraries(path):
                self.add(library)


def for_l1():
    layer = _basic()
    for folder in ("agent", "lablib", "both", "l1"):
        layer.add_as(f"{TOOLS_IN_GUESTS}/{folder}", TOOLS / folder)
    return layer


def for_l2():
    layer = _basic()
    for folder in ("guest", "both"):
        layer.add_as(f"{TOOLS_IN_GUESTS}/{folder}", TOOLS / folder)
    return layer


def _basic():
    layer = Layer()
    for path in SYSTEM_FILES:
        layer.add(path)
    for name in PROGRAMS:
        layer.add_program(name)
    return layer


def _libraries(path):
    result = subprocess.run(["ldd", path], capture_output=True, text=True)
    return re.findall(r"(/\S+) \(0x", result.stdout)

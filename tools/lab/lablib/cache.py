# SPDX-License-Identifier: GPL-2.0
"""Things worth keeping between runs, named by a hash of all they are made from."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

KEPT_ENTRIES = 12   # of one kind; the longest unused go first


def folder(*parts):
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base).joinpath("pvio", "lab", *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


@contextlib.contextmanager
def building(kind, key):
    """Yields (place, work): work is None when the entry exists, else a folder to fill."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:20]
    place = folder(kind) / digest
    if place.is_dir():
        os.utime(place)
        yield place, None
        return
    work = Path(tempfile.mkdtemp(prefix=f".{digest}-", dir=folder(kind)))
    try:
        yield place, work
        with contextlib.suppress(OSError):   # another run may have been first
            work.rename(place)
        prune(folder(kind), KEPT_ENTRIES)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def prune(parent, keep):
    entries = [path for path in parent.iterdir() if not path.name.startswith(".")]
    entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[keep:]:
        shutil.rmtree(path, ignore_errors=True)


def stamp(path):
    """What identifies a file's content cheaply."""
    info = os.stat(path)
    return str(path), info.st_size, info.st_mtime_ns

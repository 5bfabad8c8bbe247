# SPDX-License-Identifier: GPL-2.0
"""Writes a newc cpio archive, the format of an initramfs, without temporary trees."""

import stat


class Writer:
    def __init__(self, stream):
        self.stream = stream
        self.inode = 0
        self.seen = set()

    def directory(self, name):
        if name and name not in self.seen:
            self.seen.add(name)
            self._parent(name)
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644):
        self._parent(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        self._parent(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def close(self):
        self._entry("TRAILER!!!", 0, b"")

    def _parent(self, name):
        self.directory(name.rpartition("/")[0])

    def _entry(self, name, mode, data):
        self.inode += 1
        raw = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (self.inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + raw
        self.stream.write(_padded(head))
        self.stream.write(_padded(data))


def _padded(data):
    return data + b"\0" * (-len(data) % 4)

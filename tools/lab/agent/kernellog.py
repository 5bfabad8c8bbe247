# SPDX-License-Identifier: GPL-2.0
"""Collects splats of L1's own kernel while steps run."""

import os
import select
import threading

from lablib import splat


class KernelLog:
    def __init__(self, keep):
        self.lock = threading.Lock()
        self.texts = []
        self.copy = open(keep, "w", buffering=1)
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        threading.Thread(target=self._follow, daemon=True).start()

    def take(self):
        """Splats since the last call."""
        with self.lock:
            self._read_all()
            texts, self.texts = self.texts, []
        return splat.lines(texts)

    def _follow(self):
        while True:
            select.select([self.file], [], [])
            with self.lock:
                self._read_all()

    def _read_all(self):
        while True:
            try:
                record = os.read(self.file, 8192).decode(errors="replace")
            except BlockingIOError:
                return
            except BrokenPipeError:   # the kernel dropped records we had not read
                continue
            text = splat.kmsg_text(record)
            if text is not None:
                self.copy.write(f"[{_seconds(record):12.6f}] {text}\n")
                self.texts.append(text)


def _seconds(record):
    """The time of a record of /dev/kmsg, which gives microseconds."""
    return int(record.split(",")[2]) / 1e6


def splats_of_file(path):
    """Splats in a copy of L2's /dev/kmsg."""
    texts = map(splat.kmsg_text, _lines(path))
    return splat.lines(splat.since_mark([text for text in texts if text]))


def splats_of_console(path):
    return splat.lines(splat.since_mark(_lines(path)))


def _lines(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []

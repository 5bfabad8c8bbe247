# SPDX-License-Identifier: GPL-2.0
"""Finds splats in the logs of L1's own kernel, while steps run, and of L2's."""

import os
import select
import threading

from lablib import splat

MARK = "lab: step begins"   # written by guest/main


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
            text = _text(record)
            if text is not None:
                self.copy.write(f"[{_seconds(record):12.6f}] {text}\n")
                self.texts.append(text)


def _seconds(record):
    """The time of a record of /dev/kmsg, which gives microseconds."""
    return int(record.split(",")[2]) / 1e6


def _text(record):
    """Its text; None for what users wrote, except the mark."""
    head, separator, text = record.partition(";")
    priority = head.split(",")[0]
    if not separator or not priority.isdigit():
        return None
    if int(priority) >> 3 and MARK not in text:
        return None
    return text.split("\n")[0]


def splats_of_file(path):
    """Splats in a copy of L2's /dev/kmsg."""
    texts = map(_text, _lines(path))
    return splat.lines(_since_mark([text for text in texts if text]))


def leaks_of_file(path):
    """Leaks in what find-leaks printed in L2."""
    return splat.leaks("\n".join(_lines(path)))


def splats_of_console(path):
    return splat.lines(_since_mark(_lines(path)))


def _since_mark(texts):
    """What L2 logged in the step; all if it never got that far."""
    marked = [number for number, text in enumerate(texts) if MARK in text]
    return texts[marked[0] + 1:] if marked else texts


def _lines(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []

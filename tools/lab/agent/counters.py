# SPDX-License-Identifier: GPL-2.0
"""Counts VM exits with tracing histograms that are set once and never switched:
switching patches kernel text on all CPUs and has stalled nested runs. What a
section cost is the difference of two readings."""

import re
import time
from collections import Counter
from pathlib import Path

from . import exitcodes

EVENTS = Path("/sys/kernel/tracing/events/kvm")
DEBUGFS = Path("/sys/kernel/debug/kvm")
# event: the fields it is counted by
HISTOGRAMS = {
    "kvm_exit": ("exit_reason",),
    "kvm_pio": ("port", "rw"),
    "kvm_mmio": ("gpa", "type"),
    "kvm_userspace_exit": ("reason", "errno"),
    "kvm_hypercall": ("nr",),
    "kvm_inj_virq": ("vector",),
}
OLD_NAMES = {"vector": "irq"}   # before 6.0
SIZE = 8192
LINE = re.compile(r"\{(?P<keys>.*)\} hitcount:\s+(?P<hits>\d+)")
MMIO_TYPES = {0: "read_unsatisfied", 1: "read", 2: "write"}


class Counters:
    def __init__(self):
        self.intel = Path("/sys/module/kvm_intel").exists()
        self.events = [name for name, keys in HISTOGRAMS.items() if self._set(name, keys)]

    @staticmethod
    def _set(name, keys):
        event = EVENTS / name
        if not event.exists():
            return False
        fields = re.findall(r"\s(\w+)(?:\[\w*\])?;", (event / "format").read_text())
        keys = [key if key in fields else OLD_NAMES.get(key, key) for key in keys]
        if not all(key in fields for key in keys):
            return False
        try:
            (event / "trigger").write_text(f"hist:keys={','.join(keys)}:size={SIZE}\n")
        except OSError:   # a kernel without CONFIG_HIST_TRIGGERS, as Debian's 5.10
            return False
        return True

    def read(self):
        texts = {name: (EVENTS / name / "hist").read_text() for name in self.events}
        reading = {name: _histogram(text) for name, text in texts.items()}
        reading["dropped"] = Counter({name: _dropped(text) for name, text in texts.items()})
        reading["kvm_stat"] = _kvm_stat()
        reading["time"] = time.monotonic()
        return reading

    def section(self, name, begin, end):
        counts = {key: end[key] - begin[key] for key in end if key not in ("time", "kvm_stat")}
        counts["kvm_stat"] = {key: value - begin["kvm_stat"][key]
                              for key, value in sorted(end["kvm_stat"].items())}
        return {
            "name": name,
            "seconds": round(end["time"] - begin["time"], 6),
            "exits": self._exits(counts),
        }

    def _exits(self, counts):
        exits = {
            "total": (sum(counts.get("kvm_exit", Counter()).values())
                      or counts["kvm_stat"].get("exits", 0)),
            "by_reason": _named(counts, "kvm_exit",
                                lambda key: exitcodes.vm_exit(self.intel, key[0])),
            "pio": _nested(counts, "kvm_pio", {0: "in", 1: "out"}),
            "mmio": _nested(counts, "kvm_mmio", MMIO_TYPES),
            "userspace": _named(counts, "kvm_userspace_exit",
                                lambda key: exitcodes.userspace_exit(*key)),
            "hypercall": _named(counts, "kvm_hypercall", lambda key: str(key[0])),
            "virq": _named(counts, "kvm_inj_virq", lambda key: hex(key[0])),
            "kvm_stat": counts["kvm_stat"],
        }
        uncounted = [name for name in HISTOGRAMS if name not in self.events]
        if uncounted:           # no word on these: this kernel cannot count them
            exits["uncounted"] = uncounted
        if counts["dropped"]:   # a full table: the counts of these events are too low
            exits["dropped"] = dict(counts["dropped"])
        return exits


def total_exits():
    """A cheap sign of life of whatever guest runs."""
    try:
        return int((DEBUGFS / "exits").read_text())
    except (OSError, ValueError):
        return 0


def _histogram(text):
    counts = Counter()
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            values = re.findall(r":\s*(\d+)", match["keys"])
            counts[tuple(map(_signed, values))] += int(match["hits"])
    return counts


def _dropped(text):
    match = re.search(r"Dropped: (\d+)", text)
    return int(match[1]) if match else 0


def _signed(text):
    value = int(text)
    return value - (1 << 64) if value >> 63 else value


def _kvm_stat():
    counts = Counter()
    for machine in DEBUGFS.glob("*-*"):
        for file in machine.iterdir():
            if file.is_file():
                counts[file.name] += _number(file)
    return counts


def _number(file):
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0


def _named(counts, event, name):
    result = Counter()
    for key, hits in counts.get(event, {}).items():
        result[name(key)] += hits
    return dict(result.most_common())


def _nested(counts, event, kinds):
    result = {}
    for (place, kind), hits in sorted(counts.get(event, {}).items()):
        result.setdefault(hex(place), {})[kinds.get(kind, str(kind))] = hits
    return result

# SPDX-License-Identifier: GPL-2.0
"""Figures of the I/O schedulers: from fio's output to a table."""
import json
import re

from spread import ratio_text, ratios

NULL_IOS = 20000    # of elevator.sh
JOBS = {"read": "sequential read through ext4, 64 KiB",
        "write": "sequential write through ext4, 64 KiB",
        "deep": "random 4 KiB reads, depth 8",
        "jobs": "random 4 KiB reads and writes, four jobs"}
# What is done otherwise than the kernel does, and what is measured then.
CHOICES = {"throttling": "no write-back throttling: sequential writes through ext4",
           "entropy": "entropy from its interrupts, or none, the other way around: random "
                      "4 KiB reads",
           "largest": "requests of up to 4 MiB: sequential direct reads of 4 MiB"}
DISKS = {"ide": "IDE", "virtio0": "virtio-blk"}


def measure_of(path, disk, job):
    """Of one measurement: requests per second, or the seconds that it took."""
    result = json.loads(path.read_text())["jobs"][0]
    if disk == "null":
        return result["job_runtime"] / 1000
    sides = (result["read"], result["write"])
    requests = sum(side["total_ios"] for side in sides)
    # a write is over when all is on the disk
    ms = (max(side["runtime"] for side in sides) if job in ("deep", "jobs")
          else result["job_runtime"])
    return requests / ms * 1000


def collect(raw):
    """{disk.job: {scheduler: [of each round]}}, and from null_blk the seconds that
    the block layer took for each request."""
    rounds = {}
    for path in raw.glob("**/elevator.*.json"):
        match = re.fullmatch(r"elevator\.(\w+)\.([\w-]+)\.(\w+)\.(\d+)\.json", path.name)
        if match:
            disk, scheduler, job, number = match.groups()
            entry = rounds.setdefault(f"{disk}.{job}", {}).setdefault(scheduler, {})
            entry[int(number)] = measure_of(path, disk, job)
    out = {name: {scheduler: [values[n] for n in sorted(values)]
                  for scheduler, values in entry.items()}
           for name, entry in rounds.items()}
    null = out.pop("null.read")
    bio = null.pop("bio")
    out["block layer"] = {
        scheduler: [(all_of_it - b) / NULL_IOS for all_of_it, b in zip(values, bio)]
        for scheduler, values in null.items()}
    return out


def against(entry, scheduler):
    """How much more there is with none than with a scheduler."""
    return ratio_text(ratios(entry["none"], entry[scheduler]))


def table(figures):
    """The figures as Markdown, for people and the README."""
    rows = [(f"{title}, {DISKS[disk]}", f"{disk}.{job}")
            for job, title in JOBS.items() for disk in DISKS]
    lines = [f"| {title} | {against(figures[name], 'mq-deadline')} | "
             f"{against(figures[name], 'bfq')} |" for title, name in rows]
    choices = [f"| {title}, {DISKS[disk]} | "
               f"{ratio_text(ratios(figures[name]['other'], figures[name]['stock']))} |"
               for choice, title in CHOICES.items() for disk in DISKS
               if (name := f"{disk}.{choice}") in figures]
    layer = figures["block layer"]
    return "\n".join([
        "| requests per second, `none` against | `mq-deadline` | `bfq` |",
        "| --- | --- | --- |", *lines,
        "| CPU time in the block layer per request, likewise | "
        f"{against(layer, 'mq-deadline')} | {against(layer, 'bfq')} |", "",
        "| other choices of the kernel's, with `none` | requests per second against its own |",
        "| --- | --- |", *choices, "",
        f"Schedulers: {len(layer['none'])} rounds in turn within one boot, median (least"
        " to greatest)."])

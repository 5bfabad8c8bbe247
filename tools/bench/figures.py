# SPDX-License-Identifier: GPL-2.0
"""From the lab's sections and fio's output to figures and a table."""
import json
import statistics

from spread import ratio_text, ratios

MODES = ("stock", "host", "alone", "virtio")
BATCH_LOOPS = 100   # of guest.sh


def requests(raw, name, number):
    """What fio completed in one measurement: requests and their rate."""
    found = list(raw.glob(f"**/{name}.{number}.json"))
    job = json.loads(found[0].read_text())["jobs"][0]
    side = job["write" if name.endswith("write") else "read"]
    return side["total_ios"], side["iops"]


def exit_counts(exits):
    """The exits that requests may have caused."""
    reason = exits["by_reason"]
    user = exits["userspace"]
    # virtio's doorbell is the register written most
    doorbell = max((count.get("write", 0) for count in exits["mmio"].values()),
                   default=0)
    return {
        "port": reason.get("ioio", 0) + reason.get("io_instruction", 0),
        "batch": reason.get("vmmcall", 0) + reason.get("vmcall", 0),
        "doorbell": doorbell,
        "user": user.get("io", 0) + user.get("mmio", 0),
    }


def sections_of(lab):
    """Each measurement as (name, its number, its exits)."""
    for step in lab["steps"]:
        for name, runs in step.get("sections", {}).items():
            for number, run in enumerate(runs, 1):
                yield name, number, exit_counts(run["exits"])


def disk_figures(sections, raw):
    """For each measurement the rates of its rounds and exits per request."""
    out = {}
    for name, number, exits in sections:
        if not name.startswith(MODES):
            continue
        total, rate = requests(raw, name, number)
        per = {kind: count / total for kind, count in exits.items()}
        per["vm"] = per["port"] + per["batch"]
        if name.startswith("virtio"):
            per["vm"] += per["doorbell"]
        entry = out.setdefault(name, {"rate": [], "exits": []})
        entry["rate"].append(rate)
        entry["exits"].append(per)
    return out


def batch_figures(sections):
    """Exits of one batch, by the number of writes in it."""
    out = {}
    for name, _, exits in sections:
        kind, _, count = name.partition(".")
        if kind == "batch":
            out[int(count)] = {k: v / BATCH_LOOPS for k, v in exits.items()}
    return out


def cost_figures(raw):
    """Nanoseconds of each thing timed, a list by its name."""
    out = {}
    for line in next(raw.glob("**/costs")).read_text().splitlines():
        what, _, loops, ns = line.split()
        out.setdefault(what, []).append(int(ns) / int(loops))
    return out


def summary(disk, costs):
    """The ratios, each between neighbours in time."""
    out = {}
    for job in ("read", "write"):
        rate = {m: disk[f"{m}.{job}"]["rate"] for m in MODES}
        for mode in ("host", "alone"):
            out[f"{mode}/stock {job}"] = ratios(rate[mode], rate["stock"])
            out[f"{mode}/virtio {job}"] = ratios(rate[mode], rate["virtio"])
    out["direct/batch of 12"] = ratios(costs["direct"], costs["batch"])
    out["empty batch/hypercall"] = ratios(costs["empty"], costs["hypercall"])
    return out


def collect(lab, raw):
    """All figures of a run, raw ones included."""
    sections = list(sections_of(lab))
    disk = disk_figures(sections, raw)
    costs = cost_figures(raw)
    return {"disk": disk, "batch": batch_figures(sections), "costs": costs,
            "ratios": summary(disk, costs)}


def median_exits(result, mode, job, kind):
    return statistics.median(e[kind]
                             for e in result["disk"][f"{mode}.{job}"]["exits"])


def exit_rows(result):
    titles = {"read": "4 KiB random read", "write": "4 KiB random write",
              "lba48": "4 KiB random read beyond 128 GiB (LBA48)"}
    for job, title in titles.items():
        for kind, what in (("vm", "VM exits"), ("user", "exits to user space")):
            cells = [f"{median_exits(result, m, job, kind):.2f}"
                     if f"{m}.{job}" in result["disk"] else "-" for m in MODES]
            yield f"| {title}, {what} per request | " + " | ".join(cells) + " |"


def rate_rows(result):
    r = result["ratios"]
    for job in ("read", "write"):
        yield (f"| random {job}s per second against stock IDE | 1 | "
               f"{ratio_text(r[f'host/stock {job}'])} | "
               f"{ratio_text(r[f'alone/stock {job}'])} | - |")
        yield (f"| random {job}s per second against virtio-blk | "
               f"- | {ratio_text(r[f'host/virtio {job}'])} | "
               f"{ratio_text(r[f'alone/virtio {job}'])} | 1 |")


def batch_row(result):
    worst = max(v["batch"] for v in result["batch"].values())
    user = max(v["user"] for v in result["batch"].values())
    counts = result["batch"]
    return (f"- {min(counts)} to {max(counts)} writes in a batch: at most "
            f"{worst:.2f} VM exits by hypercall and {user:.2f} exits to user "
            "space (a single write is made as an instruction)")


def table(result):
    """The figures as Markdown, for people and the README."""
    r = result["ratios"]
    rounds = len(result["disk"]["stock.read"]["rate"])
    return "\n".join([
        "| | stock IDE | pvio, host module | pvio, no host module | virtio-blk |",
        "| --- | --- | --- | --- | --- |",
        *exit_rows(result), *rate_rows(result), "",
        f"- 12 port writes as instructions take {ratio_text(r['direct/batch of 12'])}"
        " times as long as in a batch",
        "- an empty batch takes "
        f"{ratio_text(r['empty batch/hypercall'])} times as long as an empty"
        " hypercall of KVM",
        batch_row(result), "",
        f"Disks: queue depth 1. {rounds} rounds in turn within one boot, median"
        " (least to greatest)."])

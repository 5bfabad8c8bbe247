# SPDX-License-Identifier: GPL-2.0
"""Figures of the network card: from sections and the tools' output to a table."""
import json
import re
import statistics

from spread import ratio_text, ratios

MODES = ("stock", "host", "alone", "virtio")
BAR_BYTES = 0x20000
ICR = 0xc0
RATES = {"ping": "round trips per second of ping",
         "flood": "64-byte UDP datagrams sent per second",
         "send": "TCP sent", "receive": "TCP received",
         "beside": "round trips per second of ping beside TCP sent"}


def rate_of(job, text):
    """Of one measurement, the more the better."""
    if job in ("ping", "beside"):
        return 1000 / float(re.search(r"rtt .* = [\d.]+/([\d.]+)/", text)[1])
    end = json.loads(text)["end"]
    if job == "flood":
        return end["sum"]["packets"] / end["sum"]["seconds"]
    return end["sum_received"]["bits_per_second"]


def card_exits(exits, start):
    """Accesses of the card's registers, and hypercalls, which carry them too."""
    mmio = {int(address, 16) - start: count.get("read", 0) + count.get("write", 0)
            for address, count in exits["mmio"].items()}
    reason = exits["by_reason"]
    return {
        "mmio": sum(n for at, n in mmio.items() if 0 <= at < BAR_BYTES),
        "icr": mmio.get(ICR, 0),
        "calls": reason.get("vmmcall", 0) + reason.get("vmcall", 0),
    }


def collect(lab, raw):
    """{mode.job: {"rate": [...], "rounds": [{packets, interrupts, mmio, ...}]}}"""
    lines = [line.split() for line in
             next(raw.glob("**/packets")).read_text().splitlines()]
    meta = {(name, int(number)): (int(packets), int(irqs), int(start, 16))
            for name, number, packets, irqs, start in lines}
    out = {}
    for step in lab["steps"]:
        for name, runs in step.get("sections", {}).items():
            job = name.partition(".")[2]
            entry = out.setdefault(name, {"rate": [], "rounds": []})
            for number, run in enumerate(runs, 1):
                packets, irqs, start = meta[name, number]
                entry["rounds"].append({"packets": packets, "interrupts": irqs,
                                        **card_exits(run["exits"], start)})
                if job in RATES:
                    text = next(raw.glob(f"**/{name}.{number}")).read_text()
                    entry["rate"].append(rate_of(job, text))
    return out


def per(figures, mode, job, above, below):
    """Median of a ratio of counts, or None where it means nothing."""
    values = []
    for entry in figures[f"{mode}.{job}"]["rounds"]:
        number = below(entry)
        if not number:
            return None
        values.append(above(entry) / number)
    return statistics.median(values)


def exits(entry):
    return entry["mmio"] + entry["calls"]


def count_rows(figures):
    """Exits by what they are for; virtio's kicks are of another kind."""
    rows = (
        ("exits per ping", "ping", exits, lambda entry: 100),
        ("exits per 64-byte UDP datagram sent in a flood", "flood", exits,
         lambda entry: entry["packets"]),
        ("interrupts per datagram sent in a flood", "flood",
         lambda entry: entry["interrupts"], lambda entry: entry["packets"]),
        ("exits of an idle link in 4 s", "idle", exits, lambda entry: 1),
    )
    for title, job, above, below in rows:
        cells = [per(figures, mode, job, above, below) for mode in MODES[:3]]
        yield (f"| {title} | " + " | ".join(
            "-" if cell is None else f"{cell:.3f}".rstrip("0").rstrip(".")
            for cell in cells) + " | - |")


def rate_rows(figures):
    for job, what in RATES.items():
        rate = {mode: figures[f"{mode}.{job}"]["rate"] for mode in MODES}
        for base, name in (("stock", "e1000"), ("virtio", "virtio-net")):
            cells = ["1" if mode == base else
                     ratio_text(ratios(rate[mode], rate[base]))
                     for mode in MODES]
            if base == "stock":
                cells[3] = "-"
            yield f"| {what} against {name} | " + " | ".join(cells) + " |"


def table(figures):
    return "\n".join([
        "| | stock e1000 | pve1000, host module | pve1000, no host module | virtio-net |",
        "| --- | --- | --- | --- | --- |",
        *count_rows(figures), *rate_rows(figures)])

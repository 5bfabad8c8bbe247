# SPDX-License-Identifier: GPL-2.0
"""Figures of the timer cap: from the lab's sections and the tools' output to a table."""
import json
import re
import statistics

from spread import ratio_text, ratios, spread

WORKS = {"cpu": "busy (stress-ng)", "disk": "busy (bonnie++)", "idle": "idle"}
COUNTS = {"interrupts": "timer interrupts", "settings": "timer settings", "exits": "all exits"}
LOCAL_TIMER = "0xec"    # LOCAL_TIMER_VECTOR, arch/x86/include/asm/irq_vectors.h
# of bonnie++'s CSV, bon_csv2txt(1)
RATES = {"block write": 11, "rewrite": 13, "block read": 17}
MODES = ("off", "cap")


def collect(lab, raw):
    return {"ticks": ticks(lab), "work": work(raw), "waits": waits(raw), "clock": clock(raw)}


def ticks(lab):
    """For each work and mode, a second: interrupts of the timer, settings of it, all exits."""
    found = {}
    for step in lab["steps"]:
        for name, runs in step.get("sections", {}).items():
            found[name] = [{
                "interrupts": run["exits"]["virq"].get(LOCAL_TIMER, 0) / run["seconds"],
                "settings": run["exits"]["by_reason"].get("msr", 0) / run["seconds"],
                "exits": run["exits"]["total"] / run["seconds"]} for run in runs]
    return found


def files(raw, kind):
    """{mode: [text of each round]}"""
    found = {mode: {} for mode in MODES}
    for path in raw.glob(f"**/{kind}.*"):
        _, mode, number = path.name.split(".")[:3]
        found[mode][int(number)] = path.read_text()
    return {mode: [texts[n] for n in sorted(texts)] for mode, texts in found.items()}


def cpu_rate(text):
    return float(re.search(r"bogo-ops-per-second-real-time: ([\d.]+)", text).group(1))


def disk_rate(text, column):
    return float(text.strip().splitlines()[-1].split(",")[column])


def work(raw):
    """{work: {mode: [rate of each round]}}"""
    found = {"stress-ng": {mode: [cpu_rate(text) for text in texts]
                           for mode, texts in files(raw, "cpu").items()}}
    for name, column in RATES.items():
        found[f"bonnie++ {name}"] = {mode: [disk_rate(text, column) for text in texts]
                                     for mode, texts in files(raw, "disk").items()}
    return found


def waits(raw):
    """{wait: {mode: [ms, of each round]}}"""
    found = {}
    for mode, texts in files(raw, "waits").items():
        for text in texts:
            for name, ms in json.loads(text).items():
                found.setdefault(name, {}).setdefault(mode, []).append(ms)
    return found


def clock(raw):
    """{mode: [parts per million, of each round]}"""
    found = {}
    for mode, texts in files(raw, "clock").items():
        rows = [[int(word) for word in text.split()] for text in texts]
        found[mode] = [off / (end - start) * 1e6 for off, start, end in rows]
    return found


def table(figures):
    lines = ["| guest with HZ=1000, one CPU, cap 100 | without | with | ratio |",
             "| --- | --- | --- | --- |"]
    for name, title in WORKS.items():
        for what, counted in COUNTS.items():
            off, cap = ([run[what] for run in figures["ticks"][f"{name}.{mode}"]]
                        for mode in MODES)
            lines.append(f"| {title}: {counted} a second | {statistics.median(off):.0f} | "
                         f"{statistics.median(cap):.0f} | {ratio_text(ratios(cap, off))} |")
    for name, entry in figures["work"].items():
        lines.append(f"| {name} | 1 | | {ratio_text(ratios(entry['cap'], entry['off']))} |")
    for name, entry in figures["waits"].items():
        off, cap = (spread(entry[mode]) for mode in MODES)
        lines.append(f"| {name}, ms | {off['median']:.1f} | {cap['median']:.1f} | |")
    off, cap = (spread(figures["clock"][mode]) for mode in MODES)
    lines.append("| guest's clock behind the host's, parts per million | "
                 + " | ".join(f"{s['median']:.0f} ({s['min']:.0f} to {s['max']:.0f})"
                              for s in (off, cap)) + " | |")
    return "\n".join(lines)

# SPDX-License-Identifier: GPL-2.0
"""Draws requests per second and exits per request with gnuplot."""
import shutil
import subprocess

import figures
from spread import ratios

NAMES = {"stock": "stock IDE", "alone": "pvio, no\\nhost module",
         "host": "pvio, host\\nmodule", "virtio": "virtio-blk"}

SCRIPT = """
set terminal svg size 900,420 font "sans-serif,13" background "white"
set output "{out}"
set multiplot layout 1,2
set style data histograms
set style histogram errorbars gap 1 lw 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set grid ytics
set yrange [0:*]
set xtics nomirror
set bmargin 3.5
set key top left
set title "4 KiB requests per second against stock IDE"
plot $rates using 2:3:4:xtic(1) title "read" lc rgb "#3b6fb6", \\
     $rates using 5:6:7 title "write" lc rgb "#d98032"
set style histogram clustered gap 1
set key top right
set title "exits per 4 KiB read"
plot $exits using 2:xtic(1) title "VM exits" lc rgb "#3b6fb6", \\
     $exits using 3 title "exits to user space" lc rgb "#d98032"
"""


def relative(result, mode, job):
    """Median, least and greatest of a mode's rate over stock's, by round."""
    disk = result["disk"]
    return ratios(disk[f"{mode}.{job}"]["rate"],
                  disk[f"stock.{job}"]["rate"]).values()


def data(result):
    rates, exits = ["$rates << E"], ["$exits << E"]
    for mode, name in NAMES.items():
        cells = [f"{v:.4f}" for job in ("read", "write")
                 for v in relative(result, mode, job)]
        rates.append(f'"{name}" ' + " ".join(cells))
        exits.append(f'"{name}" ' + " ".join(
            f"{figures.median_exits(result, mode, 'read', kind):.4f}"
            for kind in ("vm", "user")))
    return "\n".join(rates + ["E"] + exits + ["E"])


def draw(result, out):
    """Writes the chart to @out; returns its path, or None without gnuplot."""
    if not shutil.which("gnuplot"):
        return None
    script = data(result) + SCRIPT.format(out=out)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return out

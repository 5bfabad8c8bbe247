# SPDX-License-Identifier: GPL-2.0
"""Median and spread of what alternates."""
import statistics


def spread(values):
    return {"median": statistics.median(values), "min": min(values),
            "max": max(values)}


def ratios(above, below):
    return spread([a / b for a, b in zip(above, below)])


def ratio_text(r):
    return f"{r['median']:.2f} ({r['min']:.2f} to {r['max']:.2f})"

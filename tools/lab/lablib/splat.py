# SPDX-License-Identifier: GPL-2.0
"""Recognises what a healthy kernel never logs."""

import re

PATTERN = re.compile(
    r"WARNING:|BUG[: ]|Oops|KASAN|UBSAN|KCSAN|Kernel panic|use-after-free|refcount_t:"
    r"|possible (circular|recursive|irq|unsafe|deadlock)|scheduling while atomic"
    r"|general protection|Call Trace|kernel NULL pointer|unable to handle"
    r"|suspicious RCU|INFO: (task|rcu|trying to register)|DEBUG_LOCKS")
MOST_LINES = 40
MARK = "lab: step begins"   # written by guest/main


def lines(texts):
    return [text for text in texts if PATTERN.search(text)][:MOST_LINES]


def since_mark(texts):
    """What L2 logged in the step; all if it never got that far."""
    marked = [number for number, text in enumerate(texts) if MARK in text]
    return texts[marked[0] + 1:] if marked else texts


def kmsg_text(record):
    """The text of a /dev/kmsg record; None for what users wrote, except the mark."""
    head, separator, text = record.partition(";")
    priority = head.split(",")[0]
    if not separator or not priority.isdigit():
        return None
    if int(priority) >> 3 and MARK not in text:
        return None
    return text.split("\n")[0]

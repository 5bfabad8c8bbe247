# SPDX-License-Identifier: GPL-2.0
"""Lets as many labs run at once as the machine has CPUs for. More would not only be slow:
an emulated CPU that waits for the other one spins, so they starve each other."""

import fcntl
import os
import time

from . import cache


def enter(cpus, waiting):
    """Blocks until there is room; the returned file holds the place. WAITING is called
    once if it takes long."""
    told = False
    while True:
        for number in range(max(1, (os.cpu_count() or 1) // cpus)):
            place = open(cache.folder() / f"running.{number}", "w")
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return place
            except OSError:
                place.close()
        if not told:
            waiting()
            told = True
        time.sleep(0.5)

# SPDX-License-Identifier: GPL-2.0
"""pvctl quiet: what pvquiet takes off the hardware of this virtual machine."""
import errno
import os

import machine
from status import show_table

SWITCHES = machine.SYS / "module/pvquiet/parameters"
MEASURES = machine.DEBUGFS / "pvquiet/measures"
VALUES = {"on": "1", "off": "0"}
WHAT = {
    "clocksource": "checks of a TSC that is not in use; acpi_pm and hpet as clocks",
    "cursor": "blinks of the cursor on a framebuffer's console",
    "serial": "accesses to serial ports that wait for each other",
}


class Refused(Exception):
    """Says in one line what is wrong and what to do."""


def check_loaded():
    if not SWITCHES.is_dir():
        raise Refused("pvquiet is not loaded: modprobe pvquiet")


def names():
    return sorted(path.name for path in SWITCHES.iterdir())


def turn(name, value):
    """Turns a measure on or off."""
    if value not in VALUES:
        raise Refused(f"'{value}' is neither on nor off")
    check_loaded()
    if name not in names():
        raise Refused(f"there is no measure '{name}', only {', '.join(names())}")
    try:
        (SWITCHES / name).write_text(VALUES[value])
    except OSError as error:
        raise Refused(f"{name} cannot be turned: {error.strerror}") from None
    [found] = [row for row in collect() if row["measure"] == name]
    if found["state"] != value:
        raise Refused(f"{name}: {found['state']}")


def collect():
    """A row for each measure."""
    check_loaded()
    lines = machine.read(MEASURES).splitlines()
    if not lines:
        raise Refused(f"{MEASURES} cannot be read: mount -t debugfs debugfs /sys/kernel/debug")
    saved = {row["client"]: row["saved"] + row["avoided"] for row in machine.clients()}
    return [{"measure": name, "state": state, "on": works_on,
             "saved": saved.get(f"pvquiet_{name}", 0), "what": WHAT.get(name, "")}
            for name, state, works_on in map(parse, lines)]


def parse(line):
    """NAME STATE [WORKS-ON...]: a state that is a number is an error."""
    name, state, *works_on = line.split()
    if state.startswith("-"):
        state = ("nothing to do here" if -int(state) == errno.ENODEV else
                 f"failed: {os.strerror(-int(state))}")
    return name, state, works_on


def show(found):
    show_table(found, {
        "measure": lambda m: m["measure"], "state": lambda m: m["state"],
        "works on": lambda m: " ".join(m["on"]) or "-", "exits saved": lambda m: m["saved"],
        "what it leaves out": lambda m: m["what"]})

# SPDX-License-Identifier: GPL-2.0
"""pvctl timer: how many timer interrupts the virtual machines of this host get."""
import machine
from status import show_table

PARAMETER = machine.SYS / "module" / machine.HOST_MODULE / "parameters/timer_cap"
FIGURES = machine.DEBUGFS / "pvio_host/timers"
# those of pvio/pvio_abi.h
LOWEST_RATE, HIGHEST_RATE = 10, 1000


class Refused(Exception):
    """Says in one line what is wrong and what to do."""


def find_vm(text):
    """The VM of which TEXT is the process, the name or the UUID."""
    vms = machine.virtual_machines()
    # first the process: users give names
    found = ([vm for vm in vms if text == str(vm["process"])] or
             [vm for vm in vms if text and text in (vm["name"], vm["uuid"])])
    if not found:
        raise Refused(f"no virtual machine here has the process, name or UUID '{text}': "
                      "pvctl timer shows those that there are")
    if len(found) > 1:
        raise Refused(f"several virtual machines are called '{text}': name the process")
    return found[0]


def parse_rate(text):
    if text == "off":
        return text
    if not text.isdecimal() or not LOWEST_RATE <= int(text) <= HIGHEST_RATE:
        raise Refused(f"'{text}' is neither off, status nor a rate of {LOWEST_RATE} to "
                      f"{HIGHEST_RATE} interrupts a second")
    return int(text)


def set_cap(text, rate):
    """Caps the timers of the VM that TEXT names."""
    rate = parse_rate(rate)
    vm = find_vm(text)
    try:
        PARAMETER.write_text(f"pid={vm['process']}:{rate}\n")
    except FileNotFoundError:
        raise Refused("the host module is not loaded, or too old: modprobe pvio_host") from None
    except OSError as error:
        raise Refused(f"the host module refuses, the kernel log says why: {error.strerror}"
                      ) from None


def collect(only=None):
    """A row for each VM, or for that which ONLY names."""
    figures = {row["vm"]: row for row in machine.table(FIGURES)}
    return [{**vm, **{name: int(figures.get(str(vm["process"]), {}).get(name, 0))
                      for name in ("rate", "vcpus", "asked", "fired", "delayed", "counting")}}
            for vm in ([find_vm(only)] if only else machine.virtual_machines())]


def show(found):
    if not found:
        print("no virtual machine runs here")
    show_table(found, {
        "VM (process)": lambda v: str(v["process"]), "name": lambda v: v["name"] or "-",
        "cap": lambda v: str(v["rate"] or "off"), "timers set": lambda v: v["asked"],
        "interrupts": lambda v: v["fired"], "delayed": lambda v: v["delayed"],
        "left alone": left_alone})


def left_alone(vm):
    """Guests without a clock keep their ticks."""
    return f"{vm['counting']} of {vm['vcpus']} CPUs: no clock seen" if vm["counting"] else "-"

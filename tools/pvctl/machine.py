# SPDX-License-Identifier: GPL-2.0
"""What the kernel says of this machine: modules, disks, cards, counters."""
import os
import re
import subprocess
from pathlib import Path

SYS = Path("/sys")
DEBUGFS = SYS / "kernel/debug"
GUEST_MODULES = ("pvio", "pvblk_ata", "pvblk_ide", "pve1000", "pvelv", "pvquiet")
# by the driver of the controller: libata's, and those of drivers/ide
IDE_HOOKS = {"ata_piix": "pvblk_ata", "PIIX_IDE": "pvblk_ide", "PCI_IDE": "pvblk_ide"}
HOST_MODULE = "pvio_host"


def read(path):
    """The text of a file, without blanks at its end; "" where there is none."""
    try:
        return Path(path).read_text(errors="replace").rstrip()
    except OSError:
        return ""


def table(path):
    """Rows of a file whose first line names the columns. The last column may have blanks."""
    lines = read(path).splitlines()
    if not lines:
        return []
    names = lines[0].split()
    return [dict(zip(names, line.split(None, len(names) - 1))) for line in lines[1:]]


def linked_name(path):
    """The name of what a symbolic link leads to, or "" """
    return os.path.basename(os.path.realpath(path)) if os.path.islink(path) else ""


def run(*command, failing=False):
    """The output of a program, or None if it is not there or (without FAILING) fails."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        done = subprocess.run(command, check=False, text=True, env={**os.environ, "PATH": path},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return None if done.returncode and not failing else done.stdout


def is_virtual():
    return re.search(r"^flags\b.*\bhypervisor\b", read("/proc/cpuinfo"), re.MULTILINE) is not None


def hypervisor():
    """Its name, or "" on real hardware."""
    if not is_virtual():
        return ""
    clocks = read(SYS / "devices/system/clocksource/clocksource0/available_clocksource")
    if "kvm-clock" in clocks.split():
        return "KVM"
    return read(SYS / "hypervisor/type") or read(SYS / "class/dmi/id/sys_vendor") or "unknown"


def module(name):
    """Whether a module is loaded and installed, and in which versions."""
    found = run("modinfo", "-F", "version", name)
    folder = SYS / "module" / name
    return {"name": name, "loaded": folder.exists(), "version": read(folder / "version"),
            "installed": found is not None, "installed_version": (found or "").strip()}


def modules():
    return [module(name) for name in (*GUEST_MODULES, HOST_MODULE)]


def disks():
    """Each disk that has a device: its driver, its scheduler, and who serves it."""
    ports = {row["port"]: {**row, "hooks": hooks} for hooks in set(IDE_HOOKS.values())
             for row in table(DEBUGFS / hooks / "ports")}
    schedulers = {row["disk"]: row for row in table(DEBUGFS / "pvelv/disks")}
    return [_disk(path, ports, schedulers) for path in sorted((SYS / "block").iterdir())
            if (path / "device").exists()]


def _disk(path, ports, schedulers):
    device = os.path.realpath(path / "device")
    port = re.search(r"/((?:ata|ide)\d+)/", device + "/")
    row = ports.get(port[1]) if port else None
    chosen = re.search(r"\[(.*)\]", read(path / "queue/scheduler"))
    found = {"name": path.name, "model": _model(path), "driver": _driver(device),
             "port": port[1] if port else "",
             "is_disk": _is_disk(path / "device"),
             "scheduler": chosen[1] if chosen else "",
             "served_by": row["hooks"] if row else _driver(device)}
    if row:
        found["accelerated"] = int(row["accelerated"])
        found["passed"] = int(row["passed"])
    if path.name in schedulers:
        found["pvelv"] = schedulers[path.name]["what"]
        found["pvelv_why"] = schedulers[path.name]["why"]
    return found


def _is_disk(device):
    """By the type that SCSI has, or drivers/ide: not a CD-ROM or the like."""
    return read(device / "type") == "0" or read(device / "media") == "disk"


def _model(path):
    return read(path / "device/model").strip() or linked_name(path / "device/subsystem")


def _driver(device):
    """The driver of the first device above that is on the PCI bus or virtio's."""
    place = Path(device)
    while place != place.parent:
        if linked_name(place / "subsystem") in ("pci", "virtio"):
            return linked_name(place / "driver")
        place = place.parent
    return linked_name(Path(device) / "driver")


def cards():
    """Each network card that has a device."""
    found = []
    for path in sorted((SYS / "class/net").iterdir()):
        if (path / "device/driver").exists():
            found.append({"name": path.name, "driver": linked_name(path / "device/driver"),
                          "state": read(path / "operstate")})
    return found


def clients():
    """What the modules asked of the library, and what that saved."""
    return [{name: value if name == "client" else int(value) for name, value in row.items()}
            for row in table(DEBUGFS / "pvio/clients")]


def host_serves():
    """Whether the host serves batches; None where nobody asks."""
    text = read(DEBUGFS / "pvio/host")
    return text == "yes" if text else None


def runs_vms():
    """KVM has a folder for each VM, by its process and a file descriptor."""
    return any((DEBUGFS / "kvm").glob("[0-9]*-[0-9]*"))


def served_vms():
    """On a host: a row for each VM that has made batches, and the total."""
    return [{name: value if name == "vm" else int(value) for name, value in row.items()}
            for row in table(DEBUGFS / "pvio_host/stats")]


def virtual_machines():
    """On a host: the process of each VM, and how QEMU was told to call it."""
    return [{"process": int(process.name), **qemu_names(process)}
            for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda p: int(p.name))
            if any(os.path.basename(link).startswith("anon_inode:kvm-vm")
                   for link in open_files(process))]


def open_files(process):
    try:
        names = os.listdir(process / "fd")
    except OSError:
        return []   # it has ended
    return [read_link(process / "fd" / name) for name in names]


def read_link(path):
    """What a symbolic link says, or "" where it has gone."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def qemu_names(process):
    """"-name NAME" or "-name guest=NAME,...", and "-uuid UUID"; "" where there is none.
    What a terminal may take for a command is left out."""
    try:
        line = (process / "cmdline").read_bytes().decode(errors="replace")
        words = ["".join(filter(str.isprintable, word)) for word in line.split("\0")]
    except OSError:
        words = []
    options = dict(zip(words, words[1:]))
    name = options.get("-name", "").split(",")
    guest = [part.partition("=")[2] for part in name if part.startswith("guest=")]
    return {"name": guest[0] if guest else name[0], "uuid": options.get("-uuid", "")}

# SPDX-License-Identifier: GPL-2.0
"""pvctl doctor: what is missing or off, and the command that mends it."""
import os
from pathlib import Path

import machine

# Where distributions keep the initramfs of a kernel.
IMAGES = ("/boot/initrd.img-{}", "/boot/initramfs-{}.img")
# The keys that DKMS signs with: Ubuntu's, then its own.
KEYS = ("/var/lib/shim-signed/mok/MOK.der", "/var/lib/dkms/mok.pub")


def well(what):
    return {"what": what, "well": True, "mend": ""}


def off(what, mend):
    return {"what": what, "well": False, "mend": mend}


def collect():
    modules = {module["name"]: module for module in machine.modules()}
    found = []
    if machine.hypervisor():
        found += check_guest(modules)
    if machine.runs_vms() or modules[machine.HOST_MODULE]["loaded"]:
        found += check_host(modules[machine.HOST_MODULE])
    if not found:
        found.append(well("neither a virtual machine nor a host that runs one: nothing to do"))
    return found + check_secure_boot(modules)


def exit_code(found):
    return 0 if all(finding["well"] for finding in found) else 1


def show(found):
    for finding in found:
        print("ok  " if finding["well"] else "OFF ", finding["what"])
        if finding["mend"]:
            print("      mend it:", finding["mend"])


def check_guest(modules):
    found = check_disks(modules) + check_cards(modules)
    if not found:
        found.append(well("no emulated IDE disk and no emulated e1000: nothing to do"))
    elif machine.host_serves() is False:
        found.append(off("the host does not serve this machine's batches",
                         "on the KVM host: modprobe pvio_host"))
    elif machine.host_serves():
        found.append(well("the host serves this machine's batches"))
    return found


def check_disks(modules):
    disks = machine.disks()
    ide = [disk for disk in disks if disk["port"] and disk["driver"] in machine.IDE_HOOKS]
    # VMware's are left alone: the status of its bus master is special
    if not any(disk["is_disk"] for disk in ide) or machine.hypervisor().startswith("VMware"):
        return []
    found = []
    for name in sorted({machine.IDE_HOOKS[disk["driver"]] for disk in ide}):
        found += check_hooks(modules[name], ide)
    return found


def check_hooks(module, ide):
    found = check_module(module, "IDE disks", "make install-guest")
    if not module["loaded"]:
        return found
    for disk in ide:
        if disk["is_disk"] and machine.IDE_HOOKS[disk["driver"]] == module["name"]:
            alone = all(other["is_disk"] for other in ide if other["port"] == disk["port"])
            found.append(check_disk(disk, alone))
    return found + check_initramfs(module)


def check_disk(disk, alone):
    """The counters are the port's: those of a CD-ROM on it are no sign of anything."""
    name = disk["name"]
    if "accelerated" not in disk:
        return off(f"{name} is left to its stock driver",
                   "the reason is in: dmesg | grep 'left alone' (at debug level)")
    if alone and disk["passed"] > disk["accelerated"]:
        return off(f"{name}: more commands are the stock driver's than accelerated",
                   f"is it in PIO mode? dmesg | grep '{disk['port']}.*configured for'")
    return well(f"{name} is accelerated")


def check_initramfs(module):
    """Only for the running kernel, and where there is a tool to look inside."""
    for image in IMAGES:
        path = image.format(os.uname().release)
        if not module["installed"] or not os.path.exists(path):
            continue
        for lister, mend in (("lsinitramfs", "update-initramfs -u"),
                             ("lsinitrd", "dracut --force")):
            listed = machine.run(lister, path)
            if listed is None:
                continue
            if f"/{module['name']}.ko" in listed:
                return [well(f"{path} has {module['name']}")]
            return [off(f"{path} lacks {module['name']}: disks start without it", mend)]
    return []


def check_cards(modules):
    found = []
    for card in machine.cards():
        if card["driver"] == "pve1000":
            found.append(well(f"{card['name']} is driven by pve1000"))
        elif card["driver"] == "e1000":
            found.append(off(f"{card['name']} is driven by e1000", "pvctl nic pve1000"))
    if any(not finding["well"] for finding in found):
        found += check_module(modules["pve1000"], "e1000 cards", "make install-guest",
                              needs_load=False)
    return found


def check_module(module, what_for, install, needs_load=True):
    name = module["name"]
    if not module["installed"] and not module["loaded"]:
        return [off(f"{name}, for {what_for}, is not installed for kernel {os.uname().release}",
                    f"{install}, in the sources of the kit")]
    if not module["loaded"]:
        return [off(f"{name}, for {what_for}, is not loaded", f"modprobe {name}")] \
            if needs_load else []
    if module["installed"] and module["version"] != module["installed_version"]:
        return [off(f"{name} {module['version']} is loaded, "
                    f"{module['installed_version']} is installed", "reboot")]
    return [well(f"{name} is loaded")]


def check_host(module):
    found = check_module(module, "guests' batches", "make install-host")
    for vm in machine.served_vms():
        refused = {name: count for name, count in vm.items()
                   if name.startswith("refused_") and count}
        if vm["vm"] != "total" and refused and not vm["batches"]:
            reasons = ", ".join(name.removeprefix("refused_") for name in refused)
            found.append(off(f"all batches of process {vm['vm']} are refused: {reasons}",
                             "see SECURITY.md, and /sys/module/pvio_host/parameters/allow"))
    return found


def check_secure_boot(modules):
    """Where it is on, the key has to be known, or nothing loads."""
    for variable in Path("/sys/firmware/efi/efivars").glob("SecureBoot-*"):
        # four bytes of attributes, then the value
        if variable.read_bytes()[4:5] != b"\x01":
            return []
        if any(module["loaded"] for module in modules.values()):
            return [well("Secure Boot is on, and the modules are signed")]
        for key in KEYS:
            if os.path.exists(key) and not is_enrolled(key):
                return [off("Secure Boot is on, and the key of DKMS is not enrolled",
                            f"mokutil --import {key}, then reboot and confirm it")]
    return []


def is_enrolled(key):
    return "already enrolled" in (machine.run("mokutil", "--test-key", key, failing=True) or "")

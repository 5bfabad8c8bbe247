# SPDX-License-Identifier: GPL-2.0
"""pvctl status: what there is, and what serves it."""
import machine


def collect():
    return {"hypervisor": machine.hypervisor(), "kvm_host": machine.Path("/dev/kvm").exists(),
            "modules": machine.modules(), "host_serves": machine.host_serves(),
            "disks": machine.disks(), "cards": machine.cards(),
            "clients": machine.clients(), "vms": machine.served_vms()}


def exit_code(_):
    return 0


def show(found):
    print("hypervisor  ", found["hypervisor"] or "none: real hardware")
    if found["host_serves"] is not None:
        print("host module ", "serves this machine's batches" if found["host_serves"] else
              "does not serve this machine: batches are plain instructions")
    show_table(found["modules"], {
        "module": lambda m: m["name"], "state": module_state,
        "version": lambda m: m["version"] or m["installed_version"] or "-"})
    show_table(found["disks"], {
        "disk": lambda d: d["name"], "served by": lambda d: d["served_by"] or "-",
        "commands": disk_commands, "scheduler": disk_scheduler,
        "model": lambda d: d["model"] or "-"})
    show_table(found["cards"], {
        "card": lambda c: c["name"], "served by": lambda c: c["driver"],
        "state": lambda c: c["state"] or "-"})
    show_table(found["clients"], {
        "exits since load of": lambda c: c["client"],
        "asked for": lambda c: c["asked"] + c["avoided"],
        "saved": lambda c: c["saved"] + c["avoided"]})
    show_table(found["vms"], {
        "VM (process)": lambda v: v["vm"], "batches": lambda v: v["batches"],
        "operations": lambda v: v["operations"], "exits to user space": lambda v: v["user_exits"],
        "refused": refusals})


def module_state(module):
    if module["loaded"]:
        return "loaded"
    return "installed" if module["installed"] else "-"


def disk_commands(disk):
    if "accelerated" not in disk:
        return "-"
    return f"{disk['accelerated']} accelerated, {disk['passed']} passed"


def disk_scheduler(disk):
    text = disk["scheduler"] or "-"
    return f"{text} ({disk['pvelv']})" if "pvelv" in disk else text


def refusals(vm):
    return sum(value for name, value in vm.items() if name.startswith("refused_"))


def show_table(rows, columns):
    """Nothing where there are no rows. Numbers stand on the right."""
    if not rows:
        return
    cells = [list(columns)] + [[column(row) for column in columns.values()] for row in rows]
    widths = [max(len(str(line[i])) for line in cells) for i in range(len(columns))]
    print()
    for line in cells:
        text = "  ".join(str(cell).rjust(width) if isinstance(cell, int) else
                         str(cell).ljust(width) for cell, width in zip(line, widths))
        print(text.rstrip())

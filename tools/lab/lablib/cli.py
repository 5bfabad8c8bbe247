# SPDX-License-Identifier: GPL-2.0
"""Options of tools/lab/run."""

import argparse
import os
import signal
import sys

from . import kernel, plan
from .course import Course
from .errors import INTERRUPTED, LAB, LabError, usage_error

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EPILOG = """\
devices:
  --disk KIND[,size=256M][,file=PATH][,blkdebug=CONFIG][,driver=no]
      ide (primary master), ide-slave, ide-cd (secondary master), ide2-slave, virtio.
      Without file= an empty image, for ide-cd an ISO with one file, data.bin. In L2 the
      disk is /dev/lab/KIND (virtio: /dev/lab/virtio0, virtio1...). A named file is copied
      first: L2 never changes it. driver=no: L2's init does not load the driver.
  --nic KIND[,net=user|tap][,driver=no]
      e1000, e1000-82544gc, e1000-82545em or virtio. User mode: 10.0.2.15, L1 is
      10.0.2.2. Tap: 192.168.77.2, L1 is 192.168.77.1. Each further card counts the third
      number up.

kernels:
  VERSION (installed here) or DIRECTORY:VERSION, where DIRECTORY has boot/ and lib/modules/

exit codes:
  the script's own, or of a plan's first step that failed; besides
    2  bad option, plan or file        125  the lab failed (no boot, module refused...)
  124  time limit or stall             126  kernel splat or panic in L1 or L2
  130  interrupted (143: terminated)

Scripts run as root with the caller's working folder; /tmp, /run, /dev, /proc and /sys are
L1's or L2's own. Environment: LAB=1, LAB_WHERE (l1, l2), LAB_STEP, LAB_OUT (a
folder that --keep saves) and, on L1, LAB_QMP. In L2 `lab` talks to L1: see `lab help`.
"""


def parser():
    options = argparse.ArgumentParser(
        prog="tools/lab/run", usage="%(prog)s [options] SCRIPT [ARGS...]\n"
        "       %(prog)s [options] --plan FILE.json",
        description="Boots a KVM host (L1), in it a guest (L2), runs a script there, counts exits.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = options.add_argument
    add("script", nargs="?", metavar="SCRIPT", help="runs in L2")
    add("args", nargs=argparse.REMAINDER, metavar="ARGS", help="its arguments")
    add("--plan", metavar="FILE.json", help="a list of steps in one boot of L1 (see README.md)")
    _host_options(options.add_argument_group("L1, the KVM host").add_argument)
    _guest_options(options.add_argument_group("L2, the guest (not with --plan)").add_argument)
    _run_options(options.add_argument_group("the run").add_argument)
    return options


def _host_options(add):
    add("--kernel", metavar="KERNEL", help="L1's kernel (default: the newest installed)")
    add("--qemu", default="qemu-system-x86_64", metavar="PROGRAM", help="QEMU that runs L1")
    add("--cpus", type=_number, default=1, metavar="N",
        help="CPUs of L1 (default 1; see the limits in README.md)")
    add("--memory", type=_number, default=4096, metavar="MB", help="of L1 (default 4096)")
    add("--append", metavar="TEXT", help="more kernel command line for L1")
    add("--qemu-arg", action="append", default=[], metavar="ARG",
        help="more arguments for QEMU that runs L1 (write --qemu-arg=-device); repeatable")
    add("--accel", choices=("auto", "kvm", "tcg"), default="auto",
        help="how L1 runs; auto: KVM if this machine can nest, else emulation")
    add("--tcg-thread", choices=("multi", "single"), default="multi",
        help="threads of an emulated L1 that has several CPUs (default multi)")
    add("--l1-module", action="append", default=[], metavar="PATH.ko",
        help="insert on L1 first; parameters may follow in the same word; repeatable")
    add("--l1-script", metavar="SCRIPT", help="run on L1 before any guest")


def _guest_options(add):
    add("--l2-kernel", metavar="KERNEL", help="L2's kernel (default: L1's)")
    add("--l2-qemu", metavar="PROGRAM", help="QEMU that runs L2, on L1")
    add("--l2-cpus", type=_number, metavar="N", help="CPUs of L2 (default 1)")
    add("--l2-memory", type=_number, metavar="MB", help="of L2 (default 768)")
    add("--l2-append", metavar="TEXT", help="more kernel command line for L2")
    add("--l2-qemu-arg", action="append", metavar="ARG",
        help="for L2's QEMU (write --l2-qemu-arg=-device); repeatable")
    add("--l2-module", action="append", metavar="PATH.ko",
        help="insert in L2 before the script; a plain name loads the kernel's own; repeatable")
    add("--disk", action="append", default=[], metavar="SPEC", help="see below; repeatable")
    add("--nic", action="append", default=[], metavar="SPEC", help="see below; repeatable")
    add("--no-heartbeat", action="store_true", help="no signs of life from L2's user space")


def _run_options(add):
    add("--timeout", type=_number, default=1800, metavar="SECONDS",
        help="limit of each step that has none of its own (default 1800)")
    add("--total-timeout", type=_number, metavar="SECONDS",
        help="limit of the whole run (default: all steps' limits and the boot)")
    add("--stall", type=_number, default=120, metavar="SECONDS",
        help="without progress or heartbeat for so long, give up (default 120)")
    add("--no-queue", action="store_true",
        help="start even if other labs occupy the CPUs of this machine")
    add("--json", action="store_true", help="print the result as JSON, the output inside it")
    add("--print-kernel", action="store_true",
        help="print the version of the kernel that L1 would run, and end")
    add("--keep", metavar="DIR", help="save LAB_OUT, logs and result.json of all steps there")


def _number(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def main():
    options = parser().parse_args()
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        if options.print_kernel:
            print(kernel.find(options.kernel).version)
            return 0
        steps = plan.check(_raw_steps(options), options.timeout, os.getcwd())
        return Course(options, steps).run()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.code
    except BrokenPipeError:   # an OSError, too: it comes first
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED + signal.SIGPIPE
    except OSError as error:
        print(f"lab: {error}", file=sys.stderr)
        return LAB


def _interrupt(number, _):
    for other in SIGNALS:   # nothing disturbs the cleaning up
        signal.signal(other, signal.SIG_IGN)
    raise LabError(f"interrupted by {signal.Signals(number).name}", INTERRUPTED + number)


# from options to steps

def _raw_steps(options):
    if bool(options.plan) == bool(options.script):
        raise usage_error("give either a SCRIPT or --plan FILE.json (--help explains)")
    steps = _host_steps(options)
    if options.plan:
        if _guest_part(options):
            raise usage_error("options of the guest do not go with --plan: write them in the step")
        return steps + plan.load(options.plan)
    step = {"script": options.script, "args": options.args, **_guest_part(options)}
    return [*steps, step]


def _host_steps(options):
    steps = []
    if options.l1_module:
        steps.append({"name": "l1-modules", "modules": options.l1_module})
    if options.l1_script:
        steps.append({"name": "l1-script", "script": options.l1_script})
    return [{**step, "where": "l1", "required": True} for step in steps]


def _guest_part(options):
    part = {
        "kernel": options.l2_kernel, "qemu": options.l2_qemu, "cpus": options.l2_cpus,
        "memory_mb": options.l2_memory, "append": options.l2_append,
        "qemu_args": options.l2_qemu_arg, "modules": options.l2_module,
        "devices": [f"disk={text}" for text in options.disk]
        + [f"nic={text}" for text in options.nic],
    }
    if options.no_heartbeat:
        part["heartbeat"] = False
    return {key: value for key, value in part.items() if value not in (None, [])}

# SPDX-License-Identifier: GPL-2.0
"""The suites of suites.json: which there are, which of them are meant, and
what the lab is to do for one.

A suite has a "name" and "tests", each FOLDER/PROGRAM below this folder. One that
is "like" a suite in front of it has all that it does not say from there.
Without more it runs on this machine, "quick" if it takes a short time; "long"
ones run only where they are asked for.
"programs" are folders whose programs its tests use, apart from their own.
With "where", "l1" or "l2", it runs in the lab, in one boot:
  "kernel"       it needs this kernel of tools/lab/kernel
  "guest_kernel": true   its tests run on L1, and their own guests have that kernel
  "matrix_kernel"   L1 runs this kernel of tools/matrix, with the host module that
                 is built for it there
  "module_parameters"    of the host module
  "installed_kernel_only": true   it needs that kernel's package, or tests the
                 same on any: runs on a kernel of tools/lab/kernel leave it out
  "host_module": false   the host module is not loaded on L1 before
  "lab"                  options of tools/lab/run
  "devices", "cpus", "memory_mb", "modules", "append", "qemu_args"   of L2, see tools/lab
"""
import json

STEP_KEYS = ("devices", "cpus", "memory_mb", "modules", "append", "qemu_args")


class NoSuchTest(Exception):
    """Says in one line what there is instead."""


def load(path, top):
    """All suites; {top} in any string is the folder of the project."""
    known = {}
    for suite in json.loads(path.read_text().replace("{top}", str(top))):
        like = suite.pop("like", None)
        known[suite["name"]] = {**known[like], **suite} if like else suite
    return list(known.values())


def choose(known, names, tests, key=None, kernel=None):
    """The suites that are meant, with only those tests that are. KEY, "quick" or
    "long", adds all suites that have it."""
    chosen = _named(known, names, tests, key)
    if kernel:
        fit = [suite for suite in chosen
               if "where" in suite and not suite.get("installed_kernel_only")
               and "matrix_kernel" not in suite
               and suite.get("kernel", kernel) == kernel]
    else:
        fit = [suite for suite in chosen if "kernel" not in suite]
    left = [suite for suite in chosen if suite not in fit]
    if left and (names or tests or not fit):
        raise NoSuchTest(_why_not(left[0], kernel))
    return fit


def _why_not(suite, kernel):
    if suite.get("kernel", kernel) != kernel:
        return f"'{suite['name']}' needs --kernel {suite['kernel']}"
    return f"'{suite['name']}' is not for a kernel of the lab: leave it out, or --kernel"


def _named(known, names, tests, key):
    by_name = {suite["name"]: suite for suite in known}
    for name in names:
        if name not in by_name:
            raise NoSuchTest(f"there is no suite '{name}', only "
                             + ", ".join(by_name))
    for test in tests:
        if not any(test in suite["tests"] for suite in known):
            raise NoSuchTest(f"there is no test '{test}': --list names them")
    if not names and not tests and not key:
        return [suite for suite in known if not suite.get("long")]
    chosen = []
    for suite in known:
        if suite["name"] in names or (key and suite.get(key)):
            chosen.append(suite)
        elif wanted := [test for test in suite["tests"] if test in tests]:
            chosen.append({**suite, "tests": wanted})
    return chosen


# Which machine has a kernel of tools/lab/kernel: that of the suite's tests. The
# other one keeps the installed kernel, which boots in a fraction of the time.

def is_for_guest(suite):
    return suite["where"] == "l2" or suite.get("guest_kernel", False)


def groups(chosen, kernel):
    """The suites that need the same builds."""
    if not kernel:
        return [chosen]
    parts = [[suite for suite in chosen if is_for_guest(suite) == guest]
             for guest in (True, False)]
    return [part for part in parts if part]


def lab_options(suite, kernel=""):
    """The options of tools/lab for a suite."""
    own = ["--kernel", kernel] if kernel and not is_for_guest(suite) else []
    return [*own, *suite.get("lab", [])]


def plan(suite, ksft, host_module, kernel=""):
    """The steps of tools/lab for a suite."""
    steps = []
    host_module = f"{host_module} {suite.get('module_parameters', '')}".strip()
    if suite.get("host_module", True):
        steps.append({"name": "host-module", "where": "l1", "required": True,
                      "modules": [host_module]})
    own = {"kernel": kernel} if kernel and suite["where"] == "l2" else {}
    guest_kernel = kernel if suite.get("guest_kernel") else ""
    return [*steps, {
        **own, "name": suite["name"], "where": suite["where"], "script": "run-tests",
        "args": [ksft, host_module, guest_kernel, *suite["tests"]],
        **{key: suite[key] for key in STEP_KEYS if key in suite}}]

# SPDX-License-Identifier: GPL-2.0
"""Turns options or a plan file into checked steps with absolute paths."""

import json
import re
from pathlib import Path

from . import devices
from .errors import usage_error

COMMON = {"name": str, "where": str, "script": str, "args": list, "modules": list,
          "timeout": (int, float), "required": bool}
L2_ONLY = {"cpus": int, "memory_mb": int, "devices": list, "kernel": str, "qemu": str,
           "qemu_args": list, "append": str, "heartbeat": bool}
L2_DEFAULTS = {"cpus": 1, "memory_mb": 768, "devices": [], "kernel": None, "qemu": None,
               "qemu_args": [], "append": "", "heartbeat": True}


def load(path):
    try:
        steps = json.loads(Path(path).read_text())
    except OSError as error:
        raise usage_error(f"plan {path}: {error.strerror}") from None
    except ValueError as error:
        raise usage_error(f"plan {path}: not JSON: {error}") from None
    if not isinstance(steps, list) or not steps:
        raise usage_error(f"plan {path}: must be a list of at least one step")
    return steps


def check(raw_steps, default_timeout, cwd):
    """Complete steps; every mistake is named with the step it is in."""
    steps = [_step(raw, number, default_timeout, cwd)
             for number, raw in enumerate(raw_steps, 1)]
    names = [step["name"] for step in steps]
    for name in names:
        if names.count(name) > 1:
            raise usage_error(f"two steps are called {name!r}: results are kept by name")
    return steps


def _step(raw, number, default_timeout, cwd):
    if not isinstance(raw, dict):
        raise usage_error(f"step {number}: must be an object")
    label = f"step {number}" + (f" ({raw['name']})" if "name" in raw else "")
    where = raw.get("where", "l2")
    if where not in ("l1", "l2"):
        raise usage_error(f'{label}: "where" is "l1" or "l2"')
    _check_types(raw, {**COMMON, **(L2_ONLY if where == "l2" else {})}, label)
    if "script" not in raw and (where == "l2" or not raw.get("modules")):
        raise usage_error(f'{label}: no "script"')
    step = {"args": [], "modules": [], "required": False, "timeout": default_timeout,
            "script": None, **(L2_DEFAULTS if where == "l2" else {}), **raw}
    step.update(where=where, name=_name(step, number, label))
    step["args"] = [str(arg) for arg in step["args"]]
    _resolve_paths(step, label, cwd)
    return step


def _check_types(raw, known, label):
    for key, value in raw.items():
        if key not in known:
            raise usage_error(f'{label}: unknown key "{key}"')
        if not isinstance(value, known[key]) or (known[key] is int and value is True):
            raise usage_error(f'{label}: "{key}" has the wrong type')
    for key in ("timeout", "cpus", "memory_mb"):
        if key in raw and raw[key] <= 0:
            raise usage_error(f'{label}: "{key}" must be more than 0')


def _name(step, number, label):
    name = step.get("name") or (Path(step["script"]).stem if step["script"] else f"step{number}")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise usage_error(f"{label}: a name has letters, digits, dot, dash and underscore only")
    return name


def _resolve_paths(step, label, cwd):
    if step["script"]:
        step["script"] = _existing(step["script"], cwd, f"{label}: script")
    step["modules"] = [_module(text, label, cwd) for text in step["modules"]]
    if step["where"] != "l2":
        return
    if step["qemu"] and "/" in step["qemu"]:
        step["qemu"] = _existing(step["qemu"], cwd, f"{label}: qemu")
    step["disks"], step["nics"] = devices.both(step.pop("devices"))
    for disk in step["disks"]:
        for key in ("file", "blkdebug"):
            if disk[key]:
                disk[key] = _existing(disk[key], cwd, f"{label}: disk {key}")


def _module(text, label, cwd):
    """"PATH.ko [parameters]" or the name of a module of the kernel."""
    words = str(text).split()
    if not words:
        raise usage_error(f"{label}: empty module")
    if ".ko" in words[0]:
        words[0] = _existing(words[0], cwd, f"{label}: module")
    return words


def _existing(path, cwd, what):
    full = (Path(cwd) / Path(path).expanduser()).resolve()
    if not full.is_file():
        raise usage_error(f"{what} {path}: no such file")
    return str(full)

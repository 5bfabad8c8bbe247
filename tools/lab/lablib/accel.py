# SPDX-License-Identifier: GPL-2.0
"""Decides whether L1 runs on this machine's KVM or on plain emulation."""

import os
import re
from pathlib import Path

from .errors import usage_error


def choose(wanted):
    if wanted == "kvm" and not _opens():
        raise usage_error("--accel kvm: /dev/kvm does not open")
    if wanted == "auto":
        return "kvm" if _has_extension() and _nests() and _opens() else "tcg"
    return wanted


def arguments(accel, thread):
    if accel == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # The emulated SVM does not intercept XSETBV, so KVM in L1 never learns L2's XCR0:
    # L2 warns at boot (6.1), loses register state (5.10) or panics (7.3). Hide XSAVE,
    # and by name what rests on it: kernels ask for AVX and do not check XSAVE.
    hidden = ("xsave", "avx", "avx2", "fma", "f16c", "vaes", "vpclmulqdq", "pku")
    return ["-accel", f"tcg,thread={thread}", "-cpu", ",-".join(("max", *hidden))]


def threads(options):
    """CPUs of this machine that L1's CPUs can occupy at once."""
    return 1 if options.accel == "tcg" and options.tcg_thread == "single" else options.cpus


def nested_module(accel):
    """The KVM module that L1 needs. Emulation shows an AMD CPU's extension."""
    if accel == "kvm" and Path("/sys/module/kvm_intel").exists():
        return "kvm_intel"
    return "kvm_amd"


def _has_extension():
    return bool(re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(), re.M))


def _nests():
    for module in ("kvm_amd", "kvm_intel"):
        parameter = Path(f"/sys/module/{module}/parameters/nested")
        if parameter.exists() and parameter.read_text().strip() in ("1", "Y"):
            return True
    return False


def _opens():
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
        return True
    except OSError:
        return False

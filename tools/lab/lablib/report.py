# SPDX-License-Identifier: GPL-2.0
"""What the caller sees: progress on stderr, output or JSON on stdout."""

import base64
import json
import sys
import time


class Report:
    def __init__(self, as_json):
        self.as_json = as_json
        self.started = time.monotonic()
        self.outputs = {}
        self.steps = []

    def progress(self, text):
        seconds = time.monotonic() - self.started
        print(f"[{seconds:6.1f}s] {text}", file=sys.stderr, flush=True)

    def output(self, step, encoded):
        data = base64.b64decode(encoded)
        self.outputs.setdefault(step, bytearray()).extend(data)
        if not self.as_json:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def result(self, result):
        output = self.outputs.get(result["name"], b"").decode(errors="replace")
        self.steps.append({**result, "output": output})
        self.progress(_summary(result))
        for text in result.get("splat", []):
            print(f"    {text}", file=sys.stderr)
        if not self.as_json:
            for sections in result.get("sections", {}).values():
                for section in sections:
                    print(_section(section), file=sys.stderr)

    def lost(self, running, exit_code, message):
        """A step whose result will not come, L1 being gone."""
        if running:
            self.result({"name": running["name"], "where": running["where"], "seconds": 0,
                         "status": "lost", "exit_code": exit_code, "message": message})

    def final(self, exit_code, message, accel):
        """The document of --json."""
        return {
            "ok": exit_code == 0,
            "exit_code": exit_code,
            "message": message,
            "accel": accel,
            "seconds": round(time.monotonic() - self.started, 1),
            "steps": self.steps,
        }

    def first_failure(self):
        """Exit code and message of the first step that failed, or 0 and None."""
        for step in self.steps:
            if step["exit_code"]:
                why = step.get("message") or f"exit code {step['exit_code']}"
                return step["exit_code"], f"{step['name']}: {why}"
        return 0, None


def write_json(document, stream):
    json.dump(document, stream, indent=1)
    stream.write("\n")
    stream.flush()


def _summary(result):
    text = f"{result['where'].upper()} {result['name']!r} {result['status']}"
    if result["status"] == "failed":
        text += f", exit code {result['exit_code']}"
    if result.get("message"):
        text += f": {result['message']}"
    return f"{text} ({result['seconds']:g} s)"


def _section(section):
    exits = section["exits"]
    ports = sum(sum(kinds.values()) for kinds in exits["pio"].values())
    return (f"    section {section['name']}: {section['seconds']:.2f} s, {exits['total']} exits, "
            f"{ports} port, {exits['kvm_stat'].get('mmio_exits', 0)} MMIO, "
            f"{sum(exits['userspace'].values())} to user space")

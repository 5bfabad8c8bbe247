# SPDX-License-Identifier: GPL-2.0
"""Answers the `lab` command of L2. Each request is "ID VERB LENGTH" and a payload."""

import json
import os
import selectors
import subprocess

from . import environment


class Control:
    def __init__(self, step, counters, channel):
        self.step = step
        self.counters = counters
        self.channel = channel
        self.progressed = lambda: None   # set by the guest that is watched
        self.open_sections = {}
        self.sections = {}

    def serve(self, connection):
        """Serves one port until L2's QEMU closes it."""
        stream = connection.makefile("rwb")
        try:
            while header := stream.readline():
                request, verb, length = header.decode().split()
                text = stream.read(int(length)).decode(errors="replace")
                self.progressed()
                self._answer(_Reply(stream, request), verb, text)
        except (OSError, ValueError):
            pass   # the guest is gone, or talks nonsense

    def _answer(self, reply, verb, text):
        if verb == "begin":
            reply.exit(self._begin(reply, text))
        elif verb in ("end", "print"):
            reply.exit(self._end(reply, text, verb == "print"))
        elif verb == "log":
            self.channel.progress(f"{self.step['name']}: {text}")
            reply.exit(0)
        elif verb == "l1":
            reply.exit(self._run(reply, text))
        else:
            reply.error(f"lab: the agent does not know {verb}\n")
            reply.exit(2)

    def _begin(self, reply, name):
        if name in self.open_sections:
            reply.error(f"lab: section {name} is open already\n")
            return 2
        self.open_sections[name] = self.counters.read()
        return 0

    def _end(self, reply, name, show):
        reading = self.counters.read()   # before anything else: it is what counts
        begin = self.open_sections.pop(name, None)
        if begin is None:
            reply.error(f"lab: section {name} is not open\n")
            return 2
        section = self.counters.section(name, begin, reading)
        self.sections.setdefault(name, []).append(section)
        if show:
            reply.json(section)
        return 0

    def _run(self, reply, text):
        process = subprocess.Popen(
            ["bash", "-c", text], cwd=environment.working_folder(self.step),
            env=environment.on_l1(self.step), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ, reply.out)
            selector.register(process.stderr, selectors.EVENT_READ, reply.error)
            _copy(selector, process)
        code = process.wait()
        return code if code >= 0 else 128 - code


def _copy(selector, process):
    """Until both ends are closed, or the command is over and what it left behind is silent."""
    while selector.get_map():
        ready = selector.select(0.2)
        if not ready and process.poll() is not None:
            return
        for key, _ in ready:
            data = os.read(key.fd, 16384)
            if data:
                key.data(data)
            else:
                selector.unregister(key.fileobj)


class _Reply:
    def __init__(self, stream, request):
        self.stream = stream
        self.request = request

    def out(self, data):
        self._send("out", data)

    def error(self, data):
        self._send("err", data if isinstance(data, bytes) else data.encode())

    def json(self, value):
        self._send("out", json.dumps(value).encode() + b"\n")

    def exit(self, code):
        self.stream.write(f"{self.request} exit {code}\n".encode())
        self.stream.flush()

    def _send(self, kind, data):
        self.stream.write(f"{self.request} {kind} {len(data)}\n".encode() + data)
        self.stream.flush()

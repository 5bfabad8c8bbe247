#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two CPUs: submissions and interrupts in parallel.
. "$(dirname "$0")/../lib/guest.sh"

tests=$debugfs/pvio_test

# on each CPU, while the other one is at the disk
on_cpu() {
	hook
	writer_start smp$1 64m --cpus_allowed=$((1 - $1))
	taskset -c "$1" cat $tests/equal > /tmp/equal
	writer_stop
	grep -q '^ok' /tmp/equal
	refused grep '^not ok' /tmp/equal
}

# two writers, the interrupt on either CPU, and the hooks go in and out
two_writers() {
	local irq i
	irq=$(disk_irq)
	writer_start one 4m --cpus_allowed=0
	writer_start two 4m --offset=64m --cpus_allowed=1
	for i in 0 1 0 1; do
		echo $i > "/proc/irq/$irq/smp_affinity_list" 2> /dev/null || true
		hook
		sleep 0.5
		echo $((i == 0)) > $nohost
		sleep 0.3
		unhook
		still_writing
	done
	hook
	writer_stop
	no_complaints
}

guest_begin
need $disk
[ "$(nproc)" -ge 2 ] || ktap_skip_all "one CPU"
insert tools/selftests/guest/pvio_test/pvio_test.ko
kernel_mark
ktap_plan 3
ktap_test "batches equal instructions on CPU 0" on_cpu 0
ktap_test "batches equal instructions on CPU 1" on_cpu 1
ktap_test "two writers on two CPUs, hooks in and out" two_writers
ktap_end

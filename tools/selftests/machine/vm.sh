#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What befalls a machine as a whole while its disks and its card are at work:
# saved and restored, moved to another QEMU, reset, another kernel, a panic.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
options="console=ttyS0 quiet nokaslr mitigations=off no_timer_check pci=noearly"
host_module=$top/host-shim/pvio_host.ko

boots() {
	(wait_until_up 1) || fail "$(tail -n 5 "$console")"
	works
}

# It goes on in the midst of the request or the packet that it was saved in.
saved_and_restored() {
	local i
	for i in 1 2; do
		monitor "savevm state$i"
		disk_moves
		echoed
		monitor "loadvm state$i"
		works
	done
}

without_host() {
	in_guest "echo 1 > /sys/module/pvio/parameters/nohost"
	saved_and_restored
	in_guest "echo 0 > /sys/module/pvio/parameters/nohost"
	works
}

# Saved where there is host support, restored where there is none.
loses_host() {
	monitor stop
	monitor "savevm with"
	rmmod pvio_host
	monitor "loadvm with"
	monitor cont
	works
	insmod "$host_module"
	works
}

# It goes on in the second QEMU, which waits for it, with the same disks and address.
moves() {
	LAB_QMP=$work/qmp0 qmp migrate "{\"uri\": \"unix:$work/migration\"}"
	wait_until eval "qmp query-status | grep -q '\"running\": true'"
	LAB_QMP=$work/qmp0 qmp quit
	works
}

# The guest comes up again, and has what it was told to be on the disk.
starts_again() {
	local kept=$1
	[ "$(last found)" -ge "$kept" ] || fail "record $(last found) found, $kept was kept"
	works
}

resets() {
	local i up kept
	for i in 1 2; do
		up=$(times_up)
		qmp stop
		kept=$(last kept)
		qmp system_reset
		qmp cont
		wait_until_up $((up + 1))
		starts_again "$kept"
	done
}

# Without a shutdown: requests are under way and the card receives. The sum over
# the new kernel, which kexec -i leaves out, takes minutes in the lab.
kexecs() {
	local up kept
	up=$(times_up)
	in_guest "kexec -l -i /disk/vmlinuz --initrd=/disk/initrd --reuse-cmdline 2>&1"
	in_guest "(sleep 1; kexec -e) > /dev/null 2>&1 &"
	ping -f -q -w 3 -s 1400 $guest > /dev/null || true
	kept=$(last kept)
	wait_until_up $((up + 1))
	starts_again "$kept"
}

panics() {
	local mac
	read -r mac < /sys/class/net/machine/address
	python3 - $host 6666 > "$work/netconsole" <<- 'END' &
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((sys.argv[1], int(sys.argv[2])))
		while True:
		    sys.stdout.write(s.recv(65536).decode(errors="replace"))
		    sys.stdout.flush()
	END
	listener=$!
	trap 'kill $listener' EXIT
	in_guest "for m in configfs netconsole; do insmod /mod/\$m.ko \
		\$([ \$m = configfs ] || echo netconsole=@$guest/eth0,6666@$host/$mac); done"
	in_guest "(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &"
	ping -f -q -w 3 -s 1400 $guest > /dev/null || true
	wait_until grep -q 'end Kernel panic' "$work/netconsole"
	grep 'Kernel panic' "$work/netconsole"
}

# After a panic the journal has to be replayed; nothing else is amiss then.
is_whole() {
	qmp quit
	wait_until gone $vm
	qemu-img convert -O raw "$work/sdb" "$work/raw"
	e2fsck -p "$work/raw" || [ $? = 1 ]
	e2fsck -fn "$work/raw"
}

[ "${LAB_WHERE-}" = l1 ] || ktap_skip_all "not on the lab's L1"
work=$(mktemp -d)
trap 'cp "$work"/console* "$work"/qemu? "$LAB_OUT"; kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
make_initrd
make_disks
make_bridge
start_vm 0
ktap_plan 9
ktap_test "a guest boots from its RAM" boots
[ $ktap_failed = 0 ] || exit
ktap_test "saved and restored in mid-request, with the host" saved_and_restored
ktap_test "so without it" without_host
ktap_test "saved with the host module, restored without" loses_host
ktap_test "reset in mid-request" resets
ktap_test "another kernel in mid-request" kexecs
start_vm 1 -incoming "unix:$work/migration"
ktap_test "moved to another QEMU" moves
ktap_test "the last words of a panic arrive" panics
ktap_test "the file system is whole" is_whole
ktap_end

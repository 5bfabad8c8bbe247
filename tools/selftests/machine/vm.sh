#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What befalls a machine as a whole while its disks and its card are at work:
# saved and restored, moved to another QEMU, reset, another kernel, a panic.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host_module=$top/host-shim/pvio_host.ko

boots() {
	! gone $vm || fail "QEMU: $(cat "$work/qemu0")"
	(wait_until_up 1) || fail "$(tail -n 5 "$console")"
	wait_until helps yes
	works
}

# It goes on in the midst of the request or the packet that it was saved in.
saved_and_restored() {
	monitor "savevm state"
	works
	monitor "loadvm state"
	works
}

without_host() {
	at_end in_guest "echo 0 > /sys/module/pvio/parameters/nohost"
	in_guest "echo 1 > /sys/module/pvio/parameters/nohost"
	wait_until helps no
	saved_and_restored
	in_guest "echo 0 > /sys/module/pvio/parameters/nohost"
	wait_until helps yes
	works
}

# Saved where there is host support, restored where there is none.
loses_host() {
	at_end qmp cont
	at_end eval "[ -d /sys/module/pvio_host ] || insmod $host_module"
	monitor stop
	monitor "savevm with"
	rmmod pvio_host
	monitor "loadvm with"
	monitor cont
	wait_until helps no
	works
	insmod "$host_module"
	wait_until helps yes
	works
}

# It goes on in the second QEMU, which waits for it, with the same disks and address.
moves() {
	LAB_QMP=$work/qmp0 qmp migrate "{\"uri\": \"unix:$work/migration\"}"
	wait_until eval "qmp query-status | grep -q '\"running\": true'"
	LAB_QMP=$work/qmp0 qmp quit
	wait_until helps yes
	works
}

resets() {
	local up
	up=$(times_up)
	qmp system_reset
	wait_until_up $((up + 1))
	records_survived
	works
}

# Without a shutdown: requests are under way and the card receives. The sum over
# the new kernel, which kexec -i leaves out, takes minutes in the lab.
kexecs() {
	local up
	up=$(times_up)
	# both disks are on one port: badblocks would keep kexec waiting for minutes
	in_guest "killall -STOP badblocks
		kexec -l -i /disk/vmlinuz --initrd=/disk/initrd --reuse-cmdline 2>&1 &&
		killall -CONT badblocks"
	in_guest "(sleep 1; kexec -e) > /dev/null 2>&1 &"
	wait_until_up $((up + 1))
	records_survived
	works
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
	at_end kill $!
	wait_until eval "ss -Hlun 'sport = :6666' | grep -q ."
	in_guest "while read -r module; do
		insmod /mod/\$module netconsole=@$guest/eth0,6666@$host/$mac
	done < /mod/netconsole"
	in_guest "(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &"
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
for program in badblocks busybox e2fsck jq kexec qemu-img $echo; do
	command -v "$program" > /dev/null || ktap_skip_all "no $program"
done
work=$(mktemp -d)
trap 'cp "$work"/console* "$work"/qemu? "$LAB_OUT"; kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
ktap_plan 10
ktap_test "the parts of a machine" make_parts
[ $ktap_failed = 0 ] || exit
start_vm 0
ping_start
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

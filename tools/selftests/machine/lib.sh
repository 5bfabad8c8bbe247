# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest on L1 that is treated as a whole: saved, moved, reset. It has nothing but
# two IDE disks, an e1000 and a screen, and runs guest-init.
# shellcheck source=../lib/ktap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ktap.sh"
# shellcheck source=../lib/complaints.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/complaints.sh"

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
host_module=$top/host-shim/pvio_host.ko
kernel=${PVIO_GUEST_KERNEL:-$(uname -r)}
# What is booted, and which hooks its disks get: it has libata or drivers/ide.
read -r image hooks <<< "$(PYTHONPATH=$top/tools/lab python3 -B -c 'import sys
from lablib import kernel
found = kernel.find(sys.argv[1])
print(found.image, "pvblk_ide" if kernel.insertions(found, "ide-gd_mod") else "pvblk_ata")' "$kernel")"
disks=(sda sdb)
[ $hooks = pvblk_ata ] || disks=(hda hdb)
# A panic is one of the tests: it must not end the guest's QEMU.
options="$(PYTHONPATH=$top/tools/lab python3 -c 'from lablib.kernel import KERNEL_OPTIONS
print(KERNEL_OPTIONS)') panic=0 kprobe_event=p:scheduled,dd_insert_requests"
guest=192.168.99.2
guest_mac=52:54:00:4c:43:01
host=192.168.99.1
echo=$top/tools/selftests/nic/echo
echo_port=4007
shell_port=4008

# machine_begin COUNT [OPTION...]: of tests, of which the first two are here; the
# others have a guest that works, in a QEMU with these options
machine_begin() {
	local program count=$1
	shift
	[ "${LAB_WHERE-}" = l1 ] || ktap_skip_all "not on the lab's L1"
	for program in badblocks busybox e2fsck jq kexec qemu-img $echo; do
		command -v "$program" > /dev/null || ktap_skip_all "no $program"
	done
	work=$(mktemp -d)
	trap 'cp "$work"/console* "$work"/qemu? "$LAB_OUT"; kill $(jobs -p) 2> /dev/null; rm -rf "$work"' EXIT
	ktap_plan "$count"
	ktap_test "the parts of a machine" make_parts
	[ $ktap_failed = 0 ] || exit
	start_vm 0 "$@"
	ping_start
	ktap_test "a guest boots from its RAM" boots
	[ $ktap_failed = 0 ] || exit
}

make_parts() {
	make_initrd
	make_disks
	make_bridge
}

# What is in the guest's RAM

# put_modules LIST NAME|FILE...: and what they need; guest-init finds them by that list
put_modules() {
	mkdir -p "$root/mod"
	PYTHONPATH=$top/tools/lab python3 -B - "$kernel" "$root/mod" "$@" <<- 'END'
		import sys
		from pathlib import Path
		from lablib import initramfs, kernel
		version, folder, name, *modules = sys.argv[1:]
		found = kernel.find(version)
		files = dict.fromkeys(file for module in modules for file in (
		    [Path(module)] if "/" in module else kernel.insertions(found, module) or []))
		for file in files:
		    Path(folder, initramfs.plain(file)).write_bytes(initramfs.content(file))
		Path(folder, name).write_text("".join(initramfs.plain(file) + "\n" for file in files))
	END
}

# put_program PATH: and the libraries that it needs
put_program() {
	local library
	cp "$1" "$root/bin/"
	for library in $(ldd "$1" | grep -o '/[^ ]* (0x' | cut -d' ' -f1); do
		mkdir -p "$root${library%/*}"
		cp "$library" "$root$library"
	done
}

make_initrd() {
	root=$work/root
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	put_program "$(command -v badblocks)"
	put_program "$(command -v kexec)"
	# a kernel has libata or drivers/ide
	put_modules boot "$top/pvblk-ata/elevator/pvelv.ko" ata_piix sd_mod piix ide-gd_mod \
		ext4 mii "$top"/{pvio/pvio,pvblk-ata/$hooks,pve1000/pve1000}.ko
	put_modules netconsole netconsole
	cp "$(dirname "${BASH_SOURCE[0]}")/guest-init" "$root/init"
	(cd "$root" && find . | busybox cpio -o -H newc) > "$work/initrd"
}

# The second disk has what kexec boots.
make_disks() {
	mkdir "$work/files"
	cp "$image" "$work/files/vmlinuz"
	cp "$work/initrd" "$work/files/initrd"
	echo 0 > "$work/files/record"
	truncate -s 128M "$work/raw"
	mkfs.ext4 -q -d "$work/files" "$work/raw"
	qemu-img convert -O qcow2 "$work/raw" "$work/sdb"
	rm -r "$work/raw" "$work/files"
	qemu-img create -q -f qcow2 "$work/sda" 2M
}

# The machine

make_bridge() {
	local tap
	modprobe -a tun bridge
	ip link add machine type bridge
	ip address add $host/24 dev machine
	ip link set machine up
	for tap in machine0 machine1; do
		ip tuntap add $tap mode tap
		ip link set $tap master machine up
	done
	# ping ends at the first error, as where nobody answers ARP
	ip neigh replace $guest dev machine lladdr $guest_mac nud permanent
}

# The card always receives and sends, until the file ends.
ping_start() {
	ping -i 0.05 -s 1400 -q $guest > /dev/null &
	pings=$!
}

# start_vm NUMBER [OPTION...]: 0 or 1, of which one at a time runs the guest
start_vm() {
	local number=$1 disk
	local -a blockdevs
	shift
	for disk in 0 1; do
		blockdevs+=(-blockdev "qcow2,node-name=disk$disk,file.driver=file,file.filename=$work/sd$(tr 01 ab <<< $disk)"
			-device "ide-hd,bus=ide.0,unit=$disk,drive=disk$disk")
	done
	export LAB_QMP=$work/qmp$number
	qemu-system-x86_64 -nodefaults -no-user-config -display none -machine pc -accel kvm \
		-cpu host -m 384 -serial "file:$work/console$number" \
		-qmp "unix:$LAB_QMP,server=on,wait=off" \
		-kernel "$image" -initrd "$work/initrd" -append "$options" \
		"${blockdevs[@]}" -netdev "tap,id=net,ifname=machine$number,script=no,downscript=no" \
		-device e1000,netdev=net,mac=$guest_mac -device secondary-vga "$@" > "$work/qemu$number" 2>&1 &
	vm=$!
	console=$work/console$number
	wait_until eval "[ -S $LAB_QMP ] || gone $vm"
}

# disturb PAUSES CARDS: what stops the CPUs, or has QEMU empty the ring of coalesced
# writes inside of something else, in the midst of requests and packets. Each pause
# is followed by a look at the screen. A card is an e1000, which the guest gives its
# addresses before it goes again.
disturb() {
	PYTHONPATH=$top/tools/lab python3 -B - "$LAB_QMP" "$work/screen" "$@" <<- 'END'
		import sys, time
		from lablib.qmp import Client
		socket, screen, pauses, cards = sys.argv[1:]

		def wait_until(done):
		    end = time.monotonic() + 300
		    while not done():
		        if time.monotonic() > end:
		            sys.exit("the guest does not see to its cards")
		        time.sleep(0.05)

		def extra():
		    return [device for bus in qmp.command("query-pci") for device in bus["devices"]
		            if device["qdev_id"] == "extra"]

		def has_addresses():
		    return any(region["address"] > 0 for device in extra()
		               for region in device["regions"])

		with Client(socket, limit=600) as qmp:
		    for _ in range(int(pauses)):
		        qmp.command("stop")
		        qmp.command("cont")
		        qmp.command("screendump", {"filename": screen})
		    for _ in range(int(cards)):
		        qmp.command("device_add", {"driver": "e1000", "id": "extra"})
		        wait_until(has_addresses)
		        qmp.command("device_del", {"id": "extra"})
		        wait_until(lambda: not extra())
	END
}

# gone PROCESS
gone() { ! kill -0 "$1" 2> /dev/null; }

# monitor COMMAND...: a command of QEMU's human monitor, which has no answer when it works
monitor() {
	local answer
	answer=$(qmp human-monitor-command "$(jq -n --arg line "$*" '{"command-line": $line}')")
	[ -z "$answer" ] || fail "$*: $answer"
}

# times_up: how often the guest has come up
times_up() { grep -c 'machine: up' "$console" || true; }

wait_until_up() { wait_until eval "[ \$(times_up) = $1 ]"; }

# in_guest COMMAND...: its output and its exit code
in_guest() {
	local connection said
	exec {connection}<> /dev/tcp/$guest/$shell_port
	printf '%s\necho "status $?"\nexit\n' "$*" >&$connection
	said=$(timeout 300 cat <&$connection) || true
	exec {connection}>&-
	[[ $said =~ ^(.*)status\ ([0-9]+)$ ]] || fail "the guest's shell did not end: $said"
	printf '%s' "${BASH_REMATCH[1]}"
	return "${BASH_REMATCH[2]}"
}

# helps yes|no: the host serves its batches
helps() { [ "$(in_guest cat /sys/kernel/debug/pvio/host)" = "$1" ]; }

boots() {
	! gone $vm || fail "QEMU: $(cat "$work/qemu0")"
	(wait_until_up 1) || fail "$(tail -n 5 "$console")"
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

# After a panic or a reset the journal has to be replayed; nothing else is amiss then.
is_whole() {
	qmp quit
	wait_until gone $vm
	qemu-img convert -O raw "$work/sdb" "$work/raw"
	e2fsck -p "$work/raw" || [ $? = 1 ]
	e2fsck -fn "$work/raw"
}

# What the guest does all the time

accelerated() {
	in_guest "awk 'NR > 1 { sum += \$2 } END { print sum + 0 }' /sys/kernel/debug/$hooks/ports"
}

disk_moves() {
	local before
	before=$(accelerated)
	wait_until eval "[ \$(accelerated) -gt $((before + 100)) ]"
}

records() { grep -c 'machine: kept record' "$console"; }

records_move() { wait_until eval "[ \$(records) -gt $(($(records) + 2)) ]"; }

# What the guest said was kept before it came up the last time was there.
records_survived() {
	tr -d '\r' < "$console" | awk '
		/machine: kept record/ { kept = $NF }
		/machine: found record/ { found = $NF; before = kept }
		END {
			print "record " found " found, " before " was kept"
			exit !(before && found >= before)
		}'
}

# works: both devices do, and neither kernel nor badblocks complained
works() {
	disk_moves
	records_move
	$echo tcp 300000 $guest $echo_port
	kill -0 $pings
	no_complaints
}

no_complaints() {
	local log text
	log=$(in_guest dmesg)
	text=$(cat - "$console" <<< "$log" | grep -E \
		"$complaint|WARNING:|BUG:|EXT4-fs error|NETDEV WATCHDOG|machine: (badblocks|no )" || true)
	[ -z "$text" ] || fail "the guest: $text"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the guest's tests have in common: modules here and on the host, disks,
# counts. They run in the lab's L2, where `lab` reaches the host.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
guest_dir=$top/tools/selftests/guest
debugfs=/sys/kernel/debug
nohost=/sys/module/pvio/parameters/nohost
disk=/dev/lab/ide

# shellcheck source=ktap.sh
. "$top/tools/selftests/lib/ktap.sh"
# shellcheck source=complaints.sh
. "$top/tools/selftests/lib/complaints.sh"

# need PATH...: devices, files
need() {
	local path
	for path; do
		[ -e "$path" ] || ktap_skip_all "no $path here"
	done
}

loaded() { grep -q "^$1 " /proc/modules; }

insert() {
	local module=$1 name
	shift
	name=$(basename "$module" .ko)
	loaded "$name" || insmod "$top/$module" "$@"
}

remove() { ! loaded "$1" || rmmod "$1"; }

# The module whose hooks are tested: for libata or, where the kernel has that, drivers/ide.
hooks=pvblk_ata
[ ! -d /sys/bus/ide ] || hooks=pvblk_ide

hook() { insert pvblk-ata/$hooks.ko; }
unhook() { remove $hooks; }

# The host module. Every change patches the host's kernel text.
host_module_insert() {
	lab l1 "grep -q '^pvio_host ' /proc/modules || insmod $top/host-shim/pvio_host.ko"
}

host_module_remove() {
	lab l1 "! grep -q '^pvio_host ' /proc/modules || rmmod pvio_host"
}

with_host() { echo 0 > $nohost; }
without_host() { echo 1 > $nohost; }

# mode stock|host|alone: the IDE disks are the stock driver's, hooked with the host
# module's help, or hooked without
mode() {
	case $1 in
	stock) unhook ;;
	host) hook && with_host ;;
	alone) hook && without_host ;;
	esac
}

# Leaves the guest as the next test expects it, whatever happened.
guest_restore() {
	[ ! -e $nohost ] || with_host
	unhook
	remove pvio_test
}

# guest_begin: hooks are off, the library is in, the host helps
guest_begin() {
	[ "${LAB_WHERE-}" = l2 ] || ktap_skip_all "not in the lab's guest"
	host_module_insert || ktap_skip_all "no host module"
	insert pvio/pvio.ko
	trap guest_restore EXIT
	unhook
	with_host
	cd /tmp || exit
}

# block: the kernel's name of $disk, such as sda
block() { basename "$(readlink -f $disk)"; }

# The first interrupt of its controller.
disk_irq() { awk '/ata_piix|ide0/ { sub(":", "", $1); print $1; exit }' /proc/interrupts; }

# kernel_mark, complaints: what the ATA layer complained of since then
kernel_mark() { echo "mark $BASHPID $EPOCHREALTIME" | tee /dev/kmsg > /tmp/kernel_mark; }

kernel_since() { dmesg | sed "1,/$(cat /tmp/kernel_mark)/d"; }

complaints() { kernel_since | grep -E "$complaint" || true; }

no_complaints() {
	local text
	text=$(complaints)
	[ -z "$text" ] || fail "the kernel log: $text"
}

# accelerated: commands that all hooked ports have issued themselves
accelerated() {
	awk 'NR > 1 { sum += $2 } END { print sum + 0 }' $debugfs/$hooks/ports
}

# drivers/ide turns to PIO when it has reset a device.
use_dma() { [ $hooks = pvblk_ata ] || "$guest_dir/ata_command" $disk dma; }

# is_accelerated: plain reads of $disk are issued by the hooks
is_accelerated() {
	local before
	before=$(accelerated)
	dd if=$disk of=/dev/null bs=4k count=100 iflag=direct status=none
	[ "$(accelerated)" -gt $((before + 50)) ] || fail "the port is not accelerated"
}

# expect WHAT SEEN EXPECTED
expect() {
	[ "$2" = "$3" ] || fail "$1: $2, expected $3"
}

# verified NAME DISK SIZE [OPTION...]: random 4 KiB writes, verified as they pile up
# (a job with a run time never comes to the end) and at the end
verified() {
	local name=$1 file=$2 size=$3
	shift 3
	fio --name="$name" --filename="$file" --size="$size" --rw=randwrite \
		--bs=4k --thread --ioengine=psync --direct=1 --verify=crc32c \
		--verify_backlog=64 --verify_fatal=1 --verify_state_save=0 --randrepeat=0 \
		--output-format=terse "$@" > "/tmp/fio.$name" 2>&1 && return
	grep -v ';' "/tmp/fio.$name" | tail -n 5
	return 1
}

declare -A writers=()	# name: process

# writer_start NAME SIZE [OPTION...]: the same on $disk from the background, until
# writer_stop
writer_start() {
	local name=$1 size=$2
	shift 2
	(verified "$name" $disk "$size" --time_based --runtime=1d "$@") &
	writers[$name]=$!
	at_end pkill -P $! fio
	# more than verify_backlog: it has read some of them back
	wait_until eval "[ \$(written $!) -gt $((200 * 4096)) ] || ! writing"
	still_writing
}

# written WRITER: bytes
written() {
	local fio
	fio=$(pgrep -P "$1" fio) || { echo 0; return; }
	awk '$1 == "write_bytes:" { print $2 }' "/proc/$fio/io"
}

writing() {
	local writer
	for writer in "${writers[@]}"; do
		kill -0 "$writer" 2> /dev/null || return
	done
}

still_writing() {
	local name
	writing && return
	for name in "${!writers[@]}"; do
		sed "s/^/$name: /" "/tmp/fio.$name"
	done
	fail "a writer ended early"
}

# Ends all of them, and says whether they found all in order. fio ends with 128
# where a signal ended it, and its fifth field is the error.
writer_stop() {
	local name log
	still_writing
	for name in "${!writers[@]}"; do
		log=/tmp/fio.$name
		pkill -TERM -P "${writers[$name]}" fio || fail "the writer $name is gone"
		wait "${writers[$name]}" || true
		unset "writers[$name]"
		grep -q 'terminating on signal 15' "$log" && grep -qE '^3;([^;]*;){3}0;' "$log" &&
			continue
		cat "$log"
		fail "the writer found an error"
	done
}

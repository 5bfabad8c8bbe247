#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a kernel says when it dies in the midst of bursts: the same on the console whose
# characters go in bursts and on the early one, which knows nothing of them, byte for
# byte. Runs on L1.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../machine/lib.sh
. "$(dirname "$0")/../machine/lib.sh"

panic_begin() {
	[ "${LAB_WHERE-}" = l1 ] || ktap_skip_all "not on the lab's L1"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	ktap_plan "$1"
	ktap_test "what is in the guest" make_parts
	[ $ktap_failed = 0 ] || exit
}

make_parts() {
	root=$work/root
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	put_modules boot "$top"/pvio/{pvio,quiet/pvquiet}.ko
	seq -f "%.0f of a text that a terminal could show" 1000 > "$root/text"
	cp "$(dirname "$0")/panic-init" "$root/init"
	(cd "$root" && find . | busybox cpio -o -H newc) > "$work/initrd"
}

# start_guest NAME CPUS WORDS: the early console has the second port
start_guest() {
	bursts=$LAB_OUT/$1.bursts.log stock=$LAB_OUT/$1.stock.log
	export LAB_QMP=$work/$1.qmp
	qemu-system-x86_64 -nodefaults -no-user-config -display none -machine pc -accel kvm \
		-cpu host -m 256 -smp "$2" -serial "file:$bursts" \
		-serial "file:$stock" \
		-qmp "unix:$LAB_QMP,server=on,wait=off" -kernel "$image" -initrd "$work/initrd" \
		-append "$options earlyprintk=serial,ttyS1,115200,keep $3" > "$LAB_OUT/$1.qemu.log" 2>&1 &
	vm=$!
	at_end stop_guest
	wait_until eval "[ -S $LAB_QMP ] || gone $vm"
}

stop_guest() {
	kill $vm 2> /dev/null
	wait $vm
}

says() { grep -aq "$1" "$stock"; }

# dies NAME CPUS FLOOD END
dies() {
	start_guest "$1" "$2" "flood=$3 end=$4"
	wait_until says "panic: flooded"
	refused says "panic: no module"
	[ "$4" != nmi ] || qmp inject-nmi
	wait_until says "end Kernel panic"
	sleep 1
	python3 - "$bursts" "$stock" <<- 'END'
		import re, sys
		from pathlib import Path
		bursts, stock = (Path(name).read_bytes() for name in sys.argv[1:])
		# a console that was interrupted in a record begins it anew, on the same line
		text = stock[stock.index(b"panic: flooded"):]
		records = re.findall(rb"\[ *\d+\.\d{6}\] (?:(?!\[ *\d+\.\d{6}\] ).)*\r\n", text)
		# where a line is flooded, what it was sent stands between the records
		place = bursts.index(b"panic: flooded")
		for record in records:
		    found = bursts.find(record, place)
		    if found < 0:
		        sys.exit(f"not whole or not in order: {record}")
		    place = found + len(record)
		assert len(records) > 20, records
		print(f"{len(records)} records, {len(bursts)} and {len(stock)} bytes")
	END
}

# The last is the record itself: nothing may stand in it, or behind.
dies_with_the_same_words() {
	dies "$@"
	python3 - "$bursts" "$stock" <<- 'END'
		import sys
		from pathlib import Path
		bursts, stock = (Path(name).read_bytes() for name in sys.argv[1:])
		words = stock[stock.rindex(b"Kernel panic"):]
		assert bursts.endswith(words), (bursts[-2 * len(words):], words)
	END
}

panic_begin 9
ktap_test "it crashes while a line is flooded" dies_with_the_same_words sysrq-line 1 line sysrq
ktap_test "while its log is" dies_with_the_same_words sysrq-log 1 log sysrq
ktap_test "while both are" dies_with_the_same_words sysrq-both 1 both sysrq
ktap_test "it is interrupted while a line is flooded" dies_with_the_same_words nmi-line 1 line nmi
for time in 1 2 3; do
	ktap_test "it is interrupted while its log is, time $time" dies_with_the_same_words \
		"nmi-log-$time" 1 log nmi
done
ktap_test "another CPU dies while its log is" dies_with_the_same_words smp 2 log sysrq
ktap_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Characters to serial ports in bursts: what they cost, and that each arrives, once and
# in order, whatever happens meanwhile. ttyS0 is the console, ttyS1's other end is a
# socket on the host, where QEMU also writes down what it sends.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"

line=/dev/ttyS1
socket=/run/serial1
switch=/sys/module/pvquiet/parameters/serial
console=/run/lab/out/$LAB_STEP/console.log

load() {
	insert pvio/quiet/pvquiet.ko
	at_end remove pvquiet
}

# text SIZE: in which nothing repeats
text() { seq -f "%.0f of a text that a terminal could show" 100000 | head -c "$1"; }

# QEMU's record of the line starts anew.
forget_line() { lab l1 ": > $socket.log"; }

# arrives FILE: on the line, and nothing else
arrives() {
	local size
	size=$(stat -c %s "$1")
	wait_until lab l1 "[ \$(stat -c %s $socket.log) -ge $size ]"
	lab l1 "cat $socket.log" | cmp - "$1"
}

raw() { stty -F $line raw -echo -crtscts clocal 115200 "$@"; }

# accesses JSON PREFIX: of a UART's registers, whose ports begin with this
accesses() {
	jq "[ .exits.pio | to_entries[] | select(.key | test(\"^0x$2[89a-f]\$\")) |
		.value[] ] | add // 0" <<< "$1"
}

calls() { jq '.exits.by_reason | (.vmmcall // 0) + (.vmcall // 0)' <<< "$1"; }

# line_costs NAME: exits of 1,600 characters, in hundredths of 16
line_costs() {
	local section
	raw
	text 1600 > /tmp/sent
	forget_line
	lab begin "$1"
	cat /tmp/sent > $line
	arrives /tmp/sent
	section=$(lab end -p "$1")
	echo $(($(accesses "$section" 2f) + $(calls "$section")))
}

line_in_bursts() {
	local stock host alone
	# a port that is closed in between is set up anew
	exec 5<> $line
	stock=$(line_costs line.stock)
	load
	host=$(line_costs line.host)
	without_host
	at_end with_host
	alone=$(line_costs line.alone)
	echo "16 characters to a line: $stock hundredths of exits, with the host $host, without $alone"
	[ "$host" -le 230 ] || fail "more than two exits"
	[ "$alone" -lt "$stock" ] || fail "without the host no less than stock"
}

# say_records NAME: 20 of 80 characters, to the console
say_records() {
	local i
	for i in $(seq 10 29); do
		echo "<1>$1: record $i of the kernel's log, as long as most of them are" > /dev/kmsg
	done
	wait_until grep -q "$1: record 29" "$console"
}

# The console has them as the kernel's log has them.
records_are_whole() {
	dmesg | grep "$1: record" > /tmp/logged
	grep -a "$1: record" "$console" | tr -d '\r' > /tmp/seen
	cmp /tmp/logged /tmp/seen
	[ "$(wc -l < /tmp/seen)" = 20 ] || fail "$(wc -l < /tmp/seen) records of 20"
}

# record_costs NAME: exits of those, in hundredths of 16 characters
record_costs() {
	local section size
	lab begin "$1"
	say_records "$1"
	section=$(lab end -p "$1")
	records_are_whole "$1"
	size=$(($(wc -c < /tmp/seen) + 20))	# a carriage return each
	echo $((($(accesses "$section" 3f) + $(calls "$section")) * 1600 / size))
}

console_in_bursts() {
	local stock host alone
	stock=$(record_costs console.stock)
	load
	host=$(record_costs console.host)
	without_host
	at_end with_host
	alone=$(record_costs console.alone)
	echo "16 characters to the console: $stock hundredths of exits, with the host $host, without $alone"
	[ "$host" -le 200 ] || fail "more than two exits"
	[ "$alone" -le "$stock" ] || fail "without the host more than stock"
}

# Nothing follows them that would take them along.
lone_characters() {
	local i
	load
	raw
	kernel_mark
	forget_line
	exec 5<> $line
	for i in $(seq 40); do
		printf %d $((i % 10)) >&5
		printf %d $((i % 10)) >> /tmp/lone
		wait_until lab l1 "[ \$(stat -c %s $socket.log) = $i ]"
	done
	arrives /tmp/lone
	refused kernel_has "waited for"
}

kernel_has() { kernel_since | grep "$1"; }

# flood NAME COMMAND...: while 200,000 characters go out
flood() {
	local writer
	raw
	text 200000 > /tmp/sent
	forget_line
	cat /tmp/sent > $line &
	writer=$!
	while kill -0 $writer 2> /dev/null; do
		"$@"
	done
	wait $writer
	arrives /tmp/sent
}

turn_switch() {
	echo 0 > $switch
	grep "^serial off" $debugfs/pvquiet/measures > /dev/null
	echo 1 > $switch
	grep "^serial on" $debugfs/pvquiet/measures > /dev/null
}

reload() {
	remove pvquiet
	insert pvio/quiet/pvquiet.ko
}

turn_host() {
	host_module_remove
	host_module_insert
}

console_too() { echo "<1>the console is in use, too" > /dev/kmsg; }

other_speeds() {
	stty -F $line 9600
	stty -F $line 115200
}

switched_in_midst() {
	load
	exec 5<> $line
	flood "$@"
	grep -q "^serial on ttyS0 ttyS1" $debugfs/pvquiet/measures
}

# both_ways [SETTING...]: while the other end reads nothing at first, and sends
both_ways() {
	local reader peer
	load
	raw "$@"
	exec 5<> $line
	text 300000 > /tmp/sent
	text 8000 > /tmp/to_guest
	lab l1 "rm -f /run/received"
	cp /tmp/to_guest "$LAB_OUT/to_guest"
	head -c 8000 $line > /tmp/received &
	reader=$!
	lab l1 "python3 $top/tools/selftests/quiet/peer.py $socket 300000 /run/received $LAB_OUT/to_guest" > /tmp/count &
	peer=$!
	wait_until lab l1 "[ -e /run/received ]"
	cat /tmp/sent > $line
	wait $peer $reader
	expect "sent" "$(cat /tmp/count)" 300000
	lab l1 "cat /run/received" | cmp - /tmp/sent
	cmp /tmp/received /tmp/to_guest
}

# serial_type [NUMBER]: PORT_16450 is 2, PORT_16550A 4 (linux/serial_core.h)
serial_type() {
	python3 - "$line" "$@" <<- 'END'
		import fcntl, struct, sys, termios
		path, *wanted = sys.argv[1:]
		with open(path, "rb+", buffering=0) as line:
		    port = bytearray(fcntl.ioctl(line, termios.TIOCGSERIAL, bytes(72)))
		    if wanted:
		        port[:4] = struct.pack("i", int(wanted[0]))
		        fcntl.ioctl(line, termios.TIOCSSERIAL, bytes(port))
	END
}

without_fifo() {
	load
	at_end serial_type 4
	serial_type 2
	exec 5<> $line
	raw
	text 2000 > /tmp/sent
	forget_line
	cat /tmp/sent > $line
	arrives /tmp/sent
}

# What is written comes back, and does not leave the machine.
looped_back() {
	load
	raw
	forget_line
	python3 - "$line" <<- 'END'
		import fcntl, os, struct, sys, termios
		TIOCM_LOOP = 0x8000
		line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
		fcntl.ioctl(line, termios.TIOCMBIS, struct.pack("I", TIOCM_LOOP))
		text, came = bytes(range(65, 75)), b""
		os.write(line, text)
		while len(came) < len(text):
		    came += os.read(line, 100)
		fcntl.ioctl(line, termios.TIOCMBIC, struct.pack("I", TIOCM_LOOP))
		assert came == text, came
	END
	echo behind > /tmp/sent
	cat /tmp/sent > $line
	arrives /tmp/sent
}

guest_begin
need $line
ktap_plan 12
ktap_test "a line costs two exits for 16 characters" line_in_bursts
ktap_test "so does the console" console_in_bursts
ktap_test "lone characters wait for nothing" lone_characters
ktap_test "switched in the midst of a flood" switched_in_midst turn_switch
ktap_test "the module goes and comes in the midst of a flood" switched_in_midst reload
ktap_test "the host's help likewise" switched_in_midst turn_host
ktap_test "the console in the midst of a flood" switched_in_midst console_too
ktap_test "other speeds in the midst of a flood" switched_in_midst other_speeds
ktap_test "a full line, while characters arrive" both_ways
ktap_test "so with software flow control" both_ways ixon ixoff
ktap_test "a port that is told to have no FIFO" without_fifo
ktap_test "a port that is looped back" looped_back
ktap_end

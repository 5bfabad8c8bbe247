# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of pvquiet's measures have in common.
# shellcheck source=../timer/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../timer/lib.sh"

events=$debugfs/tracing/events
switches=/sys/module/pvquiet/parameters

load() {
	insert pvio/quiet/pvquiet.ko "$@"
	at_end remove pvquiet
}

# runs EVENT FUNCTION: how often within five seconds
runs() {
	echo "hist:keys=function.sym" > "$events/$1/trigger"
	sleep 5
	sed -n "s/.*\] $2 .*hitcount: *//p" "$events/$1/hist" | grep . || echo 0
	echo "!hist:keys=function.sym" > "$events/$1/trigger"
}

# state NAME: what pvquiet says of a measure
state() { sed -n "s/^$1 //p" $debugfs/pvquiet/measures; }

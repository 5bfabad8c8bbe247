/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: events/pvio_host in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pvio_host

#if !defined(PVIO_HOST_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PVIO_HOST_TRACE_H

#include <linux/kvm_host.h>
#include <linux/tracepoint.h>

TRACE_EVENT(pvio_host_batch,
	TP_PROTO(struct kvm_vcpu *vcpu, unsigned int count, unsigned int done,
		 unsigned int user_exits),
	TP_ARGS(vcpu, count, done, user_exits),
	TP_STRUCT__entry(
		__field(pid_t, vm)
		__field(int, vcpu_id)
		__field(unsigned int, count)
		__field(unsigned int, done)
		__field(unsigned int, user_exits)
	),
	TP_fast_assign(
		__entry->vm = vcpu->kvm->userspace_pid;
		__entry->vcpu_id = vcpu->vcpu_id;
		__entry->count = count;
		__entry->done = done;
		__entry->user_exits = user_exits;
	),
	TP_printk("vm %d vcpu %d count %u done %u user_exits %u",
		  __entry->vm, __entry->vcpu_id, __entry->count,
		  __entry->done, __entry->user_exits)
);

TRACE_EVENT(pvio_host_refuse,
	TP_PROTO(struct kvm_vcpu *vcpu, const char *reason),
	TP_ARGS(vcpu, reason),
	TP_STRUCT__entry(
		__field(pid_t, vm)
		__field(int, vcpu_id)
		__array(char, reason, 16)
	),
	TP_fast_assign(
		__entry->vm = vcpu->kvm->userspace_pid;
		__entry->vcpu_id = vcpu->vcpu_id;
		strscpy(__entry->reason, reason, sizeof(__entry->reason));
	),
	TP_printk("vm %d vcpu %d reason %s", __entry->vm, __entry->vcpu_id,
		  __entry->reason)
);

#endif /* PVIO_HOST_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

// SPDX-License-Identifier: GPL-2.0
/*
 * Puts operations on top of those of every libata port, as a tracing module
 * may: a copy of what is there, whose qc_issue counts before it passes on.
 */
#include <linux/libata.h>
#include <linux/module.h>
#include <scsi/scsi_host.h>

#define MAX_PORTS 8

static unsigned long issued;
module_param(issued, ulong, 0444);
MODULE_PARM_DESC(issued, "commands that went through the operations on top");

/* ap->lock guards what belongs to a port once it is covered. */
static struct covered_port {
	struct Scsi_Host *shost;
	struct ata_port *ap;
	struct ata_port_operations *below;
	struct ata_port_operations ops;
} covered[MAX_PORTS];

static unsigned int count_and_issue(struct ata_queued_cmd *qc)
{
	unsigned int i;

	for (i = 0; i < MAX_PORTS; i++) {
		if (covered[i].ap == qc->ap)
			break;
	}
	if (WARN_ON(i == MAX_PORTS))
		return AC_ERR_SYSTEM;
	issued++;
	return covered[i].below->qc_issue(qc);
}

static void cover_port(struct covered_port *port, struct Scsi_Host *shost)
{
	struct ata_port *ap = ata_shost_to_port(shost);
	unsigned long flags;

	port->shost = shost;
	port->ap = ap;
	spin_lock_irqsave(ap->lock, flags);
	port->below = ap->ops;
	port->ops = *ap->ops;
	port->ops.qc_issue = count_and_issue;
	WRITE_ONCE(ap->ops, &port->ops);
	spin_unlock_irqrestore(ap->lock, flags);
}

static void uncover_port(struct covered_port *port)
{
	unsigned long flags;

	spin_lock_irqsave(port->ap->lock, flags);
	WRITE_ONCE(port->ap->ops, port->below);
	spin_unlock_irqrestore(port->ap->lock, flags);
	scsi_host_put(port->shost);
}

static int __init stack_ops_init(void)
{
	unsigned int number, i = 0;

	for (number = 0; number < 2 * MAX_PORTS && i < MAX_PORTS; number++) {
		struct Scsi_Host *shost = scsi_host_lookup(number);

		if (!shost)
			continue;
		if (shost->hostt->queuecommand == ata_scsi_queuecmd)
			cover_port(&covered[i++], shost);
		else
			scsi_host_put(shost);
	}
	return i ? 0 : -ENODEV;
}
module_init(stack_ops_init);

static void __exit stack_ops_exit(void)
{
	unsigned int i;

	for (i = 0; i < MAX_PORTS && covered[i].ap; i++)
		uncover_port(&covered[i]);
}
module_exit(stack_ops_exit);

MODULE_DESCRIPTION("Puts operations on top of libata's, for tests");
MODULE_LICENSE("GPL");

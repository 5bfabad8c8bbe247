// SPDX-License-Identifier: GPL-2.0
/*
 * Which virtual machines the module serves: its parameter "allow", "all" or a
 * list such as "uid=64055,pid=1234" of users and processes (not threads), as the
 * initial namespaces number them. It may be written at any time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "allow.h"

struct allowed_id {
	bool is_process;	/* else a user */
	unsigned int id;
};

struct allow_list {
	struct rcu_head rcu;
	unsigned int count;
	struct allowed_id ids[];
};

/*
 * NULL allows all. It changes under the kernel's lock of parameters, and is read
 * under RCU.
 */
static struct allow_list __rcu *allow_list;

static bool list_has_caller(const struct allow_list *list)
{
	unsigned int user = from_kuid(&init_user_ns, current_uid());
	unsigned int process = task_tgid_nr(current);
	unsigned int i;

	for (i = 0; i < list->count; i++) {
		if (list->ids[i].id == (list->ids[i].is_process ? process : user))
			return true;
	}
	return false;
}

/**
 * pvio_host_caller_allowed() - whether the VM of this thread is served
 *
 * Context: the thread that runs a vCPU; must not sleep.
 * Return: false for what the parameter leaves out.
 */
bool pvio_host_caller_allowed(void)
{
	const struct allow_list *list;
	bool allowed;

	rcu_read_lock();
	list = rcu_dereference(allow_list);
	allowed = !list || list_has_caller(list);
	rcu_read_unlock();
	return allowed;
}

static int parse_id(const char *word, struct allowed_id *id)
{
	if (strncmp(word, "uid=", 4) && strncmp(word, "pid=", 4))
		return -EINVAL;
	id->is_process = *word == 'p';
	return kstrtouint(word + 4, 10, &id->id);
}

/* @text is taken to pieces. */
static struct allow_list *parse_list(char *text)
{
	struct allow_list *list;
	unsigned int most = 1;
	const char *at;
	char *word;

	for (at = text; *at; at++)
		most += *at == ',';
	list = kzalloc(struct_size(list, ids, most), GFP_KERNEL);
	if (!list)
		return ERR_PTR(-ENOMEM);
	while ((word = strsep(&text, ","))) {
		if (parse_id(word, &list->ids[list->count++])) {
			pr_err("allow: '%s' is neither uid=NUMBER nor pid=NUMBER\n",
			       word);
			kfree(list);
			return ERR_PTR(-EINVAL);
		}
	}
	return list;
}

static void replace_list(struct allow_list *list)
{
	struct allow_list *old = rcu_replace_pointer(allow_list, list, true);

	if (old)
		kfree_rcu(old, rcu);
}

static int set_allow(const char *value, const struct kernel_param *kp)
{
	char *text = kstrdup(value, GFP_KERNEL);
	struct allow_list *list = NULL;

	if (!text)
		return -ENOMEM;
	if (strcmp(strim(text), "all"))
		list = parse_list(strim(text));
	kfree(text);
	if (IS_ERR(list))
		return PTR_ERR(list);
	replace_list(list);
	return 0;
}

static int get_allow(char *buffer, const struct kernel_param *kp)
{
	const struct allow_list *list = rcu_dereference_protected(allow_list, true);
	unsigned int i;
	int len = 0;

	if (!list)
		return sysfs_emit(buffer, "all\n");
	for (i = 0; i < list->count; i++)
		len += sysfs_emit_at(buffer, len, "%s%cid=%u", i ? "," : "",
				     list->ids[i].is_process ? 'p' : 'u',
				     list->ids[i].id);
	return len + sysfs_emit_at(buffer, len, "\n");
}

/* The module goes, or could not come: nobody asks any more. */
static void free_allow(void *arg)
{
	replace_list(NULL);
}

static const struct kernel_param_ops allow_ops = {
	.set = set_allow,
	.get = get_allow,
	.free = free_allow,
};

module_param_cb(allow, &allow_ops, NULL, 0644);
MODULE_PARM_DESC(allow, "who is served: all (default), or a list of uid=NUMBER, pid=NUMBER");

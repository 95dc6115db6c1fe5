/* The rules file of the assign command (docs/assign.md): statements read, then turned into the engine's arrays. */
#ifndef FEATURE_ASSIGN_RULES_H
#define FEATURE_ASSIGN_RULES_H

#include "feature/assign_read.h"
#include "engine/statement.h"

struct assign_rules {
	const struct assign_file *file;
	struct statement *v;
	int n;
	struct str field;               /* the column that orders the tables */
};

enum rc assign_rules_read(struct cx *cx, const struct assign_file *file, struct assign_rules *out) MUST_USE;
/* Needs the tables, and the pairs for `differ`. */
enum rc assign_rules_apply(struct cx *cx, const struct assign_rules *rules, struct assign_files *f) MUST_USE;

#endif

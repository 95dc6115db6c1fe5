/* A template while it runs: what template.c (running) and template_straight.c (loops made straight) share. */
#ifndef WEB_TEMPLATE_RUN_H
#define WEB_TEMPLATE_RUN_H

#include "web/template_op.h"

struct frame { const struct val *list, *with[COMPANIONS_MAX]; size_t i, n; struct val key; };

struct render {
	struct cx *cx;
	const struct template_env *env;
	struct buf *out;
	struct arena *scratch;          /* for values that are shown at once; made when first needed */
	bool scratched;                 /* used since it was last looked at */
	const struct val *slot[SLOTS_MAX];      /* what each name means now */
	struct frame frame[LOOPS_MAX];
};

const struct val *render_get(struct render *r, const struct get *g, struct arena *a, struct val *room);
/* A value that outlives its operation. */
const struct val *render_keep(struct render *r, const struct get *g);
bool render_holds(struct render *r, const struct test *t);
/* Text, escaped for where it stands. */
void render_escape(struct buf *out, enum escape escape, struct str s);
/* OP_PUT, without what stands before it. */
void render_put(struct render *r, const struct op *op);
/* Whether there is a first round. */
bool render_begin(struct render *r, const struct op *op);
/* The loop's names for its round `frame.i`. */
void render_item(struct render *r, const struct op *op);

/* The body of the loop at `op[at]`, whose first round is loaded, as a list of operations for one round: whatever is the same in every round
   is done now. What does not depend on the loop is text already, its conditions are decided, and loops over the same things (a row's
   cells beside the columns) are rolled out. False: too long; nothing is lost. Made for this rendering alone, of the values it renders. */
struct straight_body { const struct op *op; int n; };
bool template_straight(struct render *r, const struct op *op, int at, struct straight_body *out);

#endif

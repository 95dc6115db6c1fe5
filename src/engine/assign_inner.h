/* What the parts of assign share. */
#ifndef ENGINE_ASSIGN_INNER_H
#define ENGINE_ASSIGN_INNER_H

#include "engine/assign.h"

struct core;

bool assign_has_side_rules(const struct assign_input *in);
/* An exact flow for these costs (by pair). */
struct core *assign_flow(struct cx *cx, const struct assign_input *in, const int32_t *cost, const struct assign_options *o);
void assign_gather(struct cx *cx, const struct core *c, const uint32_t **first, const uint32_t **pair);
void assign_figures(const struct assign_input *in, const uint32_t *first, const uint32_t *pair, int64_t *total, int32_t *worst, int64_t *worst_total);
/* Everything but the bound. */
enum rc assign_from_core(struct cx *cx, const struct assign_input *in, struct core *c, struct assign_result *out) MUST_USE;
/* Fill in the reasons of a core with open places. */
void assign_why(struct cx *cx, const struct assign_input *in, struct core *c, struct assign_result *out);

enum rc assign_fair(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out) MUST_USE;
enum rc assign_draw(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out) MUST_USE;
enum rc assign_ruled(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out) MUST_USE;

/* Is the pair in the class of a quota? */
static inline bool quota_has(const struct assign_quota *q, const struct assign_input *in, int a, uint32_t i)
{
	int32_t x = q->expert[in->expert[i]];
	return q->application ? x >= 0 && x == q->application[a] : x > 0;
}

struct str assign_application_name(struct cx *cx, const struct assign_input *in, int a);
struct str assign_expert_name(struct cx *cx, const struct assign_input *in, int e);

#define REASONS(cx, list, zh_, en_, ...)                                                                             \
	VEC_PUSH((cx)->arena, (list), ((struct assign_reason){ str_fmt((cx)->arena, zh_, __VA_ARGS__), str_fmt((cx)->arena, en_, __VA_ARGS__) }))
typedef VEC(struct assign_reason) reason_list;

#endif

/* Two dates of a chain side by side. */
#include "engine/chain_inner.h"

struct diff { struct cx *cx; const struct chain *c[2]; VEC(struct chain_difference) out; };

static const struct { const char *column, *zh, *en; } labels[] = { { "kind", "类别", "kind" }, { "name", "名称", "name" }, { "region", "地区", "region" },
	{ "size", "规模", "size" }, { "segment", "环节", "segment" }, { "owner", "控制方", "owner" }, { "group", "替代组", "group" }, { "share", "份额", "share" },
	{ "essential", "是否必需", "essential" }, { "months", "更换月数", "months to replace" }, { "relation", "关系", "relation" }, { "trl", "技术成熟度", "readiness level" },
	{ "mode", "组合方式", "mode" }, { "need", "需求", "need" }, { "source", "来源", "source" }, { "date", "日期", "date" }, { "confidence", "置信度", "confidence" } };

static struct str label(const char *column, bool zh)
{
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (str_is(str_c(column), labels[i].column)) return str_c(zh ? labels[i].zh : labels[i].en);
	return str_c(column);
}

/* What tells a line from the others of its table: the ids, and the group or the need where there may be several of one pair. */
static struct str key_of(struct arena *a, const struct chain_cells *row, enum chain_table t)
{
	struct str of = t == CHAIN_NEEDS || t == CHAIN_WANTS ? row->cell[2] : STR("");
	if (t == CHAIN_NODES) return row->cell[0];
	return str_fmt(a, "%.*s → %.*s%s%.*s", STRF(row->cell[0]), STRF(row->cell[1]), of.n ? " / " : "", STRF(of));
}

static struct str subject(struct arena *a, const struct chain *c, const struct chain_cells *row, enum chain_table t, bool zh)
{
	static const char *const between_zh[CHAIN_TABLES] = { "", "需要", "生产", "研发", "属于", "需求" },
		*const between_en[CHAIN_TABLES] = { "", " needs ", " makes ", " researches ", " is a kind of ", " wants " };
	struct str first = c->node.v[chain_find(c, row->cell[0])].name, second;
	if (t == CHAIN_NODES) return str_fmt(a, zh ? "“%.*s”" : "%.*s", STRF(first));
	second = c->node.v[chain_find(c, row->cell[1])].name;
	return str_fmt(a, zh ? "“%.*s”%s“%.*s”" : "%.*s%s%.*s", STRF(first), zh ? between_zh[t] : between_en[t], STRF(second));
}

static struct str shown(struct str cell, bool zh) { return cell.n ? cell : zh ? STR("不明") : STR("unknown"); }

/* What there is beside the ids. */
static struct str tell(struct arena *a, const struct chain *c, const struct chain_cells *row, enum chain_table t, char what, bool zh)
{
	struct buf b = BUF(a, 1 << 20);
	buf_add(&b, what == '+' ? zh ? STR("新增：") : STR("Added: ") : zh ? STR("去除：") : STR("Taken away: "));
	buf_add(&b, subject(a, c, row, t, zh));
	for (int k = t == CHAIN_NODES ? 1 : 2, n = 0; k < row->n; k++) {
		if (!row->cell[k].n || (t == CHAIN_NODES && k == 2)) continue;
		buf_add(&b, n++ ? zh ? STR("，") : STR(", ") : zh ? STR("：") : STR(": "));
		buf_add(&b, label(chain_column_name[t][k], zh));
		buf_c(&b, ' ');
		buf_add(&b, row->cell[k]);
	}
	buf_add(&b, zh ? STR("。") : STR("."));
	return buf_str(&b);
}

/* Which columns changed, from what to what; empty when none did. */
static struct str tell_changes(struct arena *a, const struct chain *c, const struct chain_cells *was, const struct chain_cells *now, enum chain_table t, bool zh)
{
	struct buf b = BUF(a, 1 << 20);
	int n = 0;
	for (int k = 1; k < now->n; k++) {
		if (str_eq(was->cell[k], now->cell[k])) continue;
		struct str from = shown(was->cell[k], zh), to = shown(now->cell[k], zh), name = label(chain_column_name[t][k], zh);
		if (!n++) {
			buf_add(&b, subject(a, c, now, t, zh));
			buf_add(&b, zh ? STR("：") : STR(": "));
		} else {
			buf_add(&b, zh ? STR("；") : STR("; "));
		}
		buf_fmt(&b, zh ? "%.*s由 %.*s 改为 %.*s" : "%.*s was %.*s, is %.*s", STRF(name), STRF(from), STRF(to));
	}
	if (n) buf_add(&b, zh ? STR("。") : STR("."));
	return buf_str(&b);
}

static void say(struct diff *d, enum chain_table t, char what, struct str id, struct str zh, struct str en)
{
	VEC_PUSH(d->cx->arena, &d->out, ((struct chain_difference){ t, what, id, zh, en }));
}

static void compare(struct diff *d, enum chain_table t)
{
	struct arena *a = d->cx->arena;
	size_t n[2] = { chain_count(d->c[0], t), chain_count(d->c[1], t) };
	struct chain_texts old = chain_texts_new(a, n[0]);
	struct chain_cells was, now;
	bool *kept = ARENA_ARRAY(a, bool, n[0] + 1), fresh;
	for (size_t i = 0; i < n[0]; i++) {
		chain_cells(d->c[0], t, i, &was);
		chain_texts_put(&old, str_dup(a, key_of(a, &was, t)), (int32_t)i, &fresh);
		kept[i] = !fresh;
	}
	for (size_t i = 0; i < n[1]; i++) {
		chain_cells(d->c[1], t, i, &now);
		struct str key = key_of(a, &now, t);
		int32_t before = chain_texts_get(&old, key);
		if (before < 0) {
			say(d, t, '+', key, tell(a, d->c[1], &now, t, '+', true), tell(a, d->c[1], &now, t, '+', false));
			continue;
		}
		kept[before] = true;
		chain_cells(d->c[0], t, (size_t)before, &was);
		struct str zh = tell_changes(a, d->c[1], &was, &now, t, true);
		if (zh.n) say(d, t, '~', key, zh, tell_changes(a, d->c[1], &was, &now, t, false));
	}
	for (size_t i = 0; i < n[0]; i++) {
		chain_cells(d->c[0], t, i, &was);
		if (!kept[i]) say(d, t, '-', key_of(a, &was, t), tell(a, d->c[0], &was, t, '-', true), tell(a, d->c[0], &was, t, '-', false));
	}
}

void chain_diff(struct cx *cx, const struct chain *old, const struct chain *now, struct chain_difference **out, int *n)
{
	struct diff d = { .cx = cx, .c = { old, now } };
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) compare(&d, t);
	*out = d.out.v;
	*n = (int)d.out.n;
}

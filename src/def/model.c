#include "def/model.h"
#include "def/viewer.h"

#include <assert.h>

#include "base/time.h"

#define FIND(array, n, member, name)                                        \
	for (int i = 0; i < (n); i++)                                       \
		if (str_eq((array)[i]->member, (name))) return (array)[i];  \
	return NULL

struct type_def *region_type(const struct region *r, struct str name) { FIND(r->type, r->n_type, name, name); }
struct role_def *region_role(const struct region *r, struct str name) { FIND(r->role, r->n_role, name, name); }
struct code_list *region_codes(const struct region *r, struct str name) { FIND(r->codes, r->n_codes, name, name); }
struct scoring_def *region_scoring(const struct region *r, struct str name) { FIND(r->scoring, r->n_scoring, name, name); }
struct similar_def *region_similar(const struct region *r, struct str name) { FIND(r->similar, r->n_similar, name, name); }

const struct similar_text *similar_text_of(const struct similar_def *s, const struct type_def *t)
{
	for (int i = 0; i < s->n_text; i++)
		if (s->text[i]->type == t) return s->text[i];
	return NULL;
}
struct matrix_def *region_matrix(const struct region *r, struct str name) { FIND(r->matrix, r->n_matrix, name, name); }
struct indicator_def *region_indicator(const struct region *r, struct str name) { FIND(r->indicator, r->n_indicator, name, name); }
struct mail_def *region_mail(const struct region *r, struct str name) { FIND(r->mail, r->n_mail, name, name); }
struct demo_account *region_account(const struct region *r, struct str login) { FIND(r->account, r->n_account, login, login); }
struct field_def *type_field(const struct type_def *t, struct str name) { FIND(t->field, t->n_field, name, name); }
struct table_def *type_table(const struct type_def *t, struct str name) { FIND(t->table, t->n_table, name, name); }
struct state_def *type_state(const struct type_def *t, struct str name) { FIND(t->state, t->n_state, name, name); }
struct move_def *type_move(const struct type_def *t, struct str name) { FIND(t->move, t->n_move, name, name); }
struct field_def *table_column(const struct table_def *t, struct str name) { FIND(t->column, t->n_column, name, name); }

struct field_def *type_any_field(const struct type_def *t, struct str name)
{
	struct field_def *f = type_field(t, name);
	for (int i = 0; !f && i < BUILTIN_COUNT; i++)
		if (t->builtin[i] && str_eq(t->builtin[i]->name, name)) f = t->builtin[i];
	return f;
}

struct code_item *codes_item(const struct code_list *c, struct str code)
{
	if (!c->sorted) return NULL;
	int low = 0, high = c->n_item - 1;
	while (low <= high) {
		int mid = low + (high - low) / 2, order = str_cmp(code, c->sorted[mid]->code);
		if (order == 0) return c->sorted[mid];
		if (order < 0) high = mid - 1;
		else low = mid + 1;
	}
	return NULL;
}

const struct measure_value *region_measure(const struct region *r, struct str family, struct str name, int32_t day,
	const struct measure_def **by)
{
	for (int i = 0; i < r->n_measure; i++) {
		const struct measure_def *m = r->measure[i];
		if (!str_eq(m->family, family) || day < m->from || day > m->to) continue;
		for (int k = 0; k < m->n_value; k++) {
			if (!str_eq(m->value[k].name, name)) continue;
			if (by) *by = m;
			return &m->value[k];
		}
	}
	return NULL;
}

const struct criterion_def *region_criterion(const struct region *r, struct str family, struct str number, struct str name)
{
	for (int i = 0; i < r->n_measure; i++) {
		const struct measure_def *m = r->measure[i];
		if (!str_eq(m->family, family) || !str_eq(m->number, number)) continue;
		for (int k = 0; k < m->n_criterion; k++)
			if (str_eq(m->criterion[k]->name, name)) return m->criterion[k];
	}
	return NULL;
}

static bool listed(const int32_t *days, int n, int32_t day)
{
	for (int i = 0; i < n; i++)
		if (days[i] == day) return true;
	return false;
}

static bool works(const struct region *r, int32_t day)
{
	int year, month, dom;
	date_split(day, &year, &month, &dom);
	for (int i = 0; i < r->n_calendar; i++) {
		const struct calendar_def *c = r->calendar[i];
		if (c->year != year) continue;
		if (listed(c->workday, c->n_workday, day)) return true;
		if (listed(c->holiday, c->n_holiday, day)) return false;
	}
	int w = date_weekday(day);
	return w != 0 && w != 6;
}

int32_t region_workday(const struct region *r, int32_t day, int n)
{
	enum { DAY_MAX = 2932896 };     /* 9999-12-31 */
	assert(n >= 0);
	while (n > 0 && day < DAY_MAX)
		if (works(r, ++day)) n--;
	return day;
}

bool region_duty(const struct region *r, const struct viewer *v, enum duty duty)
{
	for (int i = 0; i < r->n_role; i++) {
		const struct role_def *role = r->role[i];
		bool has = duty == DUTY_STAFF ? role->staff : duty == DUTY_ACCOUNTS ? role->accounts : duty == DUTY_GRANTS ? role->grants : role->audits;
		if (has && (v->roles >> role->index & 1)) return true;
	}
	return false;
}

bool file_strips(struct str ending)
{
	static const char *const words[] = { "pdf", "docx", "xlsx", "pptx", "png", "jpg", "jpeg", "txt", "csv" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(ending, words[i])) return true;
	return false;
}

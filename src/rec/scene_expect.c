/* What must hold at a point of a scene. */
#include "rec/indicator.h"
#include "rec/scene_play.h"

static const struct demo_account *nobody = NULL;

static bool present(struct play *p, const struct scene_step *s)
{
	if (p->id[s->handle]) return true;
	play_tell(p, s, "记录“%.*s”不存在", "there is no record “%.*s”", STRF(p->scene->handle[s->handle].name));
	return false;
}

/* ---- which records ---- */

static enum rc has_value(const struct play *p, struct cx *cx, struct query *q, const struct scene_value *v)
{
	struct val want;
	TRY(play_value(p, cx, v, &want));
	Q(q, " AND ");
	TRY(query_field(q, v->field, 0));
	if (val_is_null(want)) {
		Q(q, " IS NULL");
		return RC_OK;
	}
	Q(q, " = ");
	if (want.kind == VAL_TEXT) query_text(q, want.s);
	else query_int(q, val_i64(want));
	return RC_OK;
}

enum rc scene_matches(const struct play *p, struct cx *cx, const struct scene_step *s, int64_t *count, int64_t *first)
{
	struct rx rx;
	TRY(play_rx(p, cx, nobody, &rx));
	struct query q = query_new(&rx, s->type);
	Q(&q, "SELECT COUNT(*), MIN(");
	query_column(&q, 0, "id");
	Q(&q, ") FROM ");
	query_table(&q, s->type, 0);
	Q(&q, " WHERE TRUE");
	for (int i = 0; i < s->n_value; i++) TRY(has_value(p, cx, &q, &s->value[i]));
	if (s->expr) {
		Q(&q, " AND ");
		TRY(query_cond(&q, s->expr));
	}
	struct rows *r;
	bool more;
	TRY(query_rows(&q, &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK && more) {
		*count = row_int(r, 0);
		*first = row_int(r, 1);
	}
	rows_done(r);
	return rc;
}

static enum rc count(struct play *p, struct cx *cx, const struct scene_step *s)
{
	int64_t n = 0, id;
	TRY(scene_matches(p, cx, s, &n, &id));
	if (n != s->n)
		play_tell(p, s, "应有 %lld 条“%.*s”记录，实际 %lld 条", "there should be %lld of %.*s, there are %lld", (long long)s->n, STRF(s->type->name), (long long)n);
	return RC_OK;
}

/* ---- one record ---- */

static enum rc read_whole(struct play *p, struct rx *rx, const struct scene_step *s, struct record *rec)
{
	struct mask all = mask_all();
	TRY(play_rx(p, rx->cx, nobody, rx));
	return record_read(rx, s->type, p->id[s->handle], &all, rec);
}

static enum rc holds(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx = { .cx = cx };
	struct record rec;
	bool yes = false, judged = false;
	TRY(read_whole(p, &rx, s, &rec));
	struct lookup l = { .rx = &rx, .type = s->type, .id = rec.id };
	struct expr_env env = { .region = p->region, .record = record_whole(&rx, &rec, VNULL), .state = rec.state->name, .created_ms = rec.created_ms,
		.lookup = query_lookup, .ctx = &l };
	TRY(expr_true(cx, s->expr, &env, &yes, &judged));
	if (yes) return RC_OK;
	struct str shown = expr_show(cx, s->expr, &env, p->lang);
	play_tell(p, s, "应有 %.*s；实际：状态 %.*s%s%.*s", "it should be %.*s; it is: state %.*s%s%.*s", STRF(s->expr->text), STRF(rec.state->name),
		shown.n ? (p->lang == LANG_ZH ? "；" : "; ") : "", STRF(shown));
	return RC_OK;
}

static enum rc is(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx = { .cx = cx };
	struct record rec;
	struct val want;
	const struct scene_value *v = &s->value[0];
	TRY(read_whole(p, &rx, s, &rec));
	struct val got = val_get(record_whole(&rx, &rec, VNULL), v->field->name);
	TRY(play_value(p, cx, v, &want));
	bool same = val_is_null(want) ? val_is_null(got) : want.kind == VAL_TEXT ? str_eq(want.s, val_str(got)) : !val_is_null(got) && val_i64(want) == val_i64(got);
	if (v->kind == SCENE_FILE) same = !val_is_null(got);
	if (!same)
		play_tell(p, s, "“%.*s”应是“%.*s”，实际是“%.*s”", "“%.*s” should be “%.*s”, it is “%.*s”", STRF(v->field->name), STRF(form_text(&rx, v->field, want)),
			STRF(form_text(&rx, v->field, got)));
	return RC_OK;
}

/* ---- what an account sees and has to do ---- */

static enum rc sees(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx;
	struct right right;
	TRY(play_rx(p, cx, s->account, &rx));
	TRY(access_record(&rx, s->type, p->id[s->handle], &right));
	bool yes = right.see;
	if (yes && (s->field || s->table)) {
		struct record rec;
		bool sealed = s->field ? s->field->sealed : s->table->sealed;
		yes = s->field ? mask_field(&right.fields, s->field) : mask_table(&right.fields, s->table);
		TRY(record_read(&rx, s->type, p->id[s->handle], &right.fields, &rec));
		if (sealed && rec.sealed) yes = false;
	}
	if (yes == s->negated)
		play_tell(p, s, yes ? "账户“%.*s”不应看到，实际看得到" : "账户“%.*s”应看到，实际看不到",
			yes ? "the account “%.*s” should not see it, it does" : "the account “%.*s” should see it, it does not", STRF(s->account->login));
	return RC_OK;
}

static enum rc may(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx;
	struct right right;
	struct record rec;
	struct mask all = mask_all();
	struct move_options options;
	bool yes = false;
	TRY(play_rx(p, cx, s->account, &rx));
	TRY(access_record(&rx, s->type, p->id[s->handle], &right));
	if (right.see) {
		TRY(record_read(&rx, s->type, p->id[s->handle], &all, &rec));
		TRY(flow_options(&rx, s->type, &rec, &options));
		for (size_t i = 0; i < options.n; i++) yes |= options.v[i].move == s->move && options.v[i].allowed;
	}
	if (yes == s->negated)
		play_tell(p, s, yes ? "账户“%.*s”不应能办“%.*s”，实际能办" : "账户“%.*s”应能办“%.*s”，实际不能办",
			yes ? "the account “%.*s” should not be able to make “%.*s”, it is" : "the account “%.*s” should be able to make “%.*s”, it is not",
			STRF(s->account->login), STRF(s->move->name));
	return RC_OK;
}

static enum rc todo(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx;
	struct todo_list list;
	const struct move_def *waits = NULL;
	TRY(play_rx(p, cx, s->account, &rx));
	TRY(flow_todo(&rx, &list));
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i].type == s->type && list.v[i].id == p->id[s->handle]) waits = list.v[i].move;
	bool yes = waits && (!s->move || s->move == waits);
	if (yes == s->negated)
		play_tell(p, s, yes ? "账户“%.*s”的待办中不应有它，实际有（%.*s）" : "账户“%.*s”的待办中应有它，实际没有（%.*s）",
			yes ? "it should not wait for the account “%.*s”, it does (%.*s)" : "it should wait for the account “%.*s”, it does not (%.*s)",
			STRF(s->account->login), STRF(waits ? waits->name : STR("-")));
	return RC_OK;
}

static enum rc mail(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rows *r;
	bool more, yes = false;
	int n = 0;
	struct str last = STR("");
	TRY(db_rows(cx, p->db, SQL("SELECT subject_zh, subject_en, text_zh, text_en FROM mail WHERE account_id = ? ORDER BY id"),
		P(p_int(play_person(p, s->account)->account)), &r));
	enum rc rc;
	while ((rc = db_step(cx, r, &more)) == RC_OK && more) {
		for (int i = 0; i < 4; i++) yes |= str_has(row_text(r, i), s->text);
		last = str_dup(p->arena, row_text(r, p->lang == LANG_ZH ? 0 : 1));
		n++;
	}
	rows_done(r);
	TRY(rc);
	if (yes == s->negated)
		play_tell(p, s, yes ? "不应通知“%.*s”（%.*s），实际通知了；共 %d 封，最近一封：%.*s" : "应通知“%.*s”（%.*s），实际没有；共 %d 封，最近一封：%.*s",
			yes ? "“%.*s” should not be told (%.*s), it was; %d notices, the last: %.*s" : "“%.*s” should be told (%.*s), it was not; %d notices, the last: %.*s",
			STRF(s->account->login), STRF(s->text), n, STRF(last));
	return RC_OK;
}

static bool compares(int64_t a, enum scene_op op, int64_t b)
{
	switch (op) {
	case SCENE_EQ: return a == b;
	case SCENE_NE: return a != b;
	case SCENE_LT: return a < b;
	case SCENE_LE: return a <= b;
	case SCENE_GT: return a > b;
	case SCENE_GE: return a >= b;
	}
	return false;
}

/* The figure as it is shown: rounded to the indicator's decimals, half away from zero. */
static enum rc indicator(struct play *p, struct cx *cx, const struct scene_step *s)
{
	struct rx rx;
	int64_t micro = 0, step = DEC_ONE;
	bool known;
	TRY(play_rx(p, cx, nobody, &rx));
	TRY(indicator_figure(&rx, s->indicator, &micro, &known));
	for (int i = 0; i < s->indicator->decimals; i++) step /= 10;
	micro = (micro + (micro < 0 ? -step / 2 : step / 2)) / step * step;
	if (!known || !compares(micro, s->op, s->figure))
		play_tell(p, s, "指标“%.*s”实际是 %.*s", "the indicator “%.*s” is %.*s", STRF(s->indicator->name),
			STRF(known ? dec_format(p->arena, micro) : STR("-")));
	return RC_OK;
}

void scene_judge(struct play *p, const struct scene_step *s)
{
	struct cx cx = play_cx(p);
	enum rc rc = RC_OK;
	switch (s->kind) {
	case SCENE_COUNT: rc = count(p, &cx, s); break;
	case SCENE_MAIL: rc = mail(p, &cx, s); break;
	case SCENE_INDICATOR: rc = indicator(p, &cx, s); break;
	case SCENE_HOLDS: if (present(p, s)) rc = holds(p, &cx, s); break;
	case SCENE_IS: if (present(p, s)) rc = is(p, &cx, s); break;
	case SCENE_SEES: if (present(p, s)) rc = sees(p, &cx, s); break;
	case SCENE_MAY: if (present(p, s)) rc = may(p, &cx, s); break;
	case SCENE_TODO: if (present(p, s)) rc = todo(p, &cx, s); break;
	default: break;
	}
	if (rc == RC_OK) return;
	play_tell(p, s, "不能判断：", "it cannot be judged:");
	play_tell_fails(p, s, &cx.fails);
}

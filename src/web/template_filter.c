#include "web/template_filter.h"

#include "base/json.h"
#include "base/money.h"
#include "base/rng.h"
#include "base/time.h"
#include "web/i18n.h"

struct str filter_name(enum filter f)
{
	static const struct str names[FILTER_COUNT] = {
		[FILTER_MONEY] = STR_INIT("money"), [FILTER_WAN] = STR_INIT("wan"), [FILTER_DEC] = STR_INIT("dec"),
		[FILTER_INT] = STR_INIT("int"), [FILTER_PERCENT] = STR_INIT("percent"), [FILTER_DATE] = STR_INIT("date"),
		[FILTER_DAY] = STR_INIT("day"), [FILTER_TIME] = STR_INIT("time"), [FILTER_ISO] = STR_INIT("iso"),
		[FILTER_AGO] = STR_INIT("ago"), [FILTER_ID] = STR_INIT("id"), [FILTER_SIZE] = STR_INIT("size"),
		[FILTER_LEN] = STR_INIT("len"), [FILTER_YESNO] = STR_INIT("yesno"), [FILTER_T] = STR_INIT("t"),
		[FILTER_DEFAULT] = STR_INIT("default"), [FILTER_JSON] = STR_INIT("json"), [FILTER_QUERY] = STR_INIT("query"),
		[FILTER_STAMP] = STR_INIT("stamp"),
	};
	return names[f];
}

struct str filter_plain(struct arena *a, struct val v)
{
	switch (v.kind) {
	case VAL_TEXT: return v.s;
	case VAL_INT: return str_fmt(a, "%lld", (long long)v.i);
	case VAL_DEC: return dec_format(a, v.i);
	case VAL_BOOL: return v.b ? STR("true") : STR("false");
	default: return STR("");
	}
}

static struct str grouped(struct arena *a, struct str number)
{
	size_t from = number.n && number.p[0] == '-', to = from;
	while (to < number.n && number.p[to] != '.') to++;
	struct buf out = BUF(a, number.n * 2 + 1);
	for (size_t i = 0; i < number.n; i++) {
		if (i > from && i < to && (to - i) % 3 == 0) buf_c(&out, ',');
		buf_c(&out, number.p[i]);
	}
	return buf_str(&out);
}

/* In tenths of a per cent, half away from zero; 42.0 loses its ".0". */
static struct str percent(struct arena *a, struct val v)
{
	if (v.kind != VAL_DEC && v.kind != VAL_INT) return STR("");
	int64_t unit = v.kind == VAL_DEC ? DEC_ONE / 1000 : 10, half = v.i < 0 ? -unit / 2 : unit / 2, n;
	if (__builtin_add_overflow(v.i, half, &n)) return STR("");
	n /= unit;
	int64_t rest = n % 10 < 0 ? -(n % 10) : n % 10;
	const char *sign = n < 0 && n > -10 ? "-" : "";
	if (rest == 0) return str_fmt(a, "%lld%%", (long long)(n / 10));
	return str_fmt(a, "%s%lld.%lld%%", sign, (long long)(n / 10), (long long)rest);
}

static bool day_of(struct val v, int32_t *days)
{
	if (v.kind == VAL_TEXT) return date_parse(v.s, days);
	enum { DAYS_MAX = 3000000 };    /* beyond the year 9999 */
	if (v.kind != VAL_INT || v.i < -DAYS_MAX || v.i > DAYS_MAX) return false;
	*days = (int32_t)v.i;
	return true;
}

static struct str date_long(struct arena *a, int32_t days, enum lang lang)
{
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December" };
	int y, m, d;
	date_split(days, &y, &m, &d);
	if (lang == LANG_ZH) return str_fmt(a, "%d年%d月%d日", y, m, d);
	return str_fmt(a, "%d %s %d", d, months[m - 1], y);
}

static bool instant_of(struct val v)
{
	enum { YEARS_MAX = 8000 };
	int64_t limit = (int64_t)YEARS_MAX * 366 * DAY_MS;
	return v.kind == VAL_INT && v.i > -limit && v.i < limit;
}

static struct str ago(struct arena *a, int64_t ms, const struct template_env *env)
{
	static const struct { int64_t ms; const char *zh, *en, *ens; } units[] = {
		{ DAY_MS, "天", "day", "days" }, { 60 * MINUTE_MS, "小时", "hour", "hours" }, { MINUTE_MS, "分钟", "minute", "minutes" } };
	int64_t gap = env->now_ms - ms, size = gap < 0 ? -gap : gap;
	if (size >= (int64_t)30 * DAY_MS) return str_sub(instant_text(a, ms, env->zone_minutes), 0, 10);
	for (int i = 0; i < 3; i++) {
		if (size < units[i].ms) continue;
		long long n = size / units[i].ms;
		const char *en = n == 1 ? units[i].en : units[i].ens;
		if (env->lang == LANG_ZH) return str_fmt(a, "%lld %s%s", n, units[i].zh, gap < 0 ? "后" : "前");
		return gap < 0 ? str_fmt(a, "in %lld %s", n, en) : str_fmt(a, "%lld %s ago", n, en);
	}
	return env->lang == LANG_ZH ? STR("刚刚") : STR("just now");
}

static struct str size_text(struct arena *a, int64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	int unit = 0;
	int64_t tenths = bytes > INT64_MAX / 10 ? INT64_MAX : bytes * 10;
	while (tenths >= 10240 && unit < 4) tenths = tenths / 1024, unit++;
	if (unit == 0 || tenths % 10 == 0 || tenths >= 1000) return str_fmt(a, "%lld %s", (long long)(tenths / 10), units[unit]);
	return str_fmt(a, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10), units[unit]);
}

bool filter_is_short(enum filter f) { return f == FILTER_MONEY || f == FILTER_DATE || f == FILTER_ID || f == FILTER_STAMP; }

size_t filter_short(char *to, enum filter f, int64_t i, const struct template_env *env)
{
	int32_t days;
	struct val v = val_int(i);
	switch (f) {
	case FILTER_MONEY: return money_put(to, i);
	case FILTER_DATE: return day_of(v, &days) ? date_put(to, days) : 0;
	case FILTER_STAMP: return instant_of(v) ? stamp_put(to, i, env->zone_minutes) : 0;
	case FILTER_ID:
		if (i <= 0) return 0;
		id_put(to, i);
		return ID_TEXT;
	default: return 0;
	}
}

static struct str stamp(struct arena *a, int64_t ms, const struct template_env *env)
{
	char *p = arena_alloc(a, STAMP_TEXT);
	return (struct str){ p, stamp_put(p, ms, env->zone_minutes) };
}

static struct str whole(struct arena *a, enum filter f, struct val v, const struct template_env *env)
{
	if (f != FILTER_YESNO && f != FILTER_LEN && v.kind != VAL_INT) return STR("");
	switch (f) {
	case FILTER_MONEY: return money_text(a, v.i);
	case FILTER_WAN: return money_wan(a, v.i);
	case FILTER_INT: return grouped(a, filter_plain(a, v));
	case FILTER_ID: return v.i > 0 ? id_text(a, v.i) : STR("");
	case FILTER_SIZE: return v.i >= 0 ? size_text(a, v.i) : STR("");
	case FILTER_TIME: return instant_of(v) ? str_sub(instant_text(a, v.i, env->zone_minutes), 0, 16) : STR("");
	case FILTER_STAMP: return instant_of(v) ? stamp(a, v.i, env) : STR("");
	case FILTER_ISO: return instant_of(v) ? instant_iso(a, v.i) : STR("");
	case FILTER_AGO: return instant_of(v) ? ago(a, v.i, env) : STR("");
	case FILTER_LEN: return str_fmt(a, "%zu", val_len(v));
	default: return val_true(v) ? tr(env->lang, STR("Yes")) : tr(env->lang, STR("No"));
	}
}

/* Shown or left out, never cut. */
static struct val json(struct arena *a, struct val v)
{
	struct buf out = BUF(a, 4000000);
	json_write(&out, v);
	return out.full ? VNULL : val_text(buf_str(&out));
}

struct val filter_apply(struct arena *a, enum filter f, struct str arg, struct val v, const struct template_env *env)
{
	int32_t days;
	if (f == FILTER_DEFAULT) return v.kind == VAL_NULL || (v.kind == VAL_TEXT && v.s.n == 0) ? val_text(arg) : v;
	if (v.kind == VAL_NULL && f != FILTER_LEN) return VNULL;
	switch (f) {
	case FILTER_DEC:
		if (v.kind != VAL_DEC && v.kind != VAL_INT) return VNULL;
		return val_text(grouped(a, filter_plain(a, v)));
	case FILTER_PERCENT: return val_text(percent(a, v));
	case FILTER_DATE: return day_of(v, &days) ? val_text(date_text(a, days)) : VNULL;
	case FILTER_DAY: return day_of(v, &days) ? val_text(date_long(a, days, env->lang)) : VNULL;
	case FILTER_T: return v.kind == VAL_TEXT ? val_text(tr(env->lang, v.s)) : v;
	case FILTER_JSON: return json(a, v);
	case FILTER_QUERY: return v;
	default: return val_text(whole(a, f, v, env));
	}
}

/* A data folder for the benchmark: `init --demo` made it, this adds N items (big transactions, the store's own record_insert), one
   holder a hundred of the demonstration firm's organisation, and sessions and a token whose secrets the benchmark knows.

   bench_fill FOLDER N */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/data.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/store.h"
#include "web/session.h"

enum { HOLDERS = 500, PER_TRANSACTION = 50000, FIRM_ORG = 7, FOREVER_MS = 1000000000 };

#define MUST(call) do { if ((call) != RC_OK) die(cx, #call); } while (0)

static void die(struct cx *cx, const char *what)
{
	fprintf(stderr, "%s\n", what);
	for (int i = 0; i < cx->fails.n; i++) fprintf(stderr, "%.*s\n", STRF(cx->fails.v[i].en));
	exit(1);
}

static int64_t account(struct cx *cx, struct db *db, const char *login)
{
	int64_t id = 0;
	bool found;
	MUST(db_int(cx, db, SQL("SELECT id FROM account WHERE login = ?"), P(p_text(str_c(login))), &id, &found));
	assert(found);
	return id;
}

static void make_session(struct cx *cx, struct db *db, const char *login, const char *token)
{
	int64_t id = account(cx, db, login), now = time_now_ms();
	MUST(db_run(cx, db, SQL("DELETE FROM session WHERE account_id = ?"), P(p_int(id))));
	/* Seen tomorrow: no touch by the writer while we measure. */
	MUST(db_run(cx, db, SQL("INSERT INTO session (id_hash, account_id, csrf, created_ms, seen_ms, expires_ms, remote) VALUES (?, ?, 'benchbenchbench', ?, ?, ?, '')"),
		P(p_text(session_hash(cx, str_c(token))), p_int(id), p_int(now), p_int(now + 86400000), p_int(now + FOREVER_MS))));
}

static void make_people(struct cx *cx, struct db *db)
{
	MUST(db_begin(cx, db));
	make_session(cx, db, "officer", "bench-officer");
	make_session(cx, db, "firm", "bench-firm");
	MUST(db_run(cx, db, SQL("UPDATE account SET org_id = ? WHERE login = 'firm'"), P(p_int(FIRM_ORG))));
	MUST(db_run(cx, db, SQL("DELETE FROM api_token"), NO_PARAMS));
	MUST(db_run(cx, db, SQL("INSERT INTO api_token (id_hash, account_id, name, scopes, created_ms, expires_ms, revoked) VALUES (?, ?, 'bench', 'read write', ?, ?, 0)"),
		P(p_text(session_hash(cx, STR("bench-token"))), p_int(account(cx, db, "officer")), p_int(time_now_ms()), p_int(time_now_ms() + FOREVER_MS))));
	MUST(db_commit(cx, db));
}

static struct val one_item(struct arena *a, struct rng *rng, int64_t i, const int64_t *holder)
{
	static const char *const level[] = { "national", "provincial", "city" }, *const industry[] = { "metal", "energy", "bio", "tobacco" };
	static const char *const about[] = { "铝合金熔体<净化>技术", "光伏组件回收", "三七种质资源", "锂电正极材料 & 装备", "高原特色农业" };
	struct val v = val_map(a);
	VAL_SET(a, v, "title", val_text(str_fmt(a, "%s第%lld期研究", about[rng_below(rng, 5)], (long long)i)));
	VAL_SET(a, v, "holder", val_int(holder[i % HOLDERS]));
	VAL_SET(a, v, "level", val_textz(level[rng_below(rng, 3)]));
	VAL_SET(a, v, "industry", val_textz(industry[rng_below(rng, 4)]));
	VAL_SET(a, v, "money", val_int((int64_t)(1 + rng_below(rng, 5000)) * 1000000));
	VAL_SET(a, v, "people", val_int((int64_t)rng_below(rng, 300)));
	VAL_SET(a, v, "day", val_int(18000 + (int64_t)rng_below(rng, 2000)));
	VAL_SET(a, v, "note", val_textz("按年度计划推进，已完成中期检查。"));
	return v;
}

static void fill(struct cx *cx, struct data *d, int64_t n)
{
	struct idgen ids = { 0 };
	struct rng rng = rng_seed(1);
	int64_t holder[HOLDERS], id, base = time_now_ms() - n;
	const struct type_def *item = region_type(d->region, STR("item")), *of = region_type(d->region, STR("holder"));
	struct rx rx = data_rx(cx, d, &ids);
	MUST(db_begin(cx, d->db));
	for (int i = 0; i < HOLDERS; i++) {
		struct val v = val_map(cx->arena);
		VAL_SET(cx->arena, v, "name", val_text(str_fmt(cx->arena, "滇南材料科技有限公司%d", i)));
		struct record head = { .state = of->state[0], .org = i + 1, .division = STR("530100") };
		MUST(record_insert(&rx, of, &head, v, &holder[i]));
	}
	for (int64_t i = 0; i < n; i++) {
		if (i % 200 == 0) arena_reset(cx->arena);
		if (i % PER_TRANSACTION == PER_TRANSACTION - 1) {
			MUST(db_commit(cx, d->db));
			db_tidy(d->db, true);
			MUST(db_begin(cx, d->db));
		}
		cx->now_ms = base + i;
		/* Of every hundred items ten are the firm's. */
		struct record head = { .state = item->state[rng_below(&rng, 3)], .org = i % 10 == 3 ? FIRM_ORG : 1000 + i % HOLDERS, .division = STR("530100"),
			.number = str_fmt(cx->arena, "XM2026-%07lld", (long long)i) };
		MUST(record_insert(&rx, item, &head, one_item(cx->arena, &rng, i, holder), &id));
	}
	MUST(db_commit(cx, d->db));
	db_tidy(d->db, true);
}

int main(int argc, char **argv)
{
	struct cx here = { .arena = arena_new((size_t)256 << 20), .now_ms = time_now_ms() }, *cx = &here;
	struct data d;
	assert(argc == 3);
	MUST(data_open(cx, arena_new((size_t)64 << 20), str_c(argv[1]), DB_WRITE, &d));
	make_people(cx, d.db);
	fill(cx, &d, atoll(argv[2]));
	data_close(&d);
	return 0;
}

#include "app/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/data.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"
#include "rec/account.h"
#include "rec/event.h"
#include "rec/form.h"
#include "rec/schema.h"

const char *cli_option(const struct command_line *c, const char *name)
{
	for (int i = 0; i + 1 < c->argc; i++)
		if (strncmp(c->argv[i], "--", 2) == 0 && strcmp(c->argv[i] + 2, name) == 0) return c->argv[i + 1];
	return NULL;
}

bool cli_flag(const struct command_line *c, const char *name)
{
	for (int i = 0; i < c->argc; i++)
		if (strncmp(c->argv[i], "--", 2) == 0 && strcmp(c->argv[i] + 2, name) == 0) return true;
	return false;
}

const char *cli_word(const struct command_line *c, int n, const char *const *with_value)
{
	for (int i = 0; i < c->argc; i++) {
		if (strncmp(c->argv[i], "--", 2) == 0) {
			for (int k = 0; with_value && with_value[k]; k++)
				if (strcmp(c->argv[i] + 2, with_value[k]) == 0) i++;
			continue;
		}
		if (n-- == 0) return c->argv[i];
	}
	return NULL;
}

struct cx cli_cx(size_t arena_bytes)
{
	const char *lang = getenv("LC_ALL");
	if (!lang || !*lang) lang = getenv("LANG");
	bool zh = lang && strncmp(lang, "zh", 2) == 0;
	return (struct cx){ .arena = arena_new(arena_bytes), .lang = zh ? LANG_ZH : LANG_EN, .now_ms = time_now_ms() };
}

int cli_end(struct cx *cx, enum rc rc)
{
	struct buf b = BUF(cx->arena, 1 << 20);
	fail_print(&b, &cx->fails, cx->lang);
	fwrite(b.p ? b.p : "", 1, b.n, stderr);
	arena_free(cx->arena);
	return rc == RC_OK ? 0 : rc == RC_INVALID || rc == RC_LIMIT ? 2 : 1;
}

static const char *const data_options[] = { "data", "region", "listen", "workers", "out", "login", "name", "roles", "assets", "lang", "email", "org", "person", "division", NULL };

static struct str data_dir(const struct command_line *c)
{
	const char *dir = cli_option(c, "data");
	return str_c(dir ? dir : "data");
}

int init_command(struct command_line *c)
{
	struct cx cx = cli_cx((size_t)2 << 30);
	struct arena *keep = arena_new((size_t)512 << 20);
	const char *region = cli_option(c, "region");
	struct data d;
	bool fresh;
	enum rc rc = data_make(&cx, keep, data_dir(c), str_c(region ? region : DEFAULT_REGION), cli_flag(c, "demo"), &d, &fresh);
	if (rc == RC_OK) {
		printf(cx.lang == LANG_ZH ? (fresh ? "已建立：%.*s（%.*s）\n" : "已存在，数据保留：%.*s（%.*s）\n")
					  : (fresh ? "made: %.*s (%.*s)\n" : "already there, data kept: %.*s (%.*s)\n"),
			STRF(data_dir(c)), STRF(label_text(&d.region->label, cx.lang)));
		data_close(&d);
	}
	int code = cli_end(&cx, rc);
	arena_free(keep);
	return code;
}

int audit_command(struct command_line *c)
{
	struct cx cx = cli_cx((size_t)4 << 30);
	struct arena *keep = arena_new((size_t)512 << 20);
	struct data d;
	int64_t checked = 0;
	const char *word = cli_word(c, 0, data_options);
	enum rc rc = word && strcmp(word, "verify") == 0 ? data_open(&cx, keep, data_dir(c), DB_READ, &d)
		: fail(&cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang audit verify [--data 目录]", "usage: lianchuang audit verify [--data DIR]");
	if (rc == RC_OK) {
		struct rx rx = data_rx(&cx, &d, NULL);
		rc = event_verify(&rx, &checked);
		data_close(&d);
	}
	if (rc == RC_OK) printf("{\"status\":\"intact\",\"events\":%lld}\n", (long long)checked);
	int code = cli_end(&cx, rc);
	arena_free(keep);
	return rc == RC_INVALID ? 1 : code;
}

/* backup OUT · verify FILE */
int data_command(struct command_line *c, const char *word)
{
	struct cx cx = cli_cx((size_t)1 << 30);
	struct arena *keep = arena_new((size_t)512 << 20);
	const char *path = cli_word(c, 0, data_options);
	enum rc rc;
	struct data d;
	if (!path) {
		rc = fail(&cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang %s 文件 [--data 目录]", "usage: lianchuang %s FILE [--data DIR]", word);
	} else if (strcmp(word, "verify") == 0) {
		rc = db_verify(&cx, str_c(path));
	} else {
		rc = data_open(&cx, keep, data_dir(c), DB_READ, &d);
		if (rc == RC_OK) {
			rc = db_backup(&cx, d.db, str_c(path));
			data_close(&d);
		}
	}
	if (rc == RC_OK) printf("{\"status\":\"ok\",\"file\":\"%s\"}\n", path);
	int code = cli_end(&cx, rc);
	arena_free(keep);
	return code;
}

static enum rc known_roles(struct cx *cx, const struct region *r, struct str roles)
{
	struct str part, *names = ARENA_ARRAY(cx->arena, struct str, (size_t)r->n_role + 1);
	for (int i = 0; i < r->n_role; i++) names[i] = r->role[i]->name;
	while (str_cut(&roles, ',', &part)) {
		if (region_role(r, part)) continue;
		enum rc rc = fail(cx, RC_INVALID, "account.role", NOWHERE, "没有角色“%.*s”", "no role “%.*s”", STRF(part));
		int near = nearest_name(part, names, r->n_role);
		if (near >= 0) fail_hint(cx, "是否指 %.*s？", "did you mean %.*s?", STRF(names[near]));
		return rc;
	}
	return RC_OK;
}

/* A record of a registry by its number or exact name. */
static enum rc registered(struct rx *rx, const char *type, const char *name, int64_t *id)
{
	struct field_def ref = { .name = str_c(type), .label = { str_c(type), str_c(type) }, .kind = FIELD_REF, .ref = region_type(rx->region, str_c(type)) };
	struct val v;
	if (!name) return RC_OK;
	if (!ref.ref) return fail(rx->cx, RC_INVALID, "account.registry", NOWHERE, "该区域没有 %s 登记", "this region has no registry %s", type);
	TRY(form_parse_field(rx, &ref, str_c(type), val_textz(name), &v));
	*id = val_i64(v);
	return RC_OK;
}

static enum rc add_account(struct cx *cx, struct data *d, const struct command_line *c)
{
	const char *login = cli_option(c, "login"), *name = cli_option(c, "name"), *roles = cli_option(c, "roles");
	char password[256];
	if (!login || !name || !roles)
		return fail(cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang account add --login L --name N --roles a,b [--org 机构] [--person 人员] [--division 区划] [--email 邮箱] [--data 目录] < 密码",
			"usage: lianchuang account add --login L --name N --roles a,b [--org ORG] [--person PERSON] [--division CODE] [--email ADDRESS] [--data DIR] < PASSWORD");
	if (!fgets(password, sizeof password, stdin)) password[0] = 0;
	struct str given = str_trim(str_c(password));
	if (given.n < 8) return fail(cx, RC_INVALID, "account.password", NOWHERE, "密码至少 8 个字符（由标准输入给出）", "a password of at least 8 characters is needed on standard input");
	struct idgen ids = { 0 };
	struct rx rx = data_rx(cx, d, &ids);
	struct account a = { .login = str_c(login), .name_zh = str_c(name), .name_en = str_c(name), .roles = str_c(roles),
		.email = str_c(cli_option(c, "email")), .division = str_c(cli_option(c, "division")) };
	TRY(known_roles(cx, d->region, a.roles));
	TRY(registered(&rx, "org", cli_option(c, "org"), &a.org));
	TRY(registered(&rx, "person", cli_option(c, "person"), &a.person));
	int64_t id;
	TRY(password_hash(cx, given, &a.pw_hash));
	explicit_bzero(password, sizeof password);
	TRY(db_begin(cx, d->db));
	TRY(account_create(&rx, &a, &id));
	TRY(db_commit(cx, d->db));
	return event_anchor(&rx);
}

int account_command(struct command_line *c)
{
	struct cx cx = cli_cx((size_t)256 << 20);
	struct arena *keep = arena_new((size_t)512 << 20);
	struct data d;
	const char *word = cli_word(c, 0, data_options);
	enum rc rc = word && strcmp(word, "add") == 0 ? data_open(&cx, keep, data_dir(c), DB_WRITE, &d)
		: fail(&cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang account add …", "usage: lianchuang account add …");
	if (rc == RC_OK) {
		rc = add_account(&cx, &d, c);
		if (rc != RC_OK) db_rollback(d.db);
		data_close(&d);
	}
	int code = cli_end(&cx, rc);
	arena_free(keep);
	return code;
}

/* Demonstration data on a real SQLite: rows and their totals, values worked out, real files, the accounts records belong to, sealed states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "rec/demo.h"
#include "rec/file.h"
#include "rec/flow.h"
#include "rec/sample_file.h"
#include "rec/schema.h"

static const char text[] =
	"region t \"测\" en \"T\" { zone +8:00; demo; }\n"
	"role firm \"企业\" en \"Firm\";\n"
	"codes level \"级\" en \"Level\" { code a \"甲\" en \"A\"; code b \"乙\" en \"B\"; }\n"
	"type org \"单位\" en \"Org\" { registry; title name; field name text \"名\" en \"Name\" { required; }\n"
	"  state on \"在\" en \"On\" { final; } access { see signed; edit firm; create firm; } }\n"
	"type person \"人\" en \"Person\" { registry; title name; field name text \"名\" en \"Name\" { required; }\n"
	"  state on \"在\" en \"On\" { final; } access { see signed; edit firm; create firm; } }\n"
	"type item \"物\" en \"Item\" { title title; number \"I{seq:2}\";\n"
	"  field title text \"名\" en \"Title\" { required; }\n"
	"  field a int \"甲\" en \"A\"; field m money \"金\" en \"M\"; field host ref org \"单位\" en \"Host\"; field f file \"附\" en \"F\" { types pdf; }\n"
	"  field secret text \"密\" en \"Secret\" { sealed; }\n"
	"  table part \"件\" en \"Parts\" { column name text \"名\" en \"Name\"; column pay money \"款\" en \"Pay\"; column l code level \"级\" en \"L\"; column who ref person \"人\" en \"Who\"; }\n"
	"  state draft \"草\" en \"Draft\" { draft; } state filed \"报\" en \"Filed\" { sealed; } state done \"完\" en \"Done\" { final; }\n"
	"  move file \"报\" en \"File\" draft -> filed { by firm own; } move finish \"完\" en \"Finish\" filed -> done { by firm own; }\n"
	"  access { see firm org; edit firm own in draft; create firm; } }\n"
	"account one \"甲某\" en \"One\" { role firm; org \"甲单位\" en \"One Co\"; }\n"
	"account two \"乙某\" en \"Two\" { role firm; org \"乙单位\" en \"Two Co\"; }\n"
	"demo org 1 seed 1 { state on; set name \"甲单位\"; }\n"
	"demo item 4 seed 2 { by one; split state draft 1 filed 2 done 1; set title \"物{seq}\"; range a 1 9; set m = 100元 * a; set host = org two; set secret \"密{seq}\";\n"
	"  file f \"附{seq}.pdf\" \"{title}\";\n"
	"  row part 2 { set name \"{title}件{seq}\"; set pay = m / 4; split l a 3 b 5; set who = person one; }\n"
	"  row part { set name \"末\"; set pay = m - sum(part.pay); } }\n";

struct world { char dir[64]; struct cx cx; struct arena *keep; struct vault vault; struct region *region; struct db *db; struct idgen ids; };

static struct rx rx_of(struct world *w)
{
	return (struct rx){ .cx = &w->cx, .db = w->db, .region = w->region, .vault = &w->vault, .ids = &w->ids, .region_rev = 1, .viewer = { .system = true } };
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	strcpy(w->dir, "/tmp/lc-demo-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->keep = arena_new((size_t)256 << 20);
	w->cx = (struct cx){ .arena = arena_new((size_t)256 << 20), .lang = LANG_EN, .now_ms = 1795000000000 };
	assert_int_equal(vault_load(&w->cx, w->keep, str_c(w->dir), true, &w->vault), RC_OK);
	assert_int_equal(region_load_text(&w->cx, w->keep, STR("t.lc"), (struct str){ text, sizeof text - 1 }, &w->region), RC_OK);
	assert_int_equal(db_open(&w->cx, str_fmt(w->cx.arena, "sqlite:%s/t.db", w->dir), DB_WRITE, &w->db), RC_OK);
	assert_int_equal(schema_migrate(&w->cx, w->db), RC_OK);
	struct rx rx = rx_of(w);
	assert_int_equal(db_begin(&w->cx, w->db), RC_OK);
	assert_int_equal(schema_apply(&rx), RC_OK);
	int n;
	enum rc rc = demo_make(&rx, STR("x"), &n);
	for (int i = 0; i < w->cx.fails.n; i++) print_message("%.*s\n", STRF(w->cx.fails.v[i].en));
	assert_int_equal(rc, RC_OK);
	assert_int_equal(n, 5);
	assert_int_equal(db_commit(&w->cx, w->db), RC_OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	db_close(w->db);
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", w->dir);
	assert_int_equal(system(command), 0);
	arena_free(w->keep);
	arena_free(w->cx.arena);
	free(w);
	return 0;
}

static int64_t one(struct world *w, struct sql sql)
{
	int64_t n = -1;
	bool found;
	assert_int_equal(db_int(&w->cx, w->db, sql, NO_PARAMS, &n, &found), RC_OK);
	return n;
}

/* The payments of every record add to its money, worked out from its number; exact counts hold over the rows of all. */
static void test_rows(void **state)
{
	struct world *w = *state;
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM c_item_part")), 12);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item i WHERE f_m <> f_a * 10000 OR f_m <> (SELECT SUM(f_pay) FROM c_item_part WHERE parent = i.id)")), 0);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM c_item_part WHERE f_l = 'a'")), 3);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM c_item_part p JOIN r_item i ON i.id = p.parent WHERE p.f_name = i.f_title || '件2'")), 4);
}

/* Records and files are the account's; its organisation is the one that was there already. */
static void test_owner(void **state)
{
	struct world *w = *state;
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_org WHERE f_name = '甲单位'")), 1);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item i JOIN account a ON a.id = i.owner WHERE a.login = 'one' AND i.org = a.org_id AND i.author = a.person_id")), 4);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item i JOIN account a ON a.org_id = i.f_host WHERE a.login = 'two'")), 4);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM c_item_part p JOIN account a ON a.person_id = p.f_who WHERE a.login = 'one'")), 8);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item WHERE number IS NOT NULL")), 3);
	struct rx rx = rx_of(w);
	rx.viewer = (struct viewer){ .account = one(w, SQL("SELECT id FROM account WHERE login = 'one'")), .org = one(w, SQL("SELECT org_id FROM account WHERE login = 'one'")),
		.roles = 1 };
	struct todo_list todo;
	assert_int_equal(flow_todo(&rx, &todo), RC_OK);
	assert_int_equal(todo.n, 3);
}

/* A sealed state hides what is sealed from the database, not from its owner. */
static void test_sealed(void **state)
{
	struct world *w = *state;
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item WHERE state = 'filed' AND f_secret IS NULL AND sealed IS NOT NULL")), 2);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM r_item WHERE state <> 'filed' AND f_secret IS NOT NULL")), 2);
}

/* The file opens, is the PDF it says it is, and belongs to its record. */
static void test_file(void **state)
{
	struct world *w = *state;
	struct rx rx = rx_of(w);
	assert_int_equal(one(w, SQL("SELECT COUNT(*) FROM file f JOIN r_item i ON i.id = f.record AND i.f_f = f.id")), 4);
	struct file_info info;
	struct str content;
	int fd;
	assert_int_equal(file_open(&rx, one(w, SQL("SELECT f_f FROM r_item ORDER BY id LIMIT 1")), &info, &fd, &content), RC_OK);
	assert_true(str_eq(info.name, STR("附1.pdf")));
	char head[6] = { 0 };
	assert_int_equal(pread(fd, head, 5, 0), 5);
	assert_string_equal(head, "%PDF-");
	close(fd);
}

/* Every entry of the cross-reference table points at its object. */
static void test_pdf(void **state)
{
	struct world *w = *state;
	struct str pdf = sample_pdf(w->cx.arena, STR("铝 A\n𠮷"));
	assert_true(str_has(pdf, STR("<94DD00200041>")) && str_has(pdf, STR("<D842DFB7>")));
	size_t table = str_find(pdf, STR("xref\n"), 0), line = table + strlen("xref\n0 7\n") + 20;
	for (int k = 1; k <= 6; k++, line += 20) {
		size_t at = strtoul(str_z(w->cx.arena, str_sub(pdf, line, line + 10)), NULL, 10);
		assert_true(str_starts(str_sub(pdf, at, pdf.n), str_fmt(w->cx.arena, "%d 0 obj\n", k)));
	}
	assert_true(str_ends(pdf, str_fmt(w->cx.arena, "startxref\n%zu\n%%%%EOF\n", table)));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_owner), cmocka_unit_test(test_sealed), cmocka_unit_test(test_file),
		cmocka_unit_test(test_pdf) };
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Receipts: the page of one, the file and the PDF of it, and checking one that somebody brings. */
#include "base/json.h"
#include "base/rng.h"
#include "feature/feature.h"
#include "feature/letter_dict.h"
#include "feature/show.h"
#include "rec/receipt.h"
#include "web/pdf.h"

/* A receipt may be larger than what a request has. */
enum { CHECK_ARENA = 256 << 20 };

static struct str public_key(struct page *p)
{
	const struct desk *desk = p->app->ctx;
	struct digest key = { { 0 } };
	sign_public(desk->vault->sign_seed, key.b);
	return hash_hex(p->cx->arena, key);
}

static struct str in_language(struct page *p, struct val both)
{
	return val_str(p->cx->lang == LANG_ZH ? VAL_GET(both, "zh") : VAL_GET(both, "en"));
}

/* The head as a page shows it; texts of the file itself, so that it reads the same where the type is gone. */
static struct val head_val(struct page *p, const struct receipt_check *r)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), head = r->head;
	VAL_SET(a, m, "number", VAL_GET(head, "receipt"));
	VAL_SET(a, m, "issued_by", val_text(in_language(p, VAL_GET(head, "issued_by"))));
	VAL_SET(a, m, "at", val_text(show_instant(p, val_i64(VAL_GET(head, "at_ms")))));
	VAL_SET(a, m, "at_utc", VAL_GET(head, "at"));
	VAL_SET(a, m, "to", VAL_GET(head, "to"));
	VAL_SET(a, m, "type", val_text(in_language(p, VAL_GET(head, "type_label"))));
	VAL_SET(a, m, "record", VAL_GET(head, "record"));
	VAL_SET(a, m, "record_number", VAL_GET(head, "record_number"));
	VAL_SET(a, m, "move", val_text(in_language(p, VAL_GET(head, "move_label"))));
	VAL_SET(a, m, "rev", VAL_GET(head, "rev"));
	VAL_SET(a, m, "files", VAL_GET(head, "files"));
	VAL_SET(a, m, "fields", val_int((int64_t)val_len(VAL_GET(head, "fields"))));
	VAL_SET(a, m, "digest", val_text(r->digest));
	VAL_SET(a, m, "key", val_text(r->key));
	return m;
}

/* Names as labels, where the type still has them. */
static struct val named(struct page *p, const struct type_def *t, struct val names)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < val_len(names); i++) {
		struct str name = val_str(val_at(names, i));
		const struct field_def *f = t ? type_field(t, name) : NULL;
		const struct table_def *td = t && !f ? type_table(t, name) : NULL;
		val_push(a, list, val_text(f ? label_of(p, &f->label) : td ? label_of(p, &td->label) : name));
	}
	return list;
}

/* ---- one ---- */

static void fact(struct str *cell, int *n, struct str label, struct str text)
{
	cell[(*n)++] = label;
	cell[(*n)++] = text;
}

static enum rc receipt_pdf(struct page *p, struct val r)
{
	static const int two[] = { 3, 7 }, three[] = { 4, 2, 8 };
	static const bool left[] = { false, false, false };
	enum { FACTS = 9 };
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	struct str number = val_str(VAL_GET(r, "number")), cell[2 * FACTS];
	struct pdf_page page = { .title = str_fmt(a, "%s %.*s", zh ? "回执" : "Receipt", STRF(number)), .mark = !p->region->demo ? STR("")
		: zh ? STR("演示数据，非真实单位和人员") : STR("Demonstration data: not real organisations or people") };
	struct pdf *pdf;
	struct buf bytes = BUF(a, 6 << 20);
	int n = 0;
	TRY(pdf_start(p->cx, &page, &pdf));
	fact(cell, &n, zh ? STR("出具单位") : STR("Issued by"), val_str(VAL_GET(r, "issued_by")));
	fact(cell, &n, zh ? STR("办理") : STR("What was done"), str_fmt(a, "%.*s · %.*s", STRF(val_str(VAL_GET(r, "type"))), STRF(val_str(VAL_GET(r, "move")))));
	fact(cell, &n, zh ? STR("记录") : STR("Record"), str_fmt(a, "%.*s %.*s", STRF(val_str(VAL_GET(r, "record_number"))), STRF(val_str(VAL_GET(r, "record")))));
	fact(cell, &n, zh ? STR("名称") : STR("Title"), val_str(VAL_GET(r, "title")));
	fact(cell, &n, zh ? STR("办理账号") : STR("By account"), str_fmt(a, "%.*s (%.*s)", STRF(val_str(VAL_GET(r, "to_name"))), STRF(val_str(VAL_GET(r, "to")))));
	fact(cell, &n, zh ? STR("时间") : STR("Time"), str_fmt(a, "%.*s (UTC %.*s)", STRF(val_str(VAL_GET(r, "at"))), STRF(val_str(VAL_GET(r, "at_utc")))));
	fact(cell, &n, zh ? STR("内容") : STR("Content"), str_fmt(a, zh ? "%lld 项，%zu 个附件" : "%lld fields, %zu files",
		(long long)val_i64(VAL_GET(r, "fields")), val_len(VAL_GET(r, "files"))));
	fact(cell, &n, zh ? STR("摘要（SM3）") : STR("Digest (SM3)"), val_str(VAL_GET(r, "digest")));
	fact(cell, &n, zh ? STR("公钥（Ed25519）") : STR("Public key (Ed25519)"), val_str(VAL_GET(r, "key")));
	pdf_table(pdf, NULL, two, left, 2, cell, n / 2);
	struct val files = VAL_GET(r, "files");
	struct str head[] = { zh ? STR("附件") : STR("File"), zh ? STR("字节") : STR("Bytes"), STR("SHA-256") };
	struct str *list = ARENA_ARRAY(a, struct str, 3 * val_len(files) + 1);
	for (size_t i = 0; i < val_len(files); i++) {
		struct val f = val_at(files, i);
		list[3 * i] = val_str(VAL_GET(f, "name"));
		list[3 * i + 1] = str_fmt(a, "%lld", (long long)val_i64(VAL_GET(f, "bytes")));
		list[3 * i + 2] = val_str(VAL_GET(f, "sha256"));
	}
	if (val_len(files)) pdf_table(pdf, head, three, left, 3, list, (int)val_len(files));
	pdf_text(pdf, zh ? STR("核验：在系统“核验回执”页上传回执文件（.json），或在任何装有本程序的电脑上运行 lianchuang receipt verify 文件，不需要联网。")
		: STR("To verify: upload the receipt's file (.json) on the page “Verify a receipt”, or run lianchuang receipt verify FILE on any computer that has the program; no network is needed."));
	TRY(pdf_finish(p->cx, pdf, &bytes));
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/pdf"), .body = buf_str(&bytes) };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(a, "inline; filename=\"%.*s.pdf\"", STRF(number)));
	return RC_OK;
}

/* `work` in memory of its own; what it found is copied out by the caller's `out`. */
struct reading { struct page *p; struct str number, text; };

static enum rc in_own_memory(struct reading *r, enum rc (*work)(struct reading *r, struct page *inner))
{
	struct cx cx = { .arena = arena_new(CHECK_ARENA), .lang = r->p->cx->lang, .now_ms = r->p->cx->now_ms };
	struct page inner = *r->p;
	inner.cx = &cx;
	inner.out = val_map(cx.arena);
	enum rc rc = work(r, &inner);
	for (size_t i = 0; i < val_len(inner.out); i++) {
		struct val_pair *one = &inner.out.map->v[i];
		val_set(r->p->cx->arena, r->p->out, str_dup(r->p->cx->arena, one->key), val_copy(r->p->cx->arena, one->val));
	}
	fail_copy(r->p->cx, &cx.fails);
	arena_free(cx.arena);
	return rc;
}

/* The receipt says the login, which stays; a person is known by a name. */
static enum rc name_of(struct page *p, struct str login, struct val out)
{
	struct arena *a = p->cx->arena;
	struct rows *r;
	bool more;
	TRY(db_rows(p->cx, p->db, SQL("SELECT name_zh, name_en FROM account WHERE login = ?"), P(p_text(login)), &r));
	enum rc rc = db_step(p->cx, r, &more);
	if (rc == RC_OK && more) {
		struct str zh = row_text(r, 0), en = row_text(r, 1);
		VAL_SET(a, out, "to_name", val_text(str_dup(a, p->cx->lang == LANG_EN && en.n ? en : zh)));
	}
	rows_done(r);
	return rc;
}

static enum rc fill_one(struct reading *reading, struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct receipt one;
	struct receipt_check check;
	struct str text;
	TRY(receipt_open(&rx, reading->number, &one, &text));
	TRY(receipt_read(p->cx, text, &check));
	struct val r = head_val(p, &check);
	const struct type_def *t = region_type(p->region, one.type);
	if (t) VAL_SET(a, r, "link", val_text(record_link(a, t, one.record)));
	struct val title = t && t->title ? val_get(check.values, t->title->name) : VNULL;
	VAL_SET(a, r, "title", val_text(title.kind == VAL_TEXT ? title.s : STR("")));
	TRY(name_of(p, val_str(VAL_GET(r, "to")), r));
	VAL_SET(a, r, "file", val_text(str_fmt(a, "/receipt/%.*s/file", STRF(one.number))));
	VAL_SET(a, r, "pdf", val_text(str_fmt(a, "/receipt/%.*s.pdf", STRF(one.number))));
	VAL_SET(a, p->out, "receipt", r);
	return RC_OK;
}

static enum rc one_page(struct page *p)
{
	bool pdf = str_ends(p->param[0], STR(".pdf"));
	struct reading r = { .p = p, .number = pdf ? str_sub(p->param[0], 0, p->param[0].n - 4) : p->param[0] };
	TRY(in_own_memory(&r, fill_one));
	return pdf ? receipt_pdf(p, VAL_GET(p->out, "receipt")) : RC_OK;
}

static enum rc file_of(struct page *p)
{
	struct rx rx = page_rx(p);
	struct cx cx = *p->cx;
	struct receipt one;
	struct str text;
	cx.arena = http_page_arena(p->exchange);
	cx.fails = (struct fails){ 0 };
	rx.cx = &cx;
	enum rc rc = receipt_open(&rx, p->param[0], &one, &text);
	fail_copy(p->cx, &cx.fails);
	TRY(rc);
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/json; charset=utf-8"), .body = text };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(p->cx->arena, "attachment; filename=\"%.*s.json\"", STRF(one.number)));
	return RC_OK;
}

/* ---- checking ---- */

static enum rc check_form(struct page *p)
{
	VAL_SET(p->cx->arena, p->out, "key", val_text(public_key(p)));
	return RC_OK;
}

/* What has changed since, of what this viewer may see of the record; nothing at all when it is hidden. */
static enum rc changed_since(struct page *p, const struct receipt_check *check, const struct type_def *t)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct right right;
	struct record rec;
	struct val names, visible = val_list(a);
	int64_t id;
	if (!t || !id_parse(val_str(VAL_GET(check->head, "record")), &id)) return RC_OK;
	TRY(access_record(&rx, t, id, &right));
	if (!right.see) return RC_OK;
	TRY(record_read(&rx, t, id, &right.fields, &rec));
	if (rec.sealed) return RC_OK;
	TRY(receipt_differs(p->cx, check, rec.values, &names));
	for (size_t i = 0; i < val_len(names); i++) {
		const struct field_def *f = type_field(t, val_str(val_at(names, i)));
		const struct table_def *td = f ? NULL : type_table(t, val_str(val_at(names, i)));
		if ((f && mask_field(&right.fields, f)) || (td && mask_table(&right.fields, td))) val_push(a, visible, val_at(names, i));
	}
	VAL_SET(a, p->out, "record_link", val_text(record_link(a, t, id)));
	VAL_SET(a, p->out, "changed", named(p, t, visible));
	return RC_OK;
}

static const struct http_upload *upload_named(struct page *p, const char *field)
{
	for (int i = 0; i < p->req->n_upload; i++)
		if (str_is(p->req->upload[i].field, field) && p->req->upload[i].bytes) return &p->req->upload[i];
	return NULL;
}

/* Files that are to be the ones filed: by their digest, whatever they are called now. */
static void compared(struct page *p, const struct receipt_check *check)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->req->n_upload; i++) {
		const struct http_upload *u = &p->req->upload[i];
		if (!str_is(u->field, "file") || !u->bytes) continue;
		struct val m = val_map(a), filed = receipt_file(check, u->digest);
		VAL_SET(a, m, "name", val_text(u->filename));
		VAL_SET(a, m, "sha256", val_text(u->digest));
		VAL_SET(a, m, "good", val_bool(filed.kind == VAL_MAP));
		VAL_SET(a, m, "filed_as", VAL_GET(filed, "name"));
		val_push(a, list, m);
	}
	VAL_SET(a, p->out, "compared", list);
}

static enum rc judge(struct reading *reading, struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct receipt_check check;
	bool known;
	TRY(receipt_read(p->cx, reading->text, &check));
	const struct type_def *t = region_type(p->region, val_str(VAL_GET(check.head, "type")));
	bool ours = str_eq(check.key, public_key(p)), whole = check.digest_good && check.signature_good && !val_len(check.altered);
	TRY(receipt_known(&rx, val_str(VAL_GET(check.head, "receipt")), check.digest, &known));
	VAL_SET(a, p->out, "receipt", head_val(p, &check));
	VAL_SET(a, p->out, "genuine", val_bool(whole && ours && known));
	VAL_SET(a, p->out, "digest_good", val_bool(check.digest_good));
	VAL_SET(a, p->out, "signature_good", val_bool(check.signature_good));
	VAL_SET(a, p->out, "our_key", val_bool(ours));
	VAL_SET(a, p->out, "known", val_bool(known));
	VAL_SET(a, p->out, "altered", named(p, t, check.altered));
	compared(p, &check);
	return whole && known ? changed_since(p, &check, t) : RC_OK;
}

static enum rc check_page(struct page *p)
{
	struct reading r = { .p = p, .text = p->req->body };
	const struct http_upload *u = upload_named(p, "receipt");
	TRY(check_form(p));
	p->shown = true;
	if (u) TRY(read_upload(p->cx, u, RECEIPT_BYTES_MAX, &r.text));
	if (!r.text.n) return fail(p->cx, RC_INVALID, "receipt.none", IN_FIELD(STR("receipt")), "请选择回执文件（.json）", "choose the receipt's file (.json)");
	return in_own_memory(&r, judge);
}

const struct route receipt_routes[] = {
	{ "GET", "/receipt", NEED_NOTHING, "receipt_check.html", check_form, "核验回执", "Verify a receipt", "read" },
	{ "POST", "/receipt", NEED_NOTHING, "receipt_check.html", check_page, "核验上传的回执：签名、改动、附件和此后的变化",
		"Verify the receipt sent: signature, what was altered, files, and what has changed since", "read" },
	{ "GET", "/receipt/:number", NEED_SIGNED, "receipt.html", one_page, "一份回执；加 .pdf 得 PDF", "A receipt; as a PDF with .pdf added", "read" },
	{ "GET", "/receipt/:number/file", NEED_SIGNED, NULL, file_of, "回执文件，可离线核验", "The receipt's file, which can be verified offline", "read" },
	{ 0 },
};

#include "app/mail_out.h"

#include <curl/curl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/time.h"

enum { BATCH = 20, PAUSE_MS = 3000, ANSWER_MS = 10000, SEND_S = 30 };

struct letter { int64_t id, at_ms; struct str to, subject, text; };

static struct str base64(struct arena *a, struct str s, bool lines)
{
	size_t size = sodium_base64_ENCODED_LEN(s.n, sodium_base64_VARIANT_ORIGINAL);
	char *p = arena_alloc(a, size);
	sodium_bin2base64(p, size, (const unsigned char *)s.p, s.n, sodium_base64_VARIANT_ORIGINAL);
	struct str whole = str_c(p);
	if (!lines) return whole;
	struct buf b = BUF(a, whole.n * 2 + 4);
	for (size_t i = 0; i < whole.n; i += 76) {
		buf_add(&b, str_sub(whole, i, i + 76));
		buf_add(&b, STR("\r\n"));
	}
	return buf_str(&b);
}

/* Encoded words of at most 75 characters, cut between characters. */
static void encoded_words(struct arena *a, struct buf *b, struct str s)
{
	size_t from = 0;
	while (from < s.n) {
		size_t to = from + 42 < s.n ? from + 42 : s.n;
		while (to < s.n && ((unsigned char)s.p[to] & 0xC0) == 0x80) to--;
		buf_fmt(b, "%s=?UTF-8?B?%.*s?=", from ? "\r\n " : "", STRF(base64(a, str_sub(s, from, to), false)));
		from = to;
	}
}

struct str mail_message(struct arena *a, struct str from, struct str to, struct str subject, struct str text, int64_t id, int64_t at_ms)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct buf b = BUF(a, 1 << 20);
	int y, m, d;
	int32_t day = instant_date(at_ms, 0);
	date_split(day, &y, &m, &d);
	buf_fmt(&b, "From: <%.*s>\r\nTo: <%.*s>\r\nSubject: ", STRF(from), STRF(to));
	encoded_words(a, &b, subject);
	buf_fmt(&b, "\r\nDate: %s, %d %s %d %.8s +0000\r\nMessage-ID: <%.*s@lianchuang>\r\nAuto-Submitted: auto-generated\r\n", days[date_weekday(day)], d, months[m - 1], y,
		instant_text(a, at_ms, 0).p + 11, STRF(id_text(a, id)));
	buf_add(&b, STR("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	buf_add(&b, base64(a, text, true));
	return buf_str(&b);
}

/* On a page a notice links by the path alone; in a mail the address must be whole. Added at the end where the text has no {link}. */
static struct str with_link(struct arena *a, struct str text, struct str base, struct str path)
{
	size_t at = str_find(text, path, 0);
	if (at == SIZE_MAX) return str_fmt(a, "%.*s\n\n%.*s%.*s\n", STRF(text), STRF(base), STRF(path));
	return str_fmt(a, "%.*s%.*s%.*s\n", STRF(str_sub(text, 0, at)), STRF(base), STRF(str_sub(text, at, text.n)));
}

static enum rc waiting(struct cx *cx, struct db *db, enum lang first_lang, const struct mail_config *config, struct letter *out, int *n)
{
	struct rows *r;
	/* In the receiver's language, else in the region's first. */
	struct param first = p_text(first_lang == LANG_EN ? STR("en") : STR("zh"));
	TRY(db_rows(cx, db, SQL("SELECT m.id, m.at_ms, m.address, CASE WHEN COALESCE(a.lang, ?) = 'en' THEN m.subject_en ELSE m.subject_zh END, "
				"CASE WHEN COALESCE(a.lang, ?) = 'en' THEN m.text_en ELSE m.text_zh END, m.type, m.record FROM mail m "
				"LEFT JOIN account a ON a.id = m.account_id WHERE m.state = 'queued' AND m.address <> '' ORDER BY m.id LIMIT ?"),
		P(first, first, p_int(BATCH)), &r));
	enum rc rc;
	bool more;
	*n = 0;
	while ((rc = db_step(cx, r, &more)) == RC_OK && more) {
		struct arena *a = cx->arena;
		struct str path = str_fmt(a, "/r/%.*s/%.*s", STRF(row_text(r, 5)), STRF(id_text(a, row_int(r, 6))));
		out[(*n)++] = (struct letter){ row_int(r, 0), row_int(r, 1), str_dup(a, row_text(r, 2)), str_dup(a, row_text(r, 3)),
			with_link(a, row_text(r, 4), config->link_base, path) };
	}
	rows_done(r);
	return rc;
}

struct reading { struct str message; size_t at; };

static size_t give(char *to, size_t size, size_t count, void *ctx)
{
	struct reading *r = ctx;
	size_t n = r->message.n - r->at;
	if (n > size * count) n = size * count;
	memcpy(to, r->message.p + r->at, n);
	r->at += n;
	return n;
}

static CURLcode deliver(struct arena *a, const struct mail_config *config, const struct letter *l)
{
	CURL *c = curl_easy_init();
	if (!c) return CURLE_FAILED_INIT;
	struct reading r = { mail_message(a, config->mail_from, l->to, l->subject, l->text, l->id, l->at_ms), 0 };
	struct curl_slist *to = curl_slist_append(NULL, str_z(a, str_fmt(a, "<%.*s>", STRF(l->to))));
	curl_easy_setopt(c, CURLOPT_URL, str_z(a, config->smtp_url));
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, str_z(a, str_fmt(a, "<%.*s>", STRF(config->mail_from))));
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, &r);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)SEND_S);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	CURLcode code = curl_easy_perform(c);
	curl_slist_free_all(to);
	curl_easy_cleanup(c);
	return code;
}

static enum rc tell(struct cx *cx, struct channel *writer, const struct letter *l, CURLcode code)
{
	struct arena *a = cx->arena;
	struct val m = val_map(a), args = val_map(a), answer;
	VAL_SET(a, args, "id", val_int(l->id));
	VAL_SET(a, args, "error", val_textz(code == CURLE_OK ? "" : curl_easy_strerror(code)));
	VAL_SET(a, m, "id", val_int(l->id));
	VAL_SET(a, m, "name", val_textz("mail.sent"));
	VAL_SET(a, m, "args", args);
	return channel_call(cx, writer, m, ANSWER_MS, &answer);
}

static enum rc round_of_mail(struct cx *cx, struct data *d, struct channel *writer, const struct mail_config *config, int *failed)
{
	struct letter letter[BATCH];
	int n;
	*failed = 0;
	TRY(waiting(cx, d->db, d->region->first_lang, config, letter, &n));
	for (int i = 0; i < n; i++) {
		CURLcode code = deliver(cx->arena, config, &letter[i]);
		if (code != CURLE_OK) log_line(LEVEL_WARNING, "msg=\"mail not sent\" why=\"%s\"", curl_easy_strerror(code));
		*failed += code != CURLE_OK;
		/* A server that is away is tried again later; an address it refuses is not. */
		if (code == CURLE_OK || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) TRY(tell(cx, writer, &letter[i], code));
	}
	return RC_OK;
}

enum rc mail_serve(struct cx *cx, struct data *d, struct channel *writer, const struct mail_config *config)
{
	struct arena *scratch = arena_new((size_t)64 << 20);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	enum rc rc = RC_OK;
	for (int failed = 0; rc == RC_OK;) {
		struct cx one = { .arena = scratch, .now_ms = time_now_ms() };
		rc = round_of_mail(&one, d, writer, config, &failed);
		if (rc != RC_OK) (void)fail(cx, rc, "mail.stopped", NOWHERE, "发信进程停止", "the mail process stops");
		arena_reset(scratch);
		usleep((useconds_t)PAUSE_MS * 1000 * (failed ? 10 : 1));
		struct val nothing;
		bool more;
		if (rc == RC_OK && channel_next(&one, writer, &nothing, &more) != RC_OK) break;       /* the writer is gone */
	}
	curl_global_cleanup();
	arena_free(scratch);
	return rc;
}

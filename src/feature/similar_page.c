/* What the comparing of texts found for a record: shares, and the passages side by side. Sources that the viewer may not see are a number. */
#include "feature/feature.h"
#include "feature/show.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "rec/similar.h"

enum { EXCERPT = 900 };         /* bytes of a passage that are shown */

struct similar_view {
	struct page *p;
	struct rx rx, system;           /* words are read by the system; what is shown of them goes by the viewer's rights */
	const struct similar_def *def;
	int64_t id;
	struct right right;
	struct similar_words words;
	struct similar_result found;
};

/* Does the viewer see every field that is compared? */
static bool sees_words(const struct mask *mask, const struct similar_text *t)
{
	for (int i = 0; i < t->n_field; i++)
		if (!mask_field(mask, t->field[i])) return false;
	return true;
}

/* The comparison shows to whoever sees the field that tells its share. */
static bool sees_share(const struct mask *mask, const struct similar_def *d)
{
	for (int i = 0; i < d->compares->n_field; i++)
		if (similar_of(d->compares->field[i]) == d && mask_field(mask, d->compares->field[i])) return true;
	return false;
}

static struct str excerpt(struct arena *a, struct str words, int64_t from, int64_t to)
{
	struct str s = str_sub(words, (size_t)from, (size_t)to);
	if (s.n <= EXCERPT) return s;
	size_t end = EXCERPT;
	while (end > 0 && ((unsigned char)s.p[end] & 0xC0) == 0x80) end--;
	return STR_CAT(a, str_sub(s, 0, end), STR("…"));
}

static struct val passages_val(const struct similar_view *v, struct val given, struct str own, struct str other)
{
	struct arena *a = v->p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < val_len(given); i++) {
		struct val at = val_at(given, i);
		val_push(a, list, VAL_OF(a, { STR("here"), val_text(excerpt(a, own, val_i64(val_at(at, 0)), val_i64(val_at(at, 1)))) },
			{ STR("there"), val_text(excerpt(a, other, val_i64(val_at(at, 2)), val_i64(val_at(at, 3)))) }));
	}
	return list;
}

/* One source, where the viewer may see it: VNULL otherwise. */
static enum rc source_val(struct similar_view *v, struct val given, struct val *out)
{
	struct arena *a = v->p->cx->arena;
	const struct type_def *t = region_type(v->p->region, val_str(VAL_GET(given, "type")));
	const struct similar_text *text = t ? similar_text_of(v->def, t) : NULL;
	int64_t id = val_i64(VAL_GET(given, "id"));
	struct right right;
	struct record_head head;
	struct similar_words words;
	*out = VNULL;
	if (!text) return RC_OK;
	TRY(access_record(&v->rx, t, id, &right));
	if (!right.see || !sees_words(&right.fields, text)) return RC_OK;
	TRY(record_heads(&v->rx, t, &id, 1, &head));
	TRY(similar_words(&v->system, text, id, &words));
	struct val one = val_map(a);
	bool same = str_eq(words.digest, val_str(VAL_GET(given, "digest"))) && str_eq(v->words.digest, v->found.digest);
	bool shown = same && sees_words(&v->right.fields, similar_text_of(v->def, v->def->compares));
	VAL_SET(a, one, "type", val_text(label_of(v->p, &t->label)));
	VAL_SET(a, one, "title", val_text(head.title.n ? head.title : head.number));
	VAL_SET(a, one, "number", val_text(head.number));
	VAL_SET(a, one, "link", val_text(record_link(a, t, id)));
	if (head.state) VAL_SET(a, one, "state", show_state(v->p, head.state));
	VAL_SET(a, one, "own", VAL_GET(given, "own"));
	VAL_SET(a, one, "share", val_dec(dec_round(val_i64(VAL_GET(given, "share")), 1)));
	VAL_SET(a, one, "changed", val_bool(!same));
	VAL_SET(a, one, "passages", shown ? passages_val(v, VAL_GET(given, "passages"), v->words.body, words.body) : val_list(a));
	*out = one;
	return RC_OK;
}

static enum rc open_view(struct page *p, struct similar_view *v)
{
	bool found;
	*v = (struct similar_view){ .p = p, .rx = page_rx(p), .def = region_similar(p->region, p->param[0]) };
	if (!v->def) return rx_missing(&v->rx);
	v->system = v->rx;
	v->system.viewer = (struct viewer){ .system = true };
	TRY(page_id(p, p->param[1], &v->id));
	TRY(access_record(&v->rx, v->def->compares, v->id, &v->right));
	if (!v->right.see || !sees_share(&v->right.fields, v->def)) return rx_missing(&v->rx);
	TRY(similar_read(&v->rx, v->def, v->id, &v->found, &found));
	if (!found) return rx_missing(&v->rx);
	return similar_words(&v->system, similar_text_of(v->def, v->def->compares), v->id, &v->words);
}

static enum rc similar_page(struct page *p)
{
	struct similar_view v;
	struct arena *a = p->cx->arena;
	struct val list = val_list(a), one;
	int64_t hidden = 0;
	TRY(open_view(p, &v));
	for (size_t i = 0; i < val_len(v.found.sources); i++) {
		TRY(source_val(&v, val_at(v.found.sources, i), &one));
		if (val_is_null(one)) hidden++;
		else val_push(a, list, one);
	}
	VAL_SET(a, p->out, "label", val_text(label_of(p, &v.def->label)));
	VAL_SET(a, p->out, "hint", val_text(label_of(p, &v.def->hint)));
	VAL_SET(a, p->out, "type", show_type(p, v.def->compares));
	VAL_SET(a, p->out, "title", val_text(v.words.title));
	VAL_SET(a, p->out, "link", val_text(record_link(a, v.def->compares, v.id)));
	VAL_SET(a, p->out, "at", val_text(show_instant(p, v.found.at_ms)));
	VAL_SET(a, p->out, "again", val_bool(!v.found.fresh || !str_eq(v.words.digest, v.found.digest)));
	VAL_SET(a, p->out, "units", val_int(v.found.units));
	VAL_SET(a, p->out, "total", val_dec(dec_round(v.found.total, 1)));
	VAL_SET(a, p->out, "clean", val_dec(dec_round(v.found.clean, 1)));
	VAL_SET(a, p->out, "others", val_dec(dec_round(v.found.others, 1)));
	VAL_SET(a, p->out, "sources", list);
	VAL_SET(a, p->out, "hidden", val_int(hidden));
	return RC_OK;
}

struct str similar_link(struct arena *a, const struct field_def *f, int64_t record)
{
	const struct similar_def *d = similar_of(f);
	return d ? str_fmt(a, "/similar/%.*s/%.*s", STRF(d->name), STRF(id_text(a, record))) : STR("");
}

const struct route similar_routes[] = {
	{ "GET", "/similar/:name/:id", NEED_SIGNED, "similar.html", similar_page, "文字比对：相同段落和来源", "Texts compared: passages in common, and where they stand", "read" },
	{ 0 },
};

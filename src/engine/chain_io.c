#include "engine/chain_io.h"

#include <lapacke.h>
#include <stdlib.h>

#include "base/csv.h"
#include "engine/chain_inner.h"

struct flow { int32_t from, to; double value; bool total; };
struct flows { VEC(struct flow); };

static enum rc bad_line(struct cx *cx, const struct chain_rows_in *in, int i, const char *zh, const char *en)
{
	return fail_text(cx, RC_INVALID, "chain.flow", (struct where){ .file = in->file, .line = in->row[i].line, .column = 1 }, str_c(zh), str_c(en));
}

static bool is_total(struct str s) { return str_is(s, "total") || str_is(s, "总产出"); }

/* Sectors are what delivers; everything else is final use (-1). */
static enum rc read_flows(struct cx *cx, const struct chain_rows_in *in, struct flows *flows, struct chain_io *io)
{
	struct csv_row head = { 0 };
	if (in->n) head = (struct csv_row){ in->row[0].cell, in->row[0].n, in->row[0].line };
	int from = csv_column(&head, "from"), to = csv_column(&head, "to"), value = csv_column(&head, "value");
	if (from < 0 || to < 0 || value < 0)
		return fail(cx, RC_INVALID, "chain.column", ((struct where){ .file = in->file, .line = 1, .column = 1 }), "表头须有 from,to,value", "the header needs from,to,value");
	struct chain_texts sector = chain_texts_new(cx->arena, (size_t)in->n);
	for (int i = 1; i < in->n; i++) {
		const struct chain_line *l = &in->row[i];
		bool fresh;
		if (from < l->n && str_trim(l->cell[from]).n) chain_texts_put(&sector, str_trim(l->cell[from]), sector.n, &fresh);
	}
	for (int i = 1; i < in->n; i++) {
		const struct chain_line *l = &in->row[i];
		int64_t micro;
		if (from >= l->n || to >= l->n || value >= l->n || !str_trim(l->cell[from]).n) return bad_line(cx, in, i, "这一行缺列", "columns are missing in this line");
		struct str text = str_trim(l->cell[to]);
		if (!dec_parse(str_trim(l->cell[value]), &micro) || micro < 0) return bad_line(cx, in, i, "value 不是非负数", "value is not a number of 0 or more");
		VEC_PUSH(cx->arena, flows, ((struct flow){ chain_texts_get(&sector, str_trim(l->cell[from])), chain_texts_get(&sector, text), (double)micro / DEC_ONE, is_total(text) }));
	}
	io->n = sector.n;
	io->sector = sector.key;
	if (io->n > CHAIN_SECTORS_MAX) return fail(cx, RC_LIMIT, "chain.sectors", ((struct where){ .file = in->file, .line = 1 }), "部门超过 %d 个", "more than %d sectors", CHAIN_SECTORS_MAX);
	if (io->n < 1) return fail(cx, RC_INVALID, "chain.empty", ((struct where){ .file = in->file, .line = 1 }), "没有流量", "there are no flows");
	return RC_OK;
}

static void find_output(struct arena *a, const struct flows *flows, struct chain_io *io)
{
	double *told = ARENA_ARRAY(a, double, io->n);
	io->output = ARENA_ARRAY(a, double, io->n);
	for (int i = 0; i < io->n; i++) told[i] = NAN;
	for (size_t i = 0; i < flows->n; i++) {
		if (flows->v[i].total) told[flows->v[i].from] = flows->v[i].value;
		else io->output[flows->v[i].from] += flows->v[i].value;
	}
	for (int i = 0; i < io->n; i++) io->output[i] = chain_known(told[i]) ? told[i] : io->output[i];
}

/* (I - M)^-1 in place, M as coefficients by the output of the receiver (Leontief) or the giver (Ghosh); column-major. */
static enum rc invert(struct cx *cx, const struct flows *flows, const struct chain_io *io, bool by_receiver, double *m)
{
	size_t n = (size_t)io->n;
	lapack_int *pivot = ARENA_ARRAY(cx->arena, lapack_int, n);
	for (size_t i = 0; i < n * n; i++) m[i] = 0;
	for (size_t i = 0; i < n; i++) m[i * n + i] = 1;
	for (size_t k = 0; k < flows->n; k++) {
		const struct flow *f = &flows->v[k];
		if (f->total || f->to < 0 || f->value <= 0) continue;
		double by = io->output[by_receiver ? f->to : f->from];
		if (!(by > 0)) return fail(cx, RC_MISSING, "chain.output", NOWHERE, "部门“%.*s”有投入而没有产出", "sector “%.*s” has inputs but no output", STRF(io->sector[f->to]));
		m[(size_t)f->to * n + (size_t)f->from] -= f->value / by;
	}
	if (LAPACKE_dgetrf(LAPACK_COL_MAJOR, io->n, io->n, m, io->n, pivot) == 0 && LAPACKE_dgetri(LAPACK_COL_MAJOR, io->n, m, io->n, pivot) == 0) return RC_OK;
	return fail(cx, RC_MISSING, "chain.singular", NOWHERE, "投入产出方程无解", "the system of inputs and outputs is singular");
}

enum rc chain_io(struct cx *cx, const struct chain_rows_in *in, struct chain_io *out)
{
	struct flows flows = { 0 };
	struct chain_io io = { 0 };
	TRY(read_flows(cx, in, &flows, &io));
	find_output(cx->arena, &flows, &io);
	size_t n = (size_t)io.n;
	double *m = ARENA_ARRAY(cx->arena, double, n * n);
	io.backward = ARENA_ARRAY(cx->arena, double, n);
	io.forward = ARENA_ARRAY(cx->arena, double, n);
	io.removal = ARENA_ARRAY(cx->arena, double, n);
	TRY(invert(cx, &flows, &io, true, m));
	for (size_t s = 0; s < n; s++) {
		for (size_t i = 0; i < n; i++) io.backward[s] += m[s * n + i];
		io.removal[s] = io.backward[s] * io.output[s] / m[s * n + s];
	}
	TRY(invert(cx, &flows, &io, false, m));
	for (size_t s = 0; s < n; s++)
		for (size_t i = 0; i < n; i++) io.forward[i] += m[s * n + i];
	*out = io;
	return RC_OK;
}

struct str chain_io_sentence(struct arena *a, const struct chain_io *io, int s, enum lang lang)
{
	return str_fmt(a, lang == LANG_ZH ? "“%.*s”每 1 元最终需求带动全部产出 %.2f 元，每 1 元投入推动 %.2f 元；若退出，全部产出减少 %.4g。"
					  : "%.*s: 1 of final use takes %.2f of output in all, 1 of its primary input drives %.2f; without it output falls by %.4g.",
		STRF(io->sector[s]), io->backward[s], io->forward[s], io->removal[s]);
}

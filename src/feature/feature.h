/* The features' doors: their routes, listed once in src/app/features.c, and what they share. */
#ifndef FEATURE_FEATURE_H
#define FEATURE_FEATURE_H

#include "rec/list.h"
#include "web/route.h"

extern const struct route home_routes[], session_routes[], record_view_routes[], record_form_routes[], record_list_routes[], import_routes[], export_routes[],
	indicator_routes[], matrix_routes[], type_routes[], letter_routes[], admin_routes[], account_routes[], assignment_routes[], api_routes[], receipt_routes[], fill_routes[], dossier_routes[], feed_routes[], bulk_routes[], job_routes[], scoring_routes[], cockpit_routes[], verdicts_routes[], similar_routes[];

/* app->begin and app->decorate. */
enum rc feature_begin(struct page *p);
enum rc feature_decorate(struct page *p);

/* The page of the record that the path parameters name (type, id), into p->out. */
enum rc record_fill(struct page *p) MUST_USE;
/* The page of a record, already in p->out, as a PDF. */
enum rc record_pdf(struct page *p) MUST_USE;

/* One input of a form: {name, path, label, hint, kind, required, value, options, unit, max, types, error …}. `typed` wins over the stored value when not empty. */
enum rc form_input(struct page *p, struct rx *rx, const struct field_def *f, struct str path, struct val stored, struct str typed, struct val *out) MUST_USE;

/* The list a link asks for: its filters, columns and order (list_parse). */
enum rc list_from_request(struct page *p, struct rx *rx, const struct type_def *t, struct list_query *q) MUST_USE;
/* A table as XLSX, the reply: `n` heads and n × n_row cells. */
struct out_cell;
enum rc export_table(struct page *p, struct str name, struct str label, const struct str *head, int n, const struct out_cell *cell, int n_row) MUST_USE;
/* The moves that could be made for many rows of a list: [{name, label, from, to}]. */
struct val bulk_choices(struct page *p, struct rx *rx, const struct list_query *q);
/* Where the comparison that a field tells of is looked at; "" for other fields. */
struct str similar_link(struct arena *a, const struct field_def *f, int64_t record);
/* Number, title, state and organisation of each, as far as the viewer may see the record; `state` NULL otherwise. */
struct record_head { struct str number, title; const struct state_def *state; int64_t org; };
enum rc record_heads(struct rx *rx, const struct type_def *t, const int64_t *id, int n, struct record_head *out) MUST_USE;
/* A list as a page's value: columns, rows, links for sorting and the next page. `base` is the path the links start from. */
enum rc list_val(struct page *p, struct rx *rx, const struct list_query *q, struct str base, struct val *out) MUST_USE;

#endif

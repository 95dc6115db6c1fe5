/* Chains in files: a folder of tables (nodes.csv or nodes.xlsx, and so on), a GraphML file, the layout of data/chain/ckg.
   Failures cite file:line. Texts are borrowed from cx->arena, which should be a large one of its own. */
#ifndef FEATURE_CHAIN_FILE_H
#define FEATURE_CHAIN_FILE_H

#include "engine/chain.h"

enum { CHAIN_FILE_MAX = 1 << 30 };

/* A CSV file as rows, the header first. UTF-8 (with or without BOM) or GB18030. */
enum rc chain_file_rows(struct cx *cx, const char *path, struct chain_rows_in *out) MUST_USE;
/* The same from text that is decoded already; `path` is for messages and is borrowed. chain_read takes such text as it is, too. */
enum rc chain_file_csv(struct cx *cx, struct str text, const char *path, struct chain_rows_in *out) MUST_USE;
/* A folder or a GraphML file. `file` receives the name behind each table, for citing findings. */
enum rc chain_file_read(struct cx *cx, struct str path, struct chain *out, struct str file[CHAIN_TABLES]) MUST_USE;
/* Tables from GraphML, as chain_graphml writes them. */
enum rc chain_file_graphml(struct cx *cx, struct str bytes, struct str name, struct chain_rows_in table[CHAIN_TABLES]) MUST_USE;
/* product.tsv, company.tsv, product_product.tsv … as tables: what the layout means is said in docs/chain.md. */
enum rc chain_file_ckg(struct cx *cx, struct str dir, struct chain_rows_in table[CHAIN_TABLES]) MUST_USE;
/* The same from texts: of product, company, industry, product_product and company_product. `dir` is for messages. */
enum { CHAIN_CKG_FILES = 5 };
extern const char *const chain_ckg_name[CHAIN_CKG_FILES];
enum rc chain_file_ckg_texts(struct cx *cx, struct str dir, const struct str text[CHAIN_CKG_FILES], struct chain_rows_in table[CHAIN_TABLES]) MUST_USE;

#endif

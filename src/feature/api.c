/* The description of the API, from the same tables that serve it: OpenAPI 3.1. */
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/access.h"

static struct val text_schema(struct arena *a, const char *type)
{
	struct val s = val_map(a);
	VAL_SET(a, s, "type", val_textz(type));
	return s;
}

static struct val field_schema(struct page *p, const struct field_def *f)
{
	struct arena *a = p->cx->arena;
	static const char *const types[] = { [FIELD_TEXT] = "string", [FIELD_LONG] = "string", [FIELD_INT] = "integer", [FIELD_DEC] = "number",
		[FIELD_MONEY] = "integer", [FIELD_BOOL] = "boolean", [FIELD_DATE] = "integer", [FIELD_TIME] = "integer", [FIELD_CODE] = "string",
		[FIELD_REF] = "string", [FIELD_FILE] = "string", [FIELD_EMAIL] = "string", [FIELD_PHONE] = "string", [FIELD_USCC] = "string",
		[FIELD_ORCID] = "string", [FIELD_URL] = "string" };
	static const char *const notes[] = { [FIELD_MONEY] = " (fen)", [FIELD_DATE] = " (days since 1970-01-01, or YYYY-MM-DD when written)",
		[FIELD_TIME] = " (UTC milliseconds, or local date and time when written)", [FIELD_REF] = " (record id)", [FIELD_FILE] = " (file id)",
		[FIELD_URL] = "" };
	struct val s = val_map(a), any = val_list(a);
	val_push(a, any, val_textz(types[f->kind]));
	if (f->kind != FIELD_BOOL && !str_is(str_c(types[f->kind]), "string")) val_push(a, any, val_textz("string"));
	val_push(a, any, val_textz("null"));
	VAL_SET(a, s, "type", any);
	VAL_SET(a, s, "title", val_text(label_of(p, &f->label)));
	VAL_SET(a, s, "description", val_text(str_fmt(a, "%.*s%s", STRF(label_of(p, &f->label)), notes[f->kind] ? notes[f->kind] : "")));
	if (f->has_max && field_value_type(f) == TYPE_TEXT) VAL_SET(a, s, "maxLength", val_int(f->max));
	if (f->compute) VAL_SET(a, s, "readOnly", val_bool(true));
	return s;
}

static struct val type_schema(struct page *p, const struct type_def *t)
{
	struct arena *a = p->cx->arena;
	struct val s = text_schema(a, "object"), props = val_map(a);
	for (int i = 0; i < t->n_field; i++) val_set(a, props, t->field[i]->name, field_schema(p, t->field[i]));
	for (int i = 0; i < t->n_table; i++) {
		struct val table = text_schema(a, "array"), row = text_schema(a, "object"), columns = val_map(a);
		for (int k = 0; k < t->table[i]->n_column; k++) val_set(a, columns, t->table[i]->column[k]->name, field_schema(p, t->table[i]->column[k]));
		VAL_SET(a, row, "properties", columns);
		VAL_SET(a, table, "title", val_text(label_of(p, &t->table[i]->label)));
		VAL_SET(a, table, "items", row);
		val_set(a, props, t->table[i]->name, table);
	}
	VAL_SET(a, s, "title", val_text(label_of(p, &t->label)));
	VAL_SET(a, s, "properties", props);
	return s;
}

/* "/r/:type/:id" as "/r/{type}/{id}", and its parameters. */
static struct str path_template(struct page *p, const char *path, struct val params)
{
	struct arena *a = p->cx->arena;
	struct buf b = BUF(a, 400);
	for (const char *c = path; *c; c++) {
		if (*c != ':') {
			buf_c(&b, *c);
			continue;
		}
		const char *end = c + 1;
		while (*end && *end != '/') end++;
		struct str name = { c + 1, (size_t)(end - c - 1) };
		buf_fmt(&b, "{%.*s}", STRF(name));
		struct val one = val_map(a);
		VAL_SET(a, one, "name", val_text(name));
		VAL_SET(a, one, "in", val_textz("path"));
		VAL_SET(a, one, "required", val_bool(true));
		VAL_SET(a, one, "schema", text_schema(a, "string"));
		val_push(a, params, one);
		c = end - 1;
	}
	return buf_str(&b);
}

static struct val reply_val(struct arena *a, const char *what, struct val schema)
{
	struct val r = val_map(a), content = val_map(a), media = val_map(a);
	VAL_SET(a, r, "description", val_textz(what));
	VAL_SET(a, media, "schema", schema);
	VAL_SET(a, content, "application/json", media);
	VAL_SET(a, r, "content", content);
	return r;
}

static struct val error_ref(struct arena *a)
{
	struct val s = val_map(a);
	VAL_SET(a, s, "$ref", val_textz("#/components/schemas/Errors"));
	return s;
}

static struct val operation(struct page *p, const struct route *r, struct val params)
{
	struct arena *a = p->cx->arena;
	struct val op = val_map(a), replies = val_map(a);
	bool post = str_is(str_c(r->method), "POST");
	VAL_SET(a, op, "summary", val_textz(p->cx->lang == LANG_ZH ? r->zh : r->en));
	struct buf id = BUF(a, 200);
	buf_add(&id, post ? STR("post") : STR("get"));
	for (const char *c = r->path; *c; c++) buf_c(&id, *c == '/' || *c == ':' || *c == '.' ? '_' : *c);
	VAL_SET(a, op, "operationId", val_text(buf_str(&id)));
	if (val_len(params)) VAL_SET(a, op, "parameters", params);
	if (post) {
		struct val body = val_map(a), content = val_map(a), media = val_map(a), schema = text_schema(a, "object"), props = val_map(a);
		VAL_SET(a, props, "values", text_schema(a, "object"));
		VAL_SET(a, props, "rev", text_schema(a, "integer"));
		VAL_SET(a, schema, "properties", props);
		VAL_SET(a, media, "schema", schema);
		VAL_SET(a, content, "application/json", media);
		VAL_SET(a, body, "content", content);
		VAL_SET(a, op, "requestBody", body);
	}
	VAL_SET(a, replies, "200", reply_val(a, "OK", text_schema(a, "object")));
	VAL_SET(a, replies, "default", reply_val(a, "Error", error_ref(a)));
	VAL_SET(a, op, "responses", replies);
	struct val security = val_list(a), one = val_map(a), scopes = val_list(a);
	VAL_SET(a, one, "token", scopes);
	val_push(a, security, one);
	if (r->need == NEED_NOTHING) val_push(a, security, val_map(a));
	VAL_SET(a, op, "security", security);
	return op;
}

static struct val paths_val(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val paths = val_map(a);
	const struct route *r;
	for (int i = 0; (r = route_at(p->app, i)); i++) {
		if (!r->scope) continue;
		struct val params = val_list(a);
		struct str path = path_template(p, r->path, params);
		struct val item = val_get(paths, path);
		if (val_is_null(item)) {
			item = val_map(a);
			val_set(a, paths, path, item);
		}
		val_set(a, item, str_is(str_c(r->method), "POST") ? STR("post") : STR("get"), operation(p, r, params));
	}
	return paths;
}

static struct val components_val(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	struct val components = val_map(a), schemas = val_map(a), security = val_map(a), token = val_map(a);
	struct val errors = text_schema(a, "object"), props = val_map(a), list = text_schema(a, "array"), one = text_schema(a, "object");
	VAL_SET(a, list, "items", one);
	VAL_SET(a, props, "error", list);
	VAL_SET(a, errors, "properties", props);
	VAL_SET(a, schemas, "Errors", errors);
	for (int i = 0; i < p->region->n_type; i++)
		if (access_type(&rx, p->region->type[i])) val_set(a, schemas, p->region->type[i]->name, type_schema(p, p->region->type[i]));
	VAL_SET(a, token, "type", val_textz("http"));
	VAL_SET(a, token, "scheme", val_textz("bearer"));
	VAL_SET(a, security, "token", token);
	VAL_SET(a, components, "schemas", schemas);
	VAL_SET(a, components, "securitySchemes", security);
	return components;
}

static enum rc openapi_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val doc = val_map(a), info = val_map(a), servers = val_list(a), server = val_map(a), license = val_map(a);
	VAL_SET(a, doc, "openapi", val_textz("3.1.0"));
	VAL_SET(a, license, "name", val_textz("Apache-2.0"));
	VAL_SET(a, license, "identifier", val_textz("Apache-2.0"));
	VAL_SET(a, info, "title", val_text(label_of(p, &p->region->brand)));
	VAL_SET(a, info, "version", val_textz("0.1.0"));
	VAL_SET(a, info, "license", license);
	VAL_SET(a, doc, "info", info);
	VAL_SET(a, server, "url", val_textz("/"));
	val_push(a, servers, server);
	VAL_SET(a, doc, "servers", servers);
	VAL_SET(a, doc, "paths", paths_val(p));
	VAL_SET(a, doc, "components", components_val(p));
	p->json = true;
	p->out = doc;
	return RC_OK;
}

const struct route api_routes[] = {
	{ "GET", "/api/openapi.json", NEED_NOTHING, NULL, openapi_page, "接口说明（OpenAPI 3.1）", "The API, described in OpenAPI 3.1", NULL },
	{ 0 },
};

// Xapian over the same documents and queries: xapian DOCS.jsonl QUERIES.tsv RUN [K]. Its own tokens: pairs for Chinese, Porter for English.
#include <jansson.h>
#include <time.h>
#include <xapian.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

static double cpu()
{
	timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	if (argc < 4) return 1;
	unsigned k = argc > 4 ? (unsigned)atoi(argv[4]) : 100;
	char path[] = "/tmp/lc-xapian-XXXXXX";
	if (!mkdtemp(path)) return 1;
	Xapian::WritableDatabase db(std::string(path) + "/db", Xapian::DB_CREATE);
	Xapian::TermGenerator gen;
	gen.set_stemmer(Xapian::Stem("english"));
	gen.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
	std::ifstream docs(argv[1]), queries(argv[2]);
	std::string line;
	double start = cpu();
	while (std::getline(docs, line)) {
		json_t *d = json_loads(line.c_str(), 0, nullptr);
		const char *title = json_string_value(json_object_get(d, "title"));
		Xapian::Document doc;
		gen.set_document(doc);
		if (title) gen.index_text(title, 2);
		gen.increase_termpos();
		gen.index_text(json_string_value(json_object_get(d, "body")));
		doc.set_data(json_string_value(json_object_get(d, "id")));
		db.add_document(doc);
		json_decref(d);
	}
	db.commit();
	double built = cpu() - start, spent = 0;
	int n = 0;
	FILE *run = fopen(argv[3], "w");
	Xapian::Enquire enquire(db);
	while (std::getline(queries, line)) {
		size_t tab = line.find('\t');
		Xapian::Document asked;         // the terms of the query as of a document, ORed
		gen.set_document(asked);
		double before = cpu();
		gen.index_text(line.substr(tab + 1));
		std::vector<Xapian::Query> terms;
		for (auto t = asked.termlist_begin(); t != asked.termlist_end(); ++t)
			if ((*t)[0] == 'Z' || (unsigned char)(*t)[0] >= 0x80) terms.emplace_back(*t);
		enquire.set_query(Xapian::Query(Xapian::Query::OP_OR, terms.begin(), terms.end()));
		Xapian::MSet m = enquire.get_mset(0, k);
		int rank = 0;
		for (auto i = m.begin(); i != m.end(); ++i) fprintf(run, "%s Q0 %s %d %f peer\n", line.substr(0, tab).c_str(), i.get_document().get_data().c_str(), ++rank, i.get_weight());
		spent += cpu() - before;
		n++;
	}
	fclose(run);
	printf("%-14s index %.2f s, query %.0f us\n", "xapian", built, n ? spent / n * 1e6 : 0);
	return system(("rm -rf " + std::string(path)).c_str());
}

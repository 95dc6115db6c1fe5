// LEMON's network simplex on one small instance, for equal.c: the greatest total, INT32_MIN when there is no assignment.
#include <cstdint>
#include <map>
#include <vector>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

using namespace lemon;

extern "C" long lemon_total(int np, int ne, const int *need, const int *min, const int *max, const unsigned *row, const int *expert, const int *cost, int forbidden, const int *org)
{
	SmartDigraph g;
	SmartDigraph::ArcMap<int> lower(g), upper(g);
	SmartDigraph::ArcMap<long> price(g);
	auto arc = [&](SmartDigraph::Node from, SmartDigraph::Node to, int low, int high, long cost) {     // maps know nothing of arcs added later
		SmartDigraph::Arc x = g.addArc(from, to);
		lower[x] = low, upper[x] = high, price[x] = cost;
	};
	SmartDigraph::Node s = g.addNode(), t = g.addNode();
	std::vector<SmartDigraph::Node> e(ne);
	for (auto &n : e) n = g.addNode();
	long places = 0;
	for (int i = 0; i < np; i++) {
		SmartDigraph::Node a = g.addNode();
		std::map<int, SmartDigraph::Node> groups;
		arc(s, a, need[i], need[i], 0);
		places += need[i];
		for (unsigned j = row[i]; j < row[i + 1]; j++) {
			SmartDigraph::Node from = a;
			if (cost[j] == forbidden) continue;
			if (org && org[expert[j]] >= 0) {
				auto known = groups.find(org[expert[j]]);
				if (known == groups.end()) {
					known = groups.emplace(org[expert[j]], g.addNode()).first;
					arc(a, known->second, 0, 1, 0);
				}
				from = known->second;
			}
			arc(from, e[expert[j]], 0, 1, -(long)cost[j]);
		}
	}
	for (int i = 0; i < ne; i++) arc(e[i], t, min[i], max[i], 0);
	NetworkSimplex<SmartDigraph, int, long> solver(g);
	solver.lowerMap(lower).upperMap(upper).costMap(price).stSupply(s, t, (int)places);
	return solver.run() == decltype(solver)::OPTIMAL ? -solver.totalCost<long>() : INT32_MIN;
}

// The peer: LEMON's network simplex and cost scaling on the same generated instance. Built for the benchmark only.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#include <sys/resource.h>
extern "C" {
#include "instance.h"
}

using namespace lemon;

static double cpu() { timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }

template <class Solver> static void solve(const char *name, const instance &in, bool one)
{
	SmartDigraph g;
	g.reserveNode(in.np + in.ne + 2);
	std::vector<SmartDigraph::Node> a(in.np), e(in.ne);
	SmartDigraph::Node s = g.addNode(), t = g.addNode();
	for (auto &n : a) n = g.addNode();
	for (auto &n : e) n = g.addNode();
	SmartDigraph::ArcMap<int> lower(g, 0), upper(g, 1), cost(g, 0);
	long need = 0;
	for (int i = 0; i < in.np; i++) {
		upper[g.addArc(s, a[i])] = in.need[i];
		need += in.need[i];
		std::vector<std::pair<int, SmartDigraph::Node>> groups;
		for (uint32_t j = in.row[i]; j < in.row[i + 1]; j++) {
			SmartDigraph::Node from = a[i];
			if (one) {
				int org = in.org[in.expert[j]];
				bool known = false;
				for (auto &x : groups) if (x.first == org) from = x.second, known = true;
				if (!known) {
					from = g.addNode();
					g.addArc(a[i], from);
					groups.push_back({org, from});
				}
			}
			SmartDigraph::Arc arc = g.addArc(from, e[in.expert[j]]);
			upper[arc] = 1;
			cost[arc] = -in.affinity[j];
		}
		if (one) for (SmartDigraph::OutArcIt it(g, a[i]); it != INVALID; ++it) upper[it] = 1;
	}
	for (int i = 0; i < in.ne; i++) {
		SmartDigraph::Arc arc = g.addArc(e[i], t);
		lower[arc] = in.min[i];
		upper[arc] = in.max[i];
	}
	Solver solver(g);
	solver.lowerMap(lower).upperMap(upper).costMap(cost).stSupply(s, t, (int)need);
	double from = cpu();
	bool good = solver.run() == Solver::OPTIMAL;
	double took = cpu() - from;
	rusage use;
	getrusage(RUSAGE_SELF, &use);
	std::printf("{\"peer\":\"%s\",\"total\":%ld,\"cpu_seconds\":%.3f,\"peak_mib\":%ld}\n", name, good ? -(long)solver.template totalCost<long>() : -1L, took, use.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	if (argc < 7) return 2;
	instance in = instance_make(atoi(argv[1]), atoi(argv[2]), 75, 5, atoi(argv[3]), atoi(argv[4]), 1);
	bool one = !std::strcmp(argv[5], "one");
	if (std::strcmp(argv[6], "simplex")) solve<CostScaling<SmartDigraph, int, long>>("LEMON cost scaling", in, one);
	else solve<NetworkSimplex<SmartDigraph, int, long>>("LEMON network simplex", in, one);
}

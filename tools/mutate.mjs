// Every access check taken out of the C, one at a time: something must fail. Not part of `make test`: a full run takes hours.
//   node tools/mutate.mjs [--list] [--only TEXT] [--every N --from K]
// Builds in a copy of the tree; says of each mutant which test caught it, and ends with those that nothing caught.
import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../tests/http/kit.mjs';

const option = (name, otherwise) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? otherwise : process.argv[i + 1] ?? true; };

// What a check looks like, and what stands there without it.
const rules = [
	[/^\tif \(![\w.>-]*right\.see\b[^;]*\) return [^;]*;$/, () => ''],
	[/^\tif \(![\w.>-]*right\.(edit|publish|propose)\b[^;]*\) return [^;]*;$/, () => ''],
	[/^\tif \(![\w.>-]*\.see \|\| [^;]*\) return [^;]*;$/, () => ''],
	[/TRY\(access_where(_field)?\((&?)q(, [^;]*)?\)\);/, (m) => m[0].replace(/TRY\(access_where.*/, `sqlb_add(&${m[2] ? 'q.' : 'q->'}sql, SQL("1 = 1"));`)],
	[/(?<!bool )\bmask_(field|table)\((?!const)[^()]*(\([^()]*\)[^()]*)*\)/, () => 'true'],
	[/(?<!bool )\baccess_(create|type)\((?!const)[^()]*\)/, () => 'true'],
	[/if \(!o->named\)/, () => 'if (false)'],
	[/\bTRY\(access_grant\((&?)q, [^;]*\)\);/, (m) => `sqlb_add(&${m[1] ? 'q.' : 'q->'}sql, SQL("1 = 1"));`],
	[/region_duty\(rx->region, &rx->viewer, duty\)/, () => 'true'],
];
const places = [...['src/rec', 'src/feature'].flatMap((d) => readdirSync(join(root, d)).filter((f) => f.endsWith('.c')).map((f) => `${d}/${f}`)), 'src/web/route.c'].filter((f) => !/scene|demo/.test(f));
const mutants = [];
for (const file of places) {
	readFileSync(join(root, file), 'utf8').split('\n').forEach((line, i) => {
		if (/^(static )?(bool|enum rc|struct)\b.*\)$/.test(line)) return;
		for (const [pattern, without] of rules) {
			const m = pattern.exec(line);
			if (!m) continue;
			const changed = line.slice(0, m.index) + without(m) + line.slice(m.index + m[0].length);
			if (changed !== line) mutants.push({ file, line: i, was: line, is: changed });
		}
	});
}
// The router's own: who is signed in, staff, tokens, forged requests.
for (const [from, to] of [['"route.token"', 'token'], ['"route.csrf"', 'csrf'], ['"route.signed_out"', 'signed'], ['"route.must_change"', 'must change']]) {
	const lines = readFileSync(join(root, 'src/web/route.c'), 'utf8').split('\n'), i = lines.findIndex((l) => l.includes(from));
	if (i > 0 && /^\s*return fail/.test(lines[i])) mutants.push({ file: 'src/web/route.c', line: i, was: lines[i], is: `${/^\s*/.exec(lines[i])[0]}return RC_OK; /* ${to} */` });
}
const every = Number(option('every', 1)), from = Number(option('from', 0)), only = option('only', '');
const chosen = mutants.filter((m, i) => i % every === from && `${m.file}:${m.line + 1} ${m.was}`.includes(only));
if (process.argv.includes('--list')) {
	for (const m of chosen) console.log(`${m.file}:${m.line + 1}\n  ${m.was.trim()}\n  ${m.is.trim()}`);
	console.log(`${chosen.length} mutants`);
	process.exit();
}

const tree = mkdtempSync(join(tmpdir(), 'lc-mutate-'));
cpSync(root, tree, { recursive: true, filter: (path) => !/\/(build[^/]*|\.git)$/.test(path) });
const run = (command, args, seconds) => spawnSync(command, args, { cwd: tree, timeout: seconds * 1000, encoding: 'utf8', env: { ...process.env, LIANCHUANG: join(tree, 'build/lianchuang'), SOURCE_ROOT: tree, LEVEL: 'quick' } });
const built = () => run('ninja', ['-C', 'build', 'lianchuang', 'tests/unit_test_rec', 'tests/prop_test_expr_sql'], 900);
run('meson', ['setup', 'build', '-Dwerror=false'], 300);
if (built().status !== 0) throw new Error('the tree does not build');
const killers = [['unit rec', 'build/tests/unit_test_rec', []], ['property', 'build/tests/prop_test_expr_sql', []], ['scenes', 'build/lianchuang', ['region', 'test', 'region/yunnan']],
	['access', 'node', ['tests/http/access.mjs']], ['sealed', 'node', ['tests/http/sealed.mjs']], ['api', 'node', ['tests/http/api.mjs']], ['twins', 'node', ['tests/http/twins.mjs']],
	...['assignment', 'receipt', 'bulk', 'scoring', 'jobs'].filter((n) => readdirSync(join(tree, 'tests/http')).includes(`${n}.mjs`)).map((n) => [n, 'node', [`tests/http/${n}.mjs`]])];
for (const [name, command, args] of killers) if (run(command, args, 900).status !== 0) throw new Error(`${name} fails without any mutation`);

const survivors = [];
let caught = 0, useless = 0;
for (const m of chosen) {
	const path = join(tree, m.file), whole = readFileSync(path, 'utf8'), lines = whole.split('\n');
	lines[m.line] = m.is;
	writeFileSync(path, lines.join('\n'));
	const build = built();
	const by = build.status === 0 && killers.find(([, command, args]) => run(command, args, 600).status !== 0);
	writeFileSync(path, whole);
	// A check without which nothing compiles (an unused function) cannot be taken out unseen.
	if (build.status !== 0) useless++;
	else if (by) caught++;
	else survivors.push(m);
	console.log(`${build.status !== 0 ? 'does not build' : by ? `caught by ${by[0]}` : 'NOT CAUGHT'}: ${m.file}:${m.line + 1} ${m.was.trim()}`);
}
for (const m of survivors) console.log(`not caught: ${m.file}:${m.line + 1} ${m.was.trim()}`);
console.log(`${caught} of ${caught + survivors.length} mutants caught, ${useless} do not build`);

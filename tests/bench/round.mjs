// A round of 5,000 applications and 3,000 experts, from the first click to the published assignment, over HTTP as an officer does it.
//   node tests/bench/round.mjs          data are made once, in $BENCH_DIR (minutes), and copied for each run
// Prints wall-clock and CPU seconds (all processes of the server) of every step; the independent check must find no conflict.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, binary, check, root, same } from '../http/kit.mjs';

const dir = join(process.env.BENCH_DIR || '/tmp/lianchuang-bench', 'round'), made = join(dir, 'data'), data = join(dir, 'run'), port = 18479;
const sql = (text) => execFileSync('sqlite3', ['-separator', '\t', join(data, 'lianchuang.db'), text], { maxBuffer: 1 << 28 }).toString().trim();
if (!existsSync(join(dir, 'made'))) {
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	cpSync(join(root, 'region'), join(dir, 'region'), { recursive: true });
	cpSync(join(root, 'tests/bench/round/round.lc'), join(dir, 'region/yunnan/zz_round.lc'));
	execFileSync(binary, ['init', '--demo', '--data', made, '--region', join(dir, 'region/yunnan')], { stdio: ['ignore', 'ignore', 'ignore'] });
	writeFileSync(join(dir, 'made'), '');
}
rmSync(data, { recursive: true, force: true });
cpSync(made, data, { recursive: true });
// Every expert has an account, so that notices go out as in a real round.
sql(`INSERT INTO account (id, login, name_zh, name_en, pw_hash, person_id, state) SELECT id, 'bench' || id, f_name, f_name, '-', id, 'active' FROM r_person WHERE f_name LIKE '批量专家%';
	INSERT INTO account_role SELECT id, 'expert' FROM account WHERE login LIKE 'bench%';`);

const server = spawn(binary, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, '--workers', '2'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
const base = `http://127.0.0.1:${port}`;
for (let i = 0; i < 300; i++) {
	try { if ((await fetch(`${base}/health`)).ok) break; } catch { /* not yet */ }
	await new Promise((r) => setTimeout(r, 100));
}
function cpu() {        // of the supervisor and its children, in seconds
	let ticks = 0;
	for (const pid of readdirSync('/proc').filter((x) => /^\d+$/.test(x))) {
		let stat;
		try { stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' '); } catch { continue; }
		if (+pid === server.pid || +stat[1] === server.pid) ticks += +stat[11] + +stat[12];
	}
	return ticks / 100;
}
let wall = 0, used = 0;
async function step(name, run) {
	const from = performance.now(), before = cpu();
	const got = await run();
	const seconds = (performance.now() - from) / 1000, spent = cpu() - before;
	wall += seconds;
	used += spent;
	console.log(`${name.padEnd(44)} ${seconds.toFixed(2).padStart(7)} s   CPU ${spent.toFixed(2).padStart(6)} s`);
	return got;
}
// A large round is worked out as a job; `other` turns pages meanwhile, on the same workers.
const waits = [];
async function propose(client, link, form, other) {
	const got = await client.form(`${link}/propose`, form);
	same(got.status, 303, got.text.slice(0, 500));
	for (let job = null; got.location.startsWith('/jobs/'); ) {
		job = (await client.json(got.location)).json.job;
		if (!job.open) { check(job.page === link, JSON.stringify(job)); break; }
		const from = performance.now();
		await other.get('/r/need');
		waits.push(performance.now() - from);
		await new Promise((r) => setTimeout(r, 100));
	}
}
try {
	const officer = await new Client(base).signIn('officer'), other = await new Client(base).signIn('officer2');
	const id = (await officer.json(`/r/review_round?q=${encodeURIComponent('批量轮次')}`)).json.list.rows[0].id, link = `/assignment/expert_draw/${id}`;
	await step('open the page', () => officer.get(link));
	await step('propose', () => propose(officer, link, { change: 'none' }, other));
	const page = (await step('look at it', () => officer.json(link))).json;
	console.log(JSON.stringify({ ...page.figures, reasons: undefined, excluded: page.excluded }));
	check(page.proposal.answered, `no assignment: ${JSON.stringify(page.why).slice(0, 2000)}`);
	await officer.get(link);
	await step('what if: forbid the first pair', () => propose(officer, link, { change: 'forbid', item: 'A1', person: page.items[0].experts[0].id, reason: '试改' }, other));
	waits.sort((a, b) => a - b);
	console.log(`a list of somebody else meanwhile: ${waits.length} times, ${waits[waits.length >> 1]?.toFixed(0)} ms in the middle, ${waits.at(-1)?.toFixed(0)} ms at most`);
	const after = (await other.json(link)).json;
	await other.get(link);
	await step('publish', async () => {
		const got = await other.form(`${link}/publish`, { commitment: after.proposal.commitment });
		// On a busy machine the answer may not come in time: what was asked goes on, and shows when it is done.
		check([303, 503].includes(got.status), `published: ${got.text.match(/error-summary[\s\S]{0,800}/)?.[0]}`);
		for (let i = 0; got.status === 503 && i < 600 && sql('SELECT MAX(published_ms) FROM proposal') === '0'; i++) await new Promise((r) => setTimeout(r, 200));
	});
	console.log(`from the first click to published, one change on the way: ${wall.toFixed(2)} s, CPU ${used.toFixed(2)} s`);
	await step('the page afterwards, with late conflicts', () => officer.json(link));
	console.log(`reviews ${sql(`SELECT COUNT(*) FROM r_application_review WHERE f_round = (SELECT id FROM r_review_round WHERE f_name = '批量轮次')`)}, mails ${sql(`SELECT COUNT(*) FROM mail WHERE type = 'application_review'`)}`);
	for (const path of ['/r/application?state=in_review', '/r/application_review', '/todo'])
		await step(`officer: ${path}`, () => officer.get(path));
} finally {
	server.kill('SIGTERM');
	if (server.exitCode === null) await new Promise((r) => server.once('exit', r));
}
process.exit();

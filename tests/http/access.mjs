// Every route for every role: the reviewed table tests/http/access-matrix.tsv says what each answers, for records in several states and
// people in several relations to them. UPDATE=1 writes the table anew: read its difference line by line against region/**/*.lc.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, advance, binary, check, draftChallenge, end, full, local, makeBid, needValues, pdf, people, publishChallenge, root, same, startServer, test, until } from './kit.mjs';

const table = join(root, 'tests/http/access-matrix.tsv');
const columns = ['visitor', 'enterprise', 'enterprise2', 'university1', 'university2', 'expert1', 'expert2', 'incubator', 'lab', 'prefecture', 'officer', 'chief', 'supervisor',
	'department', 'force', 'finance', 'instrument', 'unit', 'sysadmin', 'secadmin', 'auditor'];
const server = await startServer();
const who = { ...await people(server.base, [...columns.slice(1), 'officer2', 'expert3']), visitor: new Client(server.base) };
await who.visitor.get('/signin');

/* ---- records in several states ---- */

const id = { missing: '0000000000002' };
async function first(login, path) { return (await who[login].json(path)).json.list.rows[0].id; }

await test('the records of the table are made', async () => {
	const review = await draftChallenge(who, '矩阵：评审中');
	id['challenge.reviewing'] = review.challenge;
	id['need.accepted'] = review.need;
	await publishChallenge(who, review.challenge, local(600));
	id['bid.opened'] = await makeBid(who.university1, review.challenge, { title: '矩阵方案一' });
	const second = await makeBid(who.university2, review.challenge, { title: '矩阵方案二' });
	await who.university1.move('bid', id['bid.opened'], 'file');
	await who.university2.move('bid', second, 'file');
	await advance(who.officer, 1);
	await until('the challenge closes', async () => (await who.officer.json(`/r/challenge/${review.challenge}`)).json.state.name === 'closed');
	await who.officer.move('challenge', review.challenge, 'first_open');
	await who.officer2.move('challenge', review.challenge, 'second_open');
	const experts = (await who.officer.json(`/r/person?q=${encodeURIComponent('评审专家')}&limit=100`)).json.list.rows;
	check(experts.length === 3, `three experts are wanted: ${experts.length}`);
	await who.officer.change('challenge', review.challenge, { panel: experts.map((e) => ({ expert: e.id })) });
	await who.officer.move('challenge', review.challenge, 'assign');
	const mine = (await who.expert1.json('/r/review')).json.list.rows;
	same(mine.length, 2, 'reviews of one expert');
	id['review.assigned'] = mine[0].id;
	id['review.submitted'] = mine[1].id;
	await who.expert1.change('review', mine[1].id, { s_route: 80, s_target: 80, s_team: 80, s_feasible: 80, s_price: 80, advice: 'support', comment: '同意', pledge: true });
	await who.expert1.move('review', mine[1].id, 'submit');

	id['need.draft'] = (await who.enterprise.make('need', needValues('矩阵：草稿'))).id;
	id['need.filed'] = (await who.enterprise.make('need', needValues('矩阵：待受理'))).id;
	await who.enterprise.move('need', id['need.filed'], 'file');
	id['challenge.draft'] = (await draftChallenge(who, '矩阵：起草')).challenge;
	id['challenge.pending'] = (await draftChallenge(who, '矩阵：待审定')).challenge;
	await who.officer.change('challenge', id['challenge.pending'], { bounty: '300万元', fiscal: '100万元', own: '200万元', months: '24', deadline: local(5 * 1440) });
	await who.officer.move('challenge', id['challenge.pending'], 'submit');
	id['challenge.published'] = (await draftChallenge(who, '矩阵：揭榜中')).challenge;
	await publishChallenge(who, id['challenge.published'], local(5 * 1440));
	id['bid.draft'] = await makeBid(who.university1, id['challenge.published'], { title: '矩阵方案草稿' });
	id['bid.filed'] = await makeBid(who.university2, id['challenge.published'], { title: '矩阵方案密封' });
	await who.university2.move('bid', id['bid.filed'], 'file');
	same((await who.enterprise.form(`/r/need/${id['need.filed']}/recall`)).status, 303, 'recall');
	await who.enterprise.form(`/r/need/${id['need.filed']}/edit`, { material: pdf('x') });
	id['file.need'] = (await who.enterprise.get(`/r/need/${id['need.filed']}`)).text.match(/\/file\/([0-9a-z]{13})/)[1];
	await who.enterprise.move('need', id['need.filed'], 'file');
	id['file.bid'] = (await who.university2.get(`/r/bid/${id['bid.filed']}`)).text.match(/\/file\/([0-9a-z]{13})/)[1];
	id['receipt.bid'] = (await who.university2.json(`/r/bid/${id['bid.filed']}`)).json.receipts[0].number;
	id['objection.draft'] = (await who.enterprise2.make('objection', { challenge: id['challenge.reviewing'], title: '矩阵异议', facts: '事实', person_name: '演示', phone: '0871-60000000' })).id;
	id['org.active'] = await first('enterprise', '/r/org?state=active&limit=1');
	id['person.expert1'] = await first('officer', `/r/person?q=${encodeURIComponent('评审专家 演示员一')}`);
	for (const s of ['draft', 'filed', 'refused']) id[`application.${s}`] = await first('lab', `/r/application?state=${s}&limit=1`);
	id['review_round.forming'] = await first('officer', '/r/review_round?state=forming&limit=1');
	id['incubator.running'] = await first('incubator', '/r/incubator?state=running&limit=1');
	id['tenant.incubating'] = (await who.incubator.make('tenant', { incubator: id['incubator.running'], name: '矩阵企业', founded: '2024-01-01', entered: '2024-06-01' })).id;
	id['lab.running'] = await first('lab', `/r/lab?state=running&limit=1&q=${encodeURIComponent('高原材料')}`);
	id['account.officer'] = (await who.sysadmin.json('/accounts?q=officer')).json.accounts.find((x) => x.login === 'officer2').id;
});

await test('the outbox tells nobody who the experts are, but those who see the panel', async () => {
	const notices = async (login) => (await who[login].json('/outbox')).json.mail.filter((m) => m.to.startsWith('expert')).length;
	check(await notices('officer') >= 3, 'the officer does not see the notices to the experts');
	same((await who.prefecture.json(`/r/challenge/${id['challenge.reviewing']}`)).status, 200, 'the prefecture sees the challenge');
	same(await notices('prefecture'), 0, 'notices to experts that the prefecture sees');
});

/* ---- what is asked ---- */

// No number, date or record reads like this: refused, but only to those who may make one.
const bad = { values: { months: '?', price: '?', founded: '?', challenge: '?', bounty: '?', area: '?' } }, stale = { rev: 999999, values: {} };
const rows = [];
const get = (path) => rows.push({ method: 'GET', path });
const post = (path, body, as = 'api') => rows.push({ method: 'POST', path, body, as });
const caseTypes = ['need', 'challenge', 'bid', 'review', 'agreement', 'milestone', 'objection'];
// A quick run leaves some of the registers to the full one.
const otherTypes = full || process.env.UPDATE ? ['org', 'person', 'incubator', 'incubator_return', 'tenant', 'makerspace', 'lab', 'station', 'nothing'] : ['org', 'tenant', 'nothing'];
for (const path of ['/', '/todo', '/mail', '/signin', '/account', '/about', '/admin', '/outbox', '/health', '/api/openapi.json', '/indicators', '/indicator/{indicator}', '/indicator/nothing',
	'/letter', '/accounts', '/accounts/{account.officer}', '/accounts/nothing', '/audit', '/matrix/chain', '/matrix/nothing', '/matrix/chain/bases/al', '/matrix/chain/bases/nothing', '/matrix/chain/export?format=pdf', '/types/bid', '/types/review',
	'/bulk/nothing', '/bulk/nothing/export', '/cockpit', '/cockpit/need', '/cockpit/nothing', '/cockpit/need/funnel', '/scoring', '/scoring/nothing/x', '/scoring/bids/{challenge.reviewing}', '/scoring/bids/{challenge.reviewing}/chart', '/scoring/bids/{challenge.reviewing}/export', '/r/application/verdicts', '/r/lab/verdicts', '/r/need/verdicts', '/similar/content/nothing', '/types/nothing', '/types/review/diagram', '/nothing']) get(path);
// Every other type of the region: its list and its form.
const named = new Set([...caseTypes, ...otherTypes]);
const declared = execFileSync('grep', ['-rohE', '^type [a-z0-9_]+', join(root, 'region/base'), join(root, 'region/yunnan')]).toString().split('\n').filter(Boolean).map((l) => l.split(' ')[1]).sort();
for (const t of declared.filter((x) => !named.has(x))) for (const end of full || process.env.UPDATE ? ['', '/new'] : ['']) get(`/r/${t}${end}`);
for (const t of [...caseTypes, ...otherTypes]) for (const end of ['', '/new', '/export?format=csv', '/import', '/import-template', '/fill']) get(`/r/${t}${end}`);
for (const r of ['need.draft', 'need.filed', 'need.accepted', 'challenge.draft', 'challenge.pending', 'challenge.published', 'challenge.reviewing', 'bid.draft', 'bid.filed', 'bid.opened',
	'review.assigned', 'review.submitted', 'objection.draft', 'org.active', 'person.expert1', 'tenant.incubating', 'incubator.running', 'lab.running']) {
	const [t] = r.split('.');
	get(`/r/${t}/{${r}}`);
	get(`/r/${t}/{${r}}/edit`);
	post(`/r/${t}/{${r}}/edit`, stale);
	post(`/r/${t}/{${r}}/delete`, { rev: 999999, never: 'a draft would go: see below' });
}
for (const [r, ...moves] of [['need.draft', 'file'], ['need.filed', 'accept', 'return', 'decline', 'recall'], ['need.accepted', 'accept'], ['challenge.draft', 'submit'],
	['challenge.pending', 'publish', 'send_back', 'withdraw'], ['challenge.published', 'close', 'withdraw'], ['challenge.reviewing', 'propose', 'none_fits'], ['bid.draft', 'file'],
	['bid.filed', 'withdraw', 'open', 'void'], ['bid.opened', 'nominate'], ['review.assigned', 'submit', 'decline', 'replace'], ['review.submitted', 'return'], ['objection.draft', 'file'],
	['org.active', 'retire'], ['person.expert1', 'retire'], ['tenant.incubating', 'graduate', 'leave'], ['incubator.running', 'warn', 'revoke'], ['missing', 'file']]) {
	const t = r === 'missing' ? 'need' : r.split('.')[0];
	for (const m of moves) get(`/r/${t}/{${r}}/${m}`);
}
for (const r of ['need.filed', 'bid.filed', 'incubator.running']) get(`/r/${r.split('.')[0]}/{${r}}.pdf`);
for (const f of ['file.need', 'file.bid', 'missing']) get(`/file/{${f}}`);
for (const path of ['/receipt', '/receipt/{receipt.bid}', '/receipt/{receipt.bid}.pdf', '/receipt/{receipt.bid}/file', '/receipt/nothing', '/receipt/nothing/file',
	'/feeds', '/r/challenge/feed', '/r/review/feed', '/calendar/nothing', '/dossier/nothing', '/dossier/nothing/zip', '/r/need/{need.filed}/dossier', '/r/need/{need.filed}/dossier.zip',
	'/r/need/{missing}/dossier']) get(path);
// Without the reason or the field that they ask for, these moves are refused after every right was judged: 422 is "may".
for (const [r, ...moves] of [['need.filed', 'return', 'decline'], ['challenge.pending', 'send_back', 'withdraw'], ['challenge.published', 'withdraw'], ['challenge.reviewing', 'none_fits'],
	['review.assigned', 'decline', 'replace'], ['review.submitted', 'return'], ['org.active', 'retire'], ['person.expert1', 'retire'], ['incubator.running', 'warn'],
	['tenant.incubating', 'graduate']]) for (const m of moves) post(`/r/${r.split('.')[0]}/{${r}}/${m}`, {});
// These belong to the system alone.
for (const [r, m] of [['bid.filed', 'open'], ['bid.filed', 'void'], ['challenge.published', 'close'], ['need.draft', 'nothing']]) post(`/r/${r.split('.')[0]}/{${r}}/${m}`, {});
for (const t of ['need', 'challenge', 'bid', 'review', 'objection', 'agreement', 'org', 'person', 'tenant', 'incubator', 'lab', 'nothing']) {
	post(`/r/${t}/new`, bad);
	post(`/r/${t}/autosave`, { values: {} });
	post(`/r/${t}/discard`, {});
	post(`/r/${t}/import`, {}, 'form');
	post(`/r/${t}/import/apply`, { token: 'none' }, 'form');
}
for (const r of ['need.draft', 'need.filed', 'bid.draft', 'bid.filed', 'review.assigned', 'missing']) {
	const t = r === 'missing' ? 'need' : r.split('.')[0];
	post(`/r/${t}/{${r}}/autosave`, { values: {} });
	post(`/r/${t}/{${r}}/discard`, {});
}
for (const r of ['application.draft', 'application.filed', 'application.refused']) {
	get(`/r/application/{${r}}`);
	get(`/r/application/{${r}}/edit`);
	post(`/r/application/{${r}}/edit`, stale);
}
post('/r/application/{application.filed}/check', stale);
post('/r/application/{application.refused}/copy', {});        // a draft of their own for those who may: nothing else lists it later
for (const r of ['need.filed', 'missing']) post(`/r/need/{${r}}/copy`, {});
post('/bulk/nothing', {});
for (const t of ['application', 'need', 'nothing']) post(`/r/${t}/verdicts`, { records: [] });
post('/r/application/verdicts/autosave', {}, 'form');
for (const path of ['/jobs', '/jobs/nothing', '/jobs/nothing/file']) get(path);
post('/jobs/nothing/cancel', {});
for (const t of ['need', 'bid', 'review', 'nothing']) post(`/r/${t}/export?format=nothing`, {});
for (const t of ['need', 'bid', 'nothing']) post(`/r/${t}/pdfs?q=nothing-has-this-title`, {});
for (const r of ['need.filed', 'bid.filed', 'missing']) post(`/r/${r === 'missing' ? 'need' : r.split('.')[0]}/{${r}}/dossier/job`, {});
for (const [t, move] of [['need', 'accept'], ['bid', 'file'], ['review', 'submit'], ['nothing', 'file']]) post(`/r/${t}/bulk`, { move, ids: [] });
for (const path of ['', '/experts', '/file/pairs.csv', '/file/nothing']) get(`/assignment/expert_draw/{review_round.forming}${path}`);
get('/assignment/nothing/{review_round.forming}');
post('/assignment/expert_draw/{review_round.forming}/propose', { change: 'load', person: '?' }, 'form');
post('/assignment/expert_draw/{review_round.forming}/publish', { commitment: '-' }, 'form');
post('/signin', { login: 'nobody', password: 'wrong' }, 'form');
post('/account/password', { old: 'wrong', new: 'x', repeat: 'y' }, 'form');
post('/account/token', { name: '' }, 'form');
post('/account/revoke', { name: 'no such token' }, 'form');
post('/admin/clock', { days: '0' }, 'form');
post('/accounts', { login: 'A B' }, 'form');
post('/accounts/{account.officer}/state', { state: 'active' }, 'form');
post('/accounts/nothing/password', {}, 'form');
post('/accounts/nothing/roles', {}, 'form');
post('/receipt', {}, 'form');
post('/feeds/calendar', {}, 'form');
post('/feeds/calendar/revoke', { hash: 'none' }, 'form');
for (const r of ['need.filed', 'bid.filed', 'missing']) {
	const t = r === 'bid.filed' ? 'bid' : 'need';
	post(`/r/${t}/{${r}}/dossier`, { name: '', days: '7' }, 'form');
	post(`/r/${t}/{${r}}/dossier/revoke`, { hash: 'none' }, 'form');
}
post('/letter', { text: '2025年共有3家企业。' }, 'form');
post('/signout', {}, 'form');   // the last: afterwards nobody is signed in

// Deleting a draft would take it away: its own people are asked only in the test below.
const spared = (row, login) => row.path.endsWith('/delete') && ((row.path.includes('need.draft') && login === 'enterprise') || (row.path.includes('bid.draft') && login === 'university1')
	|| (row.path.includes('objection.draft') && login === 'enterprise2') || (row.path.includes('challenge.draft') && login === 'officer'));
id.indicator = execFileSync('grep', ['-ohE', '^indicator [a-z0-9_]+', join(root, 'region/yunnan/indicators.lc')]).toString().split('\n')[0].split(' ')[1];
const real = (path) => path.replace(/\{([^}]+)\}/g, (all, name) => {
	check(id[name], `no record ${name}`);
	return id[name];
});
const mask = (text) => text.replace(/name="_csrf" value="[^"]*"/g, 'CSRF').replace(/name="_key" value="[^"]*"/g, 'KEY').replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, 'AT');

async function ask(row, login) {
	const path = real(row.path), c = who[login];
	const got = row.method === 'GET' ? await c.get(path) : row.as === 'form' ? await c.form(path, row.body) : await c.api(path, row.body);
	check(got.status < 500, `${got.status} for ${login} at ${row.method} ${row.path}: ${got.text.slice(0, 300)}`);
	let cell = String(got.status);
	if (got.status === 303) cell += got.location.startsWith('/signin') ? '>signin' : '';
	const list = /^\/r\/([a-z_]+)$/.exec(row.path);
	if (list && row.method === 'GET' && got.status === 200 && caseTypes.includes(list[1])) cell += `/${(await c.json(path)).json.list.count}`;
	return { cell, text: got.text };
}

const found = new Map();        // "METHOD path" → cells
const hidden = [];
await test('every route answers every role', async () => {
	for (const row of rows) {
		const cells = await Promise.all(columns.map(async (login) => {
			if (spared(row, login)) return 'own';
			const got = await ask(row, login);
			if (got.cell === '404') hidden.push({ row, login, text: got.text });
			return got.cell;
		}));
		found.set(`${row.method} ${row.path}`, cells);
	}
});

const head = `# What each route answers to each of these people, for records in several states. Reviewed by hand; tests/http/access.mjs compares.
# 200/N: a list of N records.  303: done, go on.  303>signin: sent to sign in.  401: sign in first.  403: seen, but not theirs to do.
# 404: hidden, or missing: the same bytes.  409: theirs to see, but stale, guarded, or not in this state.  413: too large.
# 422: theirs to do, but what was sent is refused (on purpose: nothing is changed).  429: too often.  own: the one who may delete it.
# enterprise: demander of all needs and challenges; enterprise2: another firm, author of the objection; university1: bids draft and opened;
# university2: bid filed, rival in the opened one; expert1: has the reviews; expert2: on the same panel; lab: of university1's organisation.
`;
await test('the answers are those of the reviewed table', () => {
	const lines = [['route', ...columns].join('\t'), ...[...found].map(([k, cells]) => [k, ...cells].join('\t'))];
	if (process.env.UPDATE) writeFileSync(table, `${head}${lines.join('\n')}\n`);
	const [names, ...reviewed] = readFileSync(table, 'utf8').trimEnd().split('\n').filter((l) => !l.startsWith('#')).map((l) => l.split('\t'));
	same(names.slice(1).join(), columns.join(), 'the people of the table');
	const wrong = [], known = new Set(reviewed.map((r) => r[0]));
	for (const [route, ...cells] of reviewed) {
		if (!found.has(route)) full && wrong.push(`${route} stands in the table, but is not asked`);
		else columns.forEach((login, i) => { if (found.get(route)[i] !== cells[i]) wrong.push(`${route}: ${login} gets ${found.get(route)[i]} instead of ${cells[i]}`); });
	}
	for (const route of found.keys()) if (!known.has(route)) wrong.push(`${route} is not in the table`);
	check(!wrong.length, `${wrong.length} deviations:\n  ${wrong.slice(0, 25).join('\n  ')}`);
});

await test('no route and no role is left out', () => {
	const routes = execFileSync(binary, ['routes']).toString().split('\n').map((l) => l.trim().split(/\s+/)).filter((l) => /^(GET|POST)$/.test(l[0]));
	check(routes.length > 30, 'the list of routes is short');
	const fits = (pattern, path) => {
		const a = pattern.split('/'), b = path.split('?')[0].split('/');
		return a.length === b.length && a.every((w, i) => w.startsWith(':') || w === b[i]);
	};
	// The most literal route takes the request, as in the router.
	const literal = (p) => p.split('/').filter((w) => !w.startsWith(':')).length;
	const asked = new Set(rows.map((row) => routes.filter(([m, p]) => m === row.method && fits(p, row.path)).sort((a, b) => literal(b[1]) - literal(a[1]))[0]?.join(' ')));
	const missing = routes.filter((r) => !asked.has(r.join(' '))).map((r) => `${r[0]} ${r[1]}`);
	check(asked.size > 30, 'few routes are asked');
	check(!missing.length, `routes without a row in the table: ${missing.join(', ')}`);
	const roles = [...readFileSync(join(root, 'region/base/roles.lc'), 'utf8').matchAll(/^role (\w+)/gm)].map((m) => m[1]);
	const demo = readFileSync(join(root, 'region/yunnan/demo.lc'), 'utf8');
	const held = columns.slice(1).flatMap((login) => new RegExp(`^account ${login} .*?\\{ role ([\\w, ]+);`, 'm').exec(demo)[1].split(/, */));
	for (const role of roles) check(held.includes(role), `nobody of the table holds the role ${role}`);
	same(roles.length, 17, 'the roles');
});

await test('a hidden record answers with the bytes of a missing one', async () => {
	const wrong = [];
	let compared = 0;
	const fresh = await people(server.base, ['enterprise2', 'university1', 'expert2', 'auditor', 'officer', 'prefecture']);
	Object.assign(who, fresh);
	for (const { row, login, text } of hidden.filter((_, i) => full || i % 4 === 0)) {
		const name = /\{([^}]+)\}/.exec(row.path);
		if (!name || name[1] === 'missing' || name[1] === 'indicator' || !fresh[login]) continue;
		const path = row.path.replace(name[0], '0000000000001');
		const got = row.method === 'GET' ? await fresh[login].get(path) : await fresh[login][row.as](path, row.body);
		const plain = (t, i) => mask(t).replaceAll(i, 'ID');
		compared++;
		if (plain(got.text, '0000000000001') !== plain(text, id[name[1]])) wrong.push(`${login} at ${row.method} ${row.path}`);
	}
	check(compared > 80, `only ${compared} were compared`);
	check(!wrong.length, `${wrong.length} differ: ${wrong.slice(0, 8).join('; ')}`);
});

/* ---- doors that no role opens ---- */

await test('a change without the secret of the session, or from another site, is refused', async () => {
	for (const row of rows.filter((r) => r.method === 'POST' && !r.path.startsWith('/signin') && !r.path.startsWith('/accounts'))) {        // accounts: a page missing to the officer
		const none = await who.officer.send('POST', real(row.path), { body: new URLSearchParams({ days: '0' }) });
		same(none.status, 403, `${row.path} without the secret`);
		if (row.path.includes('{') || row.path.includes('/nothing/')) continue;
		for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'http://elsewhere.example' }, { origin: 'null' }])
			same((await who.officer.form(real(row.path), {}, headers)).status, 403, `${row.path} with ${JSON.stringify(headers)}`);
	}
	const other = await who.officer.form('/admin/clock', { _csrf: who.university1.csrf, days: '0' });
	same(other.status, 403, 'with the secret of another session');
	const visitor = new Client(server.base);
	same((await visitor.form('/signin', { login: 'officer', password: 'demo-2026' })).status, 403, 'signing in without the visit\'s secret');
	same((await who.officer.form('/admin/clock', { minutes: '1' }, { origin: server.base, 'sec-fetch-site': 'same-origin' })).status, 303, 'the same from this site');
});

await test('the wrong method is told, with the right one', async () => {
	for (const path of ['/signout', '/account/password', '/account/token', '/account/revoke', '/admin/clock', '/r/need/import/apply']) {
		if (path.startsWith('/r/')) continue;
		const got = await who.officer.get(path);
		same(got.status, 405, `GET ${path}`);
		same(got.headers.get('allow'), 'POST', `Allow of ${path}`);
	}
	for (const path of ['/about', '/todo', '/r/need', '/r/need/fill', `/r/need/${id['need.filed']}`, '/indicators', '/api/openapi.json']) {
		const got = await who.officer.api(path, {});
		same(got.status, 405, `POST ${path}`);
		same(got.headers.get('allow'), 'GET, HEAD', `Allow of ${path}`);
	}
	for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
		const got = await who.officer.send(method, '/about');
		same(got.status, 405, `${method} /about`);
		check(/GET/.test(got.headers.get('allow') || ''), `Allow after ${method}: ${got.headers.get('allow')}`);
	}
});

await test('tokens do what their scope says and no more', async () => {
	const read = await who.university1.makeToken('read', 'lesen'), write = await who.university1.makeToken('write', 'schreiben');
	same((await read.json('/r/bid')).json.list.count, (await who.university1.json('/r/bid')).json.list.count, 'bids by token');
	same((await read.json(`/r/bid/${id['bid.filed']}`)).status, 404, 'a rival\'s bid by token');
	for (const path of ['/r/bid/new', '/r/need/new', `/r/bid/${id['bid.draft']}/edit`, `/r/bid/${id['bid.draft']}/file`, `/r/bid/${id['bid.draft']}/delete`])
		same((await read.api(path, { values: {} })).status, 403, `reading token writes ${path}`);
	for (const path of ['/', '/account', '/mail?x', '/r/bid/new']) {
		const got = await write.json(path);
		same(got.status, path.startsWith('/mail') ? 200 : 403, `token at ${path}`);
	}
	for (const path of ['/account/token', '/account/password', '/account/revoke', '/signout', '/admin/clock', '/r/bid/autosave'])
		same((await write.api(path, {})).status, 403, `writing token at ${path}`);
	same((await write.api(`/r/bid/${id['bid.draft']}/edit`, { values: { leader: '令牌' } })).status, 200, 'writing token saves');
	same((await new Client(server.base, { token: 'x'.repeat(40) }).json('/todo')).status, 401, 'an unknown token');
	same((await new Client(server.base, { headers: { authorization: 'Bearer ' } }).json('/todo')).status, 401, 'an empty token');
	const both = new Client(server.base, { headers: { authorization: 'Bearer nonsense' } });
	both.jar = who.university1.jar;
	same((await both.json('/todo')).status, 401, 'a bad token beside a good cookie');
	same((await who.university1.form('/account/revoke', { name: 'schreiben' })).status, 303, 'revoking');
	same((await write.json('/r/bid')).status, 401, 'a revoked token');
	same((await read.json('/r/bid')).status, 200, 'the other token');
	same((await who.university1.get('/account')).text.includes(read.token), false, 'the account page shows a token again');
	const rival = await who.enterprise2.form('/account/revoke', { name: 'lesen' });
	check(rival.status < 500 && (await read.json('/r/bid')).status === 200, 'somebody else revoked the token');
});

await test('a closed session is nobody, and so is a made-up one', async () => {
	const c = await new Client(server.base).signIn('enterprise'), old = new Map(c.jar);
	same((await c.form('/signout')).status, 303, 'signing out');
	c.jar = old;
	same((await c.json('/todo')).status, 401, 'the closed session');
	same((await c.json(`/r/need/${id['need.draft']}`)).status, 404, 'a draft with the closed session');
	for (const session of ['', 'x', '0'.repeat(64), "' OR 1=1 --"]) {
		const made = new Client(server.base, { headers: { cookie: `lc_session=${session}` } });
		same((await made.json('/todo')).status, 401, `the session ${session}`);
	}
});

await test('a new password ends the other sessions, and the old one no longer opens', async () => {
	const a = await new Client(server.base).signIn('secadmin'), b = await new Client(server.base).signIn('secadmin');
	same((await a.form('/account/password', { old: 'demo-2026', new: 'secret-2027-x', repeat: 'secret-2027-x' })).status, 303, 'changing');
	same((await b.json('/todo')).status, 401, 'the other session');
	same((await a.json('/todo')).status, 200, 'this session');
	const c = new Client(server.base);
	await c.get('/signin');
	same((await c.form('/signin', { login: 'secadmin', password: 'demo-2026' })).status, 422, 'the old password');
});

await test('a draft is deleted by its own people only, once', async () => {
	const other = await people(server.base, ['enterprise', 'enterprise2', 'chief']);
	for (const login of ['enterprise2', 'chief']) same((await other[login].api(`/r/need/${id['need.draft']}/delete`, {})).status, 404, `${login} deletes it`);
	same((await other.enterprise.api(`/r/need/${id['need.draft']}/delete`, {})).status, 200, 'its own people delete it');
	same((await other.enterprise.api(`/r/need/${id['need.draft']}/delete`, {})).status, 404, 'again');
});

await server.stop();
end();

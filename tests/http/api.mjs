// The program interface: every page also as JSON, the OpenAPI document, records made and moved by token, replays, conflicts, limits,
// lists walked by their links, and what filters must not tell. And what every reply carries: cookies, headers, language.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, check, draftChallenge, end, full, local, needValues, pdf, people, publishChallenge, root, same, startServer, test } from './kit.mjs';

const { Validator } = await import(pathToFileURL(join(root, 'tests/browser/node_modules/@seriousme/openapi-schema-validator/index.js')));
const server = await startServer();
const who = { ...await people(server.base, ['enterprise', 'enterprise2', 'university1', 'officer', 'chief', 'incubator', 'expert1']), visitor: new Client(server.base) };
await who.visitor.get('/signin');
const token = await who.enterprise.makeToken('write', '接口'), officerToken = await who.officer.makeToken('write', '处室');

/* ---- JSON of every page ---- */

await test('every page is JSON too, by Accept and by .json, with the same content', async () => {
	const need = (await who.enterprise.make('need', needValues('接口检验'))).id;
	const pages = [['officer', ['/', '/todo', '/mail', '/account', '/about', '/admin', '/outbox', '/indicators', '/indicator/lab_national', '/letter', '/r/challenge', '/r/challenge?sort=title', '/r/org',
		'/r/challenge/new']], ['enterprise', [`/r/need/${need}`, `/r/need/${need}/edit`, `/r/need/${need}/file`, '/r/need/new', '/r/need/import']], ['visitor', ['/', '/signin', '/r/challenge', '/about']]];
	for (const [login, paths] of pages) for (const path of paths) {
		const [plain, query] = path.split('?');
		const html = await who[login].get(path), json = await who[login].json(path);
		const named = await who[login].send('GET', `${plain === '/' ? '/index' : plain}.json${query ? `?${query}` : ''}`);
		same(html.status, 200, `${login} ${path}`);
		check(html.headers.get('content-type').startsWith('text/html'), `${path} is not HTML`);
		same(json.status, 200, `${login} ${path} as JSON`);
		check(json.json && typeof json.json === 'object', `${path} is no JSON`);
		check(json.json.synthetic === true, `${path} does not say that the data is made up`);
		check(!('csrf' in json.json), `${path} gives the secret as JSON`);
		if (plain === '/') continue;
		same(named.status, 200, `${login} ${path} as .json`);
		same(named.text.replace(/\d\d:\d\d:\d\d/g, ''), json.text.replace(/\d\d:\d\d:\d\d/g, ''), `${path} by Accept and by name`);
	}
	for (const [path, status] of [['/todo', 401], ['/nothing', 404], ['/r/need', 404], ['/r/challenge?nothing=1', 400], ['/signout', 405]]) {
		const got = await who.visitor.json(path);
		same(got.status, status, `a visitor at ${path}`);
		const e = got.json.error[0];
		check(e.code && /[\u4e00-\u9fff]/.test(e.message_zh) && /^[\x20-\x7e“”‘’…]+$/.test(e.message_en), `the error of ${path} is not in both languages: ${got.text}`);
	}
});

await test('the OpenAPI document is valid and tells each what is theirs', async () => {
	for (const login of ['visitor', 'officer', 'incubator']) {
		const got = await who[login].get('/api/openapi.json');
		same(got.status, 200, login);
		const result = await new Validator().validate(got.json);
		check(result.valid, `for ${login}: ${JSON.stringify(result.errors ?? '').slice(0, 1500)}`);
		same(got.json.openapi, '3.1.0', 'its version');
		const ids = Object.values(got.json.paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
		same(new Set(ids).size, ids.length, 'operation ids are unique');
		same('need' in got.json.components.schemas, login === 'officer', `needs in the document of ${login}`);
	}
	const doc = (await who.officer.get('/api/openapi.json')).json;
	for (const path of ['/r/{type}', '/r/{type}/{id}', '/r/{type}/new', '/r/{type}/{id}/edit', '/r/{type}/{id}/{move}', '/todo', '/letter']) check(doc.paths[path], `${path} is missing`);
	check(!doc.paths['/account'], 'a page without token scope is in the document');
});

/* ---- records by token ---- */

await test('made, saved and moved by token; the one who reads it gets what was written', async () => {
	const made = await token.make('need', needValues('令牌需求'));
	same(made.state, 'draft', 'the state');
	const read = (await token.json(`/r/need/${made.id}`)).json;
	same(read.values.title, '令牌需求', 'the title');
	same(read.values.money, 200000000, 'money in fen');
	same(read.values.months, 24, 'a number');
	same(read.values.consent, true, 'a yes');
	same(read.values.target[0].name, '平均晶粒', 'a row');
	same(read.rev, made.rev, 'the revision');
	const saved = await token.api(`/r/need/${made.id}/edit`, { rev: made.rev, values: { months: 30, target: [...read.values.target, { name: '密度', goal: 99.5, now: 90 }] } });
	same(saved.status, 200, saved.text);
	same(saved.json.rev, made.rev + 1, 'the next revision');
	const moved = await token.move('need', made.id, 'file', { rev: saved.json.rev });
	same(moved.state, 'filed', 'after filing');
	check(/^XQ\d{4}-\d{4}$/.test(moved.number), `its number: ${moved.number}`);
	const seen = (await officerToken.json(`/r/need/${made.id}`)).json;
	same(seen.values.months, 30, 'the change');
	same(seen.values.target.length, 2, 'the rows');
	check(seen.moves.some((m) => m.name === 'accept'), 'the officer is not offered to accept');
	same((await officerToken.json('/r/challenge')).status, 200, 'lists by token');
});

await test('a replay with the same Idempotency-Key acts once and answers the same', async () => {
	const count = async () => (await token.json('/r/need')).json.list.count;
	const before = await count(), key = { 'idempotency-key': 'einmal-1' }, body = { values: needValues('只建一次') };
	const [one, two] = [await token.api('/r/need/new', body, key), await token.api('/r/need/new', body, key)];
	same(one.status, 200, one.text);
	same(two.text, one.text, 'the second answer');
	const many = await Promise.all([1, 2, 3, 4, 5, 6].map(() => token.api('/r/need/new', body, { 'idempotency-key': 'einmal-2' })));
	same(new Set(many.map((m) => m.json.id)).size, 1, 'six at once');
	same(await count(), before + 2, 'needs made');
	const other = await token.api('/r/need/new', body, { 'idempotency-key': 'einmal-3' });
	check(other.json.id !== one.json.id, 'another key gave the old answer');
	const stranger = await who.enterprise2.api('/r/need/new', body, key);
	check(stranger.json.id !== one.json.id, 'somebody else got the answer of a key that was not theirs');
	const file = await token.api(`/r/need/${one.json.id}/file`, {}, { 'idempotency-key': 'k' }), again = await token.api(`/r/need/${one.json.id}/file`, {}, { 'idempotency-key': 'k' });
	same(again.text, file.text, 'a move replayed');
	same(file.status, 200, 'the move');
	same((await token.api(`/r/need/${one.json.id}/file`, {}, { 'idempotency-key': 'l' })).status, 409, 'the move with a new key');
	const form = who.enterprise, page = await form.get('/r/need/new'), formKey = /name="_key" value="([^"]+)"/.exec(page.text)[1];
	const values = { ...needValues('表单一次'), target: undefined, consent: '1' };
	delete values.target;
	const a = await form.form('/r/need/new', { ...values, _key: formKey }), b = await form.form('/r/need/new', { ...values, _key: formKey });
	same(a.status, 303, 'a form');
	same(b.location, a.location, 'a form sent twice');
});

await test('errors name the field, in both languages', async () => {
	const bad = await token.api('/r/need/new', { values: { ...needValues('错误'), months: 'abc', industry: '没有这个', money: '-' } });
	same(bad.status, 422, bad.text);
	for (const field of ['months', 'industry', 'money']) {
		const e = bad.json.error.find((x) => x.field === field);
		check(e && /[\u4e00-\u9fff]/.test(e.message_zh) && /[a-z]/.test(e.message_en), `no error at ${field}: ${bad.text}`);
	}
	const empty = await token.make('need', { title: '空' }), filed = await token.api(`/r/need/${empty.id}/file`, {});
	same(filed.status, 422, filed.text);
	const fields = filed.json.error.map((e) => e.field);
	for (const field of ['kind', 'problem', 'money', 'contact', 'phone', 'target']) check(fields.includes(field), `nothing about ${field}: ${fields}`);
	const row = await token.api('/r/need/new', { values: { ...needValues('行'), target: [{ name: 'x', goal: 'abc' }] } });
	check(row.json.error.some((e) => e.field === 'target.1.goal'), `the error of a row: ${row.text}`);
	const html = await who.enterprise.form('/r/need/new', { title: '页面', months: 'abc' });
	same(html.status, 422, 'the form comes back');
	check(html.text.includes('value="abc"') && html.text.includes('#f-months'), 'what was typed, and the link to the field');
});

await test('who saves what another has changed meanwhile is told, and nothing is lost', async () => {
	const made = await token.make('need', needValues('冲突'));
	same((await token.api(`/r/need/${made.id}/edit`, { rev: made.rev, values: { months: 10 } })).status, 200, 'the first');
	const late = await token.api(`/r/need/${made.id}/edit`, { rev: made.rev, values: { months: 11 } });
	same(late.status, 409, 'the second');
	same(late.json.error[0].code, 'record.changed', 'its code');
	same((await token.json(`/r/need/${made.id}`)).json.values.months, 10, 'what stands');
	same((await token.api(`/r/need/${made.id}/file`, { rev: made.rev })).status, 409, 'a move upon an old revision');
	const form = await who.enterprise.form(`/r/need/${made.id}/edit`, { _rev: String(made.rev), months: '11', title: '我的标题' });
	same(form.status, 409, 'the form');
	check(form.text.includes('我的标题'), 'what was typed does not come back');
	const ten = await Promise.all([...Array(10).keys()].map((i) => token.api(`/r/need/${made.id}/edit`, { rev: made.rev + 1, values: { months: 20 + i } })));
	same(ten.filter((t) => t.status === 200).length, 1, 'of ten at once on one revision');
	same(ten.filter((t) => t.status === 409).length, 9, 'the others');
});

await test('what is no JSON, or too much, is refused without harm', async () => {
	const raw = (body, type = 'application/json') => token.send('POST', '/r/need/new', { body, headers: { 'content-type': type, accept: 'application/json' } });
	for (const body of ['{', '{"values":', '[1,', '{"values":{"title":"x"}} trailing', '\u0000', '{"a":1,}', '['.repeat(5000), '{"values":{"title":"\\ud800"}}', 'nan'])
		check([400, 422].includes((await raw(body)).status), `${body.slice(0, 30)} is answered ${(await raw(body)).status}`);
	check([400, 422].includes((await raw(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))).status), 'bytes that are not UTF-8');
	for (const body of ['[]', '"x"', '5', 'null', '{"values":[]}', '{"values":"x"}', '{"values":{"target":"x","title":{"a":1}}}', '{"values":{"target":[5,null]}}'])
		check((await raw(body)).status < 500, `${body} is answered ${(await raw(body)).status}`);
	const huge = await raw(`{"values":{"title":"${'x'.repeat(5 << 20)}"}}`).catch((e) => ({ status: e.code }));
	check(huge.status === 413 || huge.status === 'ECONNRESET' || huge.status === 'EPIPE', `a huge body is answered ${huge.status}`);
	// Just below the limit, every door must hold: a worker that falls would answer nothing.
	const big = 'y'.repeat(3_900_000);
	for (const run of [() => raw(JSON.stringify({ values: { title: big } })), () => raw(JSON.stringify({ values: { ...needValues('x'), problem: big, months: 'abc' } })),
		() => who.enterprise.form('/r/need/new', { title: big, months: 'abc' }), () => who.enterprise.form('/r/need/autosave', { title: big }), () => who.enterprise.form('/letter', { text: big }),
		() => raw(`{"values":{"target":[${'{},'.repeat(1_200_000)}{}]}}`), () => raw(`[${'[],'.repeat(1_200_000)}[]]`), () => who.enterprise.form('/r/need/new', { 'target.999999999.name': 'x' }), () => raw('a=&'.repeat(1_200_000), 'application/x-www-form-urlencoded'),
		() => raw(`{"values":{"target":[${'{"name":"x"},'.repeat(60_000)}{}]}}`)]) {
		const got = await run().catch((e) => ({ status: e.code }));
		check([200, 303, 400, 413, 422].includes(got.status), `${run}: ${got.status}`);
	}
	const form = await who.enterprise.form('/r/need/new', { title: 'x'.repeat(5 << 20) }).catch((e) => ({ status: e.code }));
	check(form.status === 413 || form.status === 'ECONNRESET' || form.status === 'EPIPE', `a huge form is answered ${form.status}`);
	check([400, 415, 422].includes((await raw('x', 'text/plain')).status), `a plain text body is answered ${(await raw('x', 'text/plain')).status}`);
	same((await who.visitor.get('/health')).status, 200, 'the server stands');
	check(!/signal|died|restart/i.test(server.log()), `the log tells of a fall: ${server.log().slice(-1500)}`);
});

/* ---- lists ---- */

async function walk(client, path) {
	const rows = [];
	for (let next = path, pages = 0; next; pages++) {
		check(pages < 100, 'the pages do not end');
		const got = await client.json(next);
		same(got.status, 200, next);
		rows.push(...got.json.list.rows);
		next = got.json.list.next;
	}
	return rows;
}

await test('all 2340 tenants are met once each, in whatever order', async () => {
	for (const sort of full ? ['', '&sort=name', '&sort=-name', '&sort=employees', '&sort=-employees', '&sort=founded', '&sort=incubator', '&sort=-ip_valid', '&sort=industry'] : ['', '&sort=name', '&sort=-employees']) {
		const rows = await walk(who.officer, `/r/tenant?limit=100${sort}`);
		same(rows.length, 2340, `tenants by ${sort}`);
		same(new Set(rows.map((r) => r.id)).size, 2340, `different ones by ${sort}`);
		if (sort === '&sort=-employees') rows.forEach((r, i) => check(!i || (rows[i - 1].values.employees ?? -1) >= (r.values.employees ?? -1), `order at ${i}`));
	}
	const page = await who.officer.json('/r/tenant');
	check(page.json.list.count === 2340 || page.json.list.count_more, `the count: ${page.json.list.count}`);
	const some = await walk(who.officer, '/r/tenant?limit=50&state=graduated&sort=name'), others = await walk(who.officer, '/r/tenant?limit=100&state=incubating');
	check(some.every((r) => r.state.name === 'graduated') && others.every((r) => r.state.name === 'incubating'), 'a filter by state lets others through');
});

await test('filters sift, and unknown ones are refused', async () => {
	const all = await walk(who.officer, '/r/org?limit=100');
	for (const [query, keep] of [['kind=university', (r) => r.values.kind === 'university'], ['kind=university,institute', (r) => ['university', 'institute'].includes(r.values.kind)],
		['place=530100', (r) => r.values.place === '530100'], ['name=演示高校', (r) => r.values.name.includes('演示高校')]]) {
		const rows = await walk(who.officer, `/r/org?limit=100&${encodeURI(query)}`);
		same(rows.length, all.filter(keep).length, query);
		check(rows.length > 0, `${query} finds nothing`);
	}
	same((await walk(who.officer, `/r/org?q=${encodeURIComponent('100%')}`)).length, 0, 'a per cent sign is a letter');
	for (const query of ['nothing=1', 'sort=nothing', 'limit=0', 'limit=100000', 'after=zzz', 'cols=nothing', 'founded.min=abc', 'kind=nothing', 'sort=contact', "sort=name;drop", "name'=1"]) {
		const got = await who.officer.json(`/r/org?${query}`);
		same(got.status, 400, `${query}: ${got.text.slice(0, 200)}`);
	}
	const html = await who.officer.get('/r/org?kind=university&sort=name&limit=5');
	check(/after=/.test(html.text) && /kind=university[^"]*sort=name|sort=name[^"]*kind=university/.test(html.text), 'the link of the next page loses the conditions');
});

await test('a filter or an order tells nothing of a field that does not show', async () => {
	const { challenge, need } = await draftChallenge(who, '筛选检验');
	await publishChallenge(who, challenge, local(1440));
	const path = '/r/org?cols=name,uscc,staff&limit=100', row = (await who.officer.json(`${path}&staff.min=1`)).json.list.rows[0];
	await who.officer.change('org', row.id, { uscc: '91350100M000100Y43' });
	const org = (await who.officer.json(`${path}&uscc.empty=0`)).json.list.rows[0];
	same((await who.officer.json(`/r/org?uscc=${org.values.uscc}`)).json.list.count, 1, 'the officer finds it');
	same((await who.visitor.json('/r/org?cols=uscc,staff')).json.list.rows.every((r) => r.values.uscc === null && r.values.staff === null), true, 'a hidden column shows');
	const leaks = [['visitor', `/r/org?uscc=${org.values.uscc}`], ['visitor', `/r/org?uscc=${org.values.uscc.slice(0, 4)}`], ['visitor', '/r/org?uscc.empty=0'], ['visitor', '/r/org?uscc.empty=1'],
		['visitor', '/r/org?staff.min=0'], ['visitor', '/r/org?industry.empty=0'], ['university1', '/r/org?staff.min=0&name=演示科技企业'], ['visitor', `/r/challenge?need=${need}`],
		['visitor', `/r/challenge?need.empty=0`], ['visitor', '/r/challenge?bids.min=0&state=published'], ['expert1', '/r/challenge?bids.max=9&state=published'],
		['university1', '/r/challenge?reviews_open.min=0&state=published']];
	for (const [login, path] of leaks) same((await who[login].json(encodeURI(path))).json.list?.count ?? 0, 0, `${login} counts by ${path}`);
	const order = async (sort) => (await walk(who.visitor, `/r/org?limit=100&sort=${sort}`)).map((r) => r.id).join();
	same(await order('uscc'), await order('staff'), 'visitors sort by a hidden field');
	same(await order('-uscc'), await order('-staff'), 'visitors sort by a hidden field downwards');
	const next = (await who.visitor.json('/r/org?sort=uscc&limit=5')).json.list.after;
	check(next.startsWith('n.'), `the key of the next page tells the value: ${next}`);
	const csv = await who.visitor.get(`/r/org/export?format=csv&cols=name,uscc,staff`);
	check(csv.status === 200 && !csv.text.includes(org.values.uscc), 'the export shows what the list hides');
	same((await who.university1.json('/r/person?phone=1')).json.list?.count ?? 0, 0, 'colleagues by telephone');
});

/* ---- what every reply carries ---- */

await test('the language changes on the spot: same page, same conditions', async () => {
	const c = new Client(server.base);
	await c.get('/signin');
	for (const path of ['/r/challenge?state=published&q=%E6%99%B6%E7%B2%92&sort=-bounty', '/about', '/r/org?name=a%26b%3Dc']) {
		const page = await c.get(path), to = /lang=en/.test(page.text) ? 'en' : 'zh';
		const link = page.text.match(new RegExp(`href="([^"]*[?&](?:amp;)?lang=${to})"`))[1].replaceAll('&amp;', '&');
		const got = await c.get(link);
		same(got.status, 303, link);
		same(got.location, path, 'where the switch leads');
		check(got.cookies.some((l) => l.startsWith(`lc_lang=${to}`)), 'the language is not kept');
		check((await c.get(path)).text.includes(`<html lang="${to === 'en' ? 'en' : 'zh'}`), `the page is not in ${to}`);
	}
	const json = await c.send('GET', '/nothing?lang=en', { headers: { accept: 'application/json' } });
	same(json.status, 404, 'JSON is not sent elsewhere');
});

await test('cookies are closed to scripts and to other sites', async () => {
	const c = new Client(server.base), lines = [];
	lines.push(...(await c.get('/signin')).cookies);
	lines.push(...(await c.form('/signin', { login: 'chief', password: 'demo-2026' })).cookies);
	check(lines.some((l) => l.startsWith('lc_session=')) && lines.some((l) => l.startsWith('lc_visit=')), `cookies: ${lines}`);
	for (const line of lines) for (const flag of ['HttpOnly', 'SameSite=Lax', 'Path=/']) check(line.split('; ').includes(flag), `${line} lacks ${flag}`);
	const session = /lc_session=([^;]+)/.exec(lines.join())[1];
	check(session.length >= 32, 'the session is short');
	const again = new Client(server.base);
	await again.get('/signin');
	const visit = again.jar.get('lc_visit');
	const second = await again.form('/signin', { login: 'chief', password: 'demo-2026' });
	check(!second.cookies.join().includes(session), 'two sessions share a cookie');
	check(visit && second.cookies.some((l) => /^lc_session=/.test(l) && !l.includes(visit)), 'the session is what the visitor had before');
	const out = await c.form('/signout', { _csrf: (await c.get('/account')).text.match(/name="_csrf" value="([^"]+)"/)[1] });
	check(out.cookies.some((l) => /^lc_session=;.*Max-Age=0/.test(l)), 'signing out leaves the cookie');
});

await test('signing in never leads to another site', async () => {
	for (const next of ['//elsewhere.example', 'https://elsewhere.example', '/\\elsewhere.example', 'javascript:alert(1)', '/ok\r\nSet-Cookie: a=b', '']) {
		const c = new Client(server.base);
		await c.get('/signin');
		const got = await c.form('/signin', { login: 'university1', password: 'demo-2026', next });
		same(got.status, 303, `next=${next}`);
		check(got.location.startsWith('/') && !/^\/[/\\]/.test(got.location), `next=${next} leads to ${got.location}`);
		check(!got.cookies.some((l) => l.startsWith('a=')), 'a header was smuggled in');
		const there = await c.get(`/signin?next=${encodeURIComponent(next)}`);
		check(there.location.startsWith('/') && !/^\/[/\\]/.test(there.location), `signed in already, next=${next} leads to ${there.location}`);
	}
});

await test('every kind of reply carries the headers that protect it', async () => {
	const c = who.officer, v = who.visitor;
	const replies = {
		page: await c.get('/r/challenge'), json: await c.json('/r/challenge'), signin: await v.get('/todo'), denied: await c.send('POST', '/admin/clock', { body: new URLSearchParams({}) }),
		missing: await c.get('/nothing'), missingJson: await v.json('/nothing'), unsigned: await v.json('/todo'), method: await c.get('/signout'), invalid: await c.json('/r/org?nothing=1'),
		csv: await c.get('/r/org/export?format=csv'), xlsx: await c.get('/r/org/export?format=xlsx'), template: await who.enterprise.get('/r/need/import-template'),
		done: await c.form('/admin/clock', { minutes: '1' }), openapi: await c.get('/api/openapi.json'), health: await v.get('/health'), refused: await c.form('/admin/clock', { days: 'x' }),
		made: await token.api('/r/need/new', { values: { title: '头' } }),
	};
	const want = { 'x-content-type-options': /^nosniff$/, 'referrer-policy': /same-origin|no-referrer/, 'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
		'cross-origin-opener-policy': /^same-origin$/, 'cross-origin-resource-policy': /^same-origin$/, 'cache-control': /no-store/, 'permissions-policy': /camera=\(\)/ };
	const wrong = [];
	for (const [kind, got] of Object.entries(replies)) {
		for (const [name, value] of Object.entries(want)) if (!value.test(got.headers.get(name) || '')) wrong.push(`${kind} (${got.status}): ${name} is ${got.headers.get(name)}`);
		if (/microhttpd|nginx/i.test(got.headers.get('server') || '')) wrong.push(`${kind} tells the server's make`);
	}
	for (const kind of ['csv', 'xlsx', 'template']) if (!/^attachment/.test(replies[kind].headers.get('content-disposition') || '')) wrong.push(`${kind} is not a download`);
	const asset = /(?:href|src)="(\/static\/[^"]+)"/.exec(replies.page.text)[1], file = await v.get(asset);
	if (file.headers.get('x-content-type-options') !== 'nosniff' || file.status !== 200) wrong.push(`${asset} (${file.status})`);
	for (const path of ['/static/../../etc/passwd', '/static/%2e%2e/x', '/static/nothing.js']) if ((await v.get(path)).status < 400) wrong.push(path);
	for (const method of ['PUT', 'DELETE', 'TRACE']) if ((await v.send(method, '/')).headers.get('x-content-type-options') !== 'nosniff') wrong.push(`${method} / without nosniff`);
	check(!/\son[a-z]+=|<script(?![^>]*src=)|style="|javascript:/i.test(replies.page.text), 'a page holds inline script or style');
	check(!wrong.length, wrong.join('\n  '));
});

await test('a reference is accepted by its id only where its record shows', async () => {
	const { challenge } = await draftChallenge(who, '引用检验');
	const number = (text) => [...text].reduce((n, c) => n * 32n + BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(c)), 0n);
	for (const value of [challenge, String(number(challenge)), { raw: number(challenge) }, { raw: 12345n }, '0000000000003']) {
		const body = `{"values":{"challenge":${value.raw ? value.raw : JSON.stringify(value)},"title":"引用"}}`;
		const got = await who.university1.send('POST', '/r/bid/new', { body, headers: { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': who.university1.csrf } });
		same(got.status, 422, `${body}: ${got.text}`);
	}
});

/* ---- files ---- */

await test('a file goes to those who see its field, and its name to nobody else', async () => {
	const need = (await who.enterprise.make('need', needValues('附件'))).id;
	const put = await who.enterprise.form(`/r/need/${need}/edit`, { material: pdf('内容-XYZZY', '机密名称.pdf') }, { accept: 'application/json' });
	same(put.status, 200, put.text);
	const file = (await who.enterprise.json(`/r/need/${need}`)).json.values.material;
	check(file, 'no file in the record');
	const id = (await who.enterprise.get(`/r/need/${need}`)).text.match(/\/file\/([0-9a-z]{13})/)[1];
	const got = await who.enterprise.get(`/file/${id}`);
	same(got.status, 200, 'its own people fetch it');
	check(got.text.includes('XYZZY') && /^attachment/.test(got.headers.get('content-disposition')), 'as a download with its content');
	for (const login of ['visitor', 'enterprise2', 'university1', 'officer']) same((await who[login].json(`/file/${id}`)).status, 404, `${login} fetches it`);
	const typed = await who.enterprise2.get(`/r/need/new?material=${id}`);
	check(!typed.text.includes('机密名称'), 'a form shows the name of a stranger\'s file');
	const thief = await who.enterprise2.api('/r/need/new', { values: { ...needValues('借用'), material: id } });
	if (thief.status === 200) {
		const page = await who.enterprise2.get(`/r/need/${thief.json.id}`);
		check(!page.text.includes('机密名称'), 'a record shows the name of a stranger\'s file');
		check((await who.enterprise2.json(`/file/${id}`)).status === 404, 'a record opens a stranger\'s file');
	}
});

await test('every cell of a matrix is the list it leads to, for whoever looks', async () => {
	for (const login of ['officer', 'enterprise']) {
		const m = (await who[login].json('/matrix/chain')).json;
		let cells = 0;
		for (const row of m.rows)
			for (const [i, cell] of row.cells.entries()) {
				if (!cell.link || m.columns[i].unit || (!full && cells > 40)) continue;
				same((await who[login].json(cell.link)).json.list.count, Number(cell.value), `${login} at ${cell.link}`);
				cells++;
			}
		check(cells > 30, `only ${cells} cells`);
		const whole = m.rows.filter((r) => r.top), sum = whole.reduce((n, r) => n + Number(r.cells[0].value), 0);
		same(Number(m.total[0].replaceAll(',', '')), sum, 'the total of needs');
	}
	const pdf = await who.officer.get('/matrix/chain/export?format=pdf'), xlsx = await who.officer.get('/matrix/chain/export?format=xlsx');
	check(pdf.bytes.subarray(0, 5).toString() === '%PDF-' && pdf.bytes.length > 20000, 'no PDF');
	check(xlsx.bytes.subarray(0, 2).toString() === 'PK', 'no workbook');
});

await test('a record as PDF: the same bytes each time, and less where less is seen', async () => {
	const id = (await who.officer.json('/r/incubator?state=running&limit=1')).json.list.rows[0].id;
	const a = await who.officer.get(`/r/incubator/${id}.pdf`), b = await who.officer.get(`/r/incubator/${id}.pdf`), c = await who.visitor.get(`/r/incubator/${id}.pdf`);
	check(a.bytes.subarray(0, 5).toString() === '%PDF-' && a.headers.get('content-type') === 'application/pdf', 'no PDF');
	check(Buffer.compare(a.bytes, b.bytes) === 0, 'two PDFs of one record differ');
	check(c.status === 200 && c.bytes.length < a.bytes.length, 'a visitor gets as much as the officer');
	// A text of many pages goes on over them.
	const need = await who.enterprise.make('need', { ...needValues('长'), problem: '难题'.repeat(1490) }), long = await who.enterprise.get(`/r/need/${need.id}.pdf`);
	same(long.status, 200, 'a long text');
});

await test('process and rules of a type: what the declaration says, drawn too', async () => {
	const t = (await who.officer.json('/types/incubator')).json, svg = (await who.officer.get('/types/incubator/diagram')).text;
	check(t.states.length === 8 && t.moves.length >= 11 && t.moves[0].by.length > 0, 'states or moves are missing');
	for (const s of t.states) check(svg.includes(`>${s.label}<`), `the picture lacks ${s.label}`);
	for (const m of t.moves) check(new RegExp(`>([0-9]+ )*${m.n}( |<)`).test(svg), `the picture lacks the move ${m.n}`);
	const force = t.measures.filter((m) => m.in_force).map((m) => m.number);
	check(force.includes('工信部科〔2025〕131号') && !force.includes('国科发区〔2018〕300号'), `in force: ${force}`);
	check(t.measures.some((m) => m.criteria.some((c) => c.unverified)), 'no criterion is marked as unverified');
	same((await who.visitor.json('/types/review')).status, 404, 'a type that a visitor sees nothing of');
});

await test('a list of long texts comes in shorter pages, each record once', async () => {
	for (let i = 0; i < 40; i++) await who.enterprise.make('need', { ...needValues(`长文${i}`), problem: '难'.repeat(2990), base: '基'.repeat(1990) });
	const seen = new Set();
	let link = '/r/need?cols=title,problem,base&limit=1000', pages = 0, rows = 0;
	for (; link; pages++) {
		const got = await who.enterprise.json(link);
		same(got.status, 200, link);
		for (const r of got.json.list.rows) seen.add(r.id), rows++;
		link = got.json.list.next;
	}
	check(pages > 1 && rows === seen.size && rows > 40, `${pages} pages, ${rows} rows, ${seen.size} records`);
});

await test('accounts: one opens, another gives roles, nobody the own; the first password is changed; a closed account is out', async () => {
	const { sysadmin, secadmin, officer } = await people(server.base, ['sysadmin', 'secadmin', 'officer']);
	same((await officer.form('/accounts', { login: 'someone', name: '某人' })).status, 404, 'an officer opens an account');
	same((await secadmin.form('/accounts', { login: 'someone', name: '某人' })).status, 404, 'who gives roles opens an account');
	same((await sysadmin.form('/accounts', { login: 'A b', name: '' })).status, 422, 'a bad login');
	const made = (await sysadmin.form('/accounts', { login: 'newcomer', name: '新人', org: '彩云理工大学（演示）' }, { accept: 'application/json' })).json;
	check(made.given && made.account.login === 'newcomer', 'no first password');
	same((await sysadmin.form('/accounts', { login: 'newcomer', name: '又一个' })).status, 409, 'a login twice');
	const id = made.account.id;
	same((await sysadmin.form(`/accounts/${id}/roles`, { 'role.university': '1' })).status, 404, 'who opens accounts gives roles');
	same((await secadmin.form(`/accounts/${id}/roles`, { 'role.university': '1' })).status, 200, 'roles');
	const own = (await sysadmin.json('/accounts?q=sysadmin')).json.accounts[0].id;
	same((await sysadmin.form(`/accounts/${own}/password`, {})).status, 403, 'the own account');
	const c = new Client(server.base);
	await c.get('/signin');
	await c.form('/signin', { login: 'newcomer', password: made.given });
	await c.get('/account');
	same((await c.json('/todo')).status, 403, 'before the password is changed');
	same((await c.form('/account/password', { old: made.given, new: 'ein ganzer Satz', repeat: 'ein ganzer Satz' })).status, 303, 'changing it');
	same((await c.json('/r/bid/new')).status, 200, 'the role works');
	same((await sysadmin.form(`/accounts/${id}/state`, { state: 'closed' })).status, 200, 'closing');
	same((await c.json('/todo')).status, 401, 'the session of a closed account');
	const auditor = (await people(server.base, ['auditor'])).auditor;
	const acts = (await auditor.json('/audit')).json.events.map((e) => e.act);
	for (const act of ['create', 'roles', 'close']) check(acts.includes(act), `${act} is not in the audit log`);
});

await server.stop();
end();

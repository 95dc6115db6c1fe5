// What scenarios over HTTP share: a server of their own, people with cookies and CSRF, API tokens, counting.
// tests/browser/kit.mjs takes the server and the counting from here.
import http from 'node:http';
import net from 'node:net';
import { spawn, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const password = 'demo-2026';
export const binary = process.env.LIANCHUANG || join(root, 'build/lianchuang');
export const full = process.env.LEVEL === 'full';

let passed = 0, failed = 0;
export async function test(name, run) {
	try {
		await run();
		passed++;
		console.log(`ok ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n  ${String(error.stack || error).split('\n').slice(0, 30).join('\n  ')}`);
	}
}
export function end() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed ? 1 : 0;
}
export function check(condition, message) {
	if (!condition) throw new Error(message);
}
export function same(got, want, message) {
	if (got !== want) throw new Error(`${message}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`);
}

function freePort() {
	return new Promise((resolve) => {
		const probe = net.createServer().listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => resolve(port));
		});
	});
}

// `like`: a data folder to begin with a copy of, instead of new demonstration data. Of the usual region $DEMO_DATA names one, made
// once for a whole run of the tests: making it takes longer than most tests.
export async function startServer({ args = [], workers = 2, region = 'region/yunnan', like = null } = {}) {
	const data = mkdtempSync(join(tmpdir(), 'lc-test-'));
	const from = like ?? (region === 'region/yunnan' ? process.env.DEMO_DATA : null);
	if (from) cpSync(from, data, { recursive: true });
	else execFileSync(binary, ['init', '--demo', '--data', data, '--region', region], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
	const port = await freePort();
	const server = spawn(binary, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, '--workers', String(workers), ...args],
		{ cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
	let log = '';
	server.stderr.on('data', (chunk) => { log += chunk; });
	const base = `http://127.0.0.1:${port}`;
	for (let i = 0; ; i++) {
		try {
			if ((await fetch(`${base}/health`)).ok) break;
		} catch { /* not yet */ }
		if (i > 300 || server.exitCode !== null) throw new Error(`the server did not start:\n${log}`);
		await new Promise((r) => setTimeout(r, 50));
	}
	return {
		base, data, log: () => log,
		async stop() {
			const gone = new Promise((r) => server.once('exit', r));
			agent.destroy();
			server.kill('SIGTERM');
			await gone;
			if (/(Address|Leak)Sanitizer|runtime error:/.test(log)) throw new Error(`the server's log:\n${log.slice(-4000)}`);
			rmSync(data, { recursive: true, force: true });
		},
	};
}

// The server takes 64 connections of one address; a test that asks for many pages at once stays well below. It closes what is
// idle for 15 s: a socket is given up well before, or a request might set out on one that is just being closed.
const agent = new http.Agent({ keepAlive: true, maxSockets: 12, timeout: 5000 });

// A reply, read whole: text and, when it is JSON, its value. node:http, because fetch takes ten times as long.
function exchange(url, method, body, headers) {
	return new Promise((resolve, reject) => {
		const request = http.request(url, { method, headers, agent }, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part));
			response.on('error', reject);
			response.on('end', () => {
				const bytes = Buffer.concat(parts), text = bytes.toString(), own = response.headers;
				resolve({ status: response.statusCode, bytes, text, location: own.location ?? null, cookies: own['set-cookie'] || [],
					headers: { get: (name) => own[name.toLowerCase()] ?? null, all: own }, json: /json/.test(own['content-type'] || '') ? JSON.parse(text) : null });
			});
		});
		request.on('error', reject);
		request.end(body);
	});
}

// Somebody at a browser, or at the end of an API token.
export class Client {
	constructor(base, { token = null, headers = {} } = {}) { Object.assign(this, { base, token, headers, jar: new Map(), login: null, csrf: '' }); }
	async send(method, path, { body, headers = {} } = {}) {
		const all = { accept: 'text/html', ...this.headers, ...headers };
		if (this.token) all.authorization = `Bearer ${this.token}`;
		else if (this.jar.size) all.cookie = [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ');
		let bytes = body;
		if (body instanceof FormData || body instanceof URLSearchParams) {
			const encoded = new Response(body);
			all['content-type'] ??= encoded.headers.get('content-type');
			bytes = Buffer.from(await encoded.arrayBuffer());
		} else if (typeof body === 'string') bytes = Buffer.from(body);
		if (method === 'POST' || bytes) all['content-length'] = bytes ? bytes.length : 0;
		const got = await exchange(this.base + path, method, bytes, all);
		for (const line of got.cookies) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (value) this.jar.set(name, value);
			else this.jar.delete(name);
		}
		const csrf = /name="_csrf" value="([0-9a-f]+)"/.exec(got.text);
		if (csrf && got.status < 400) this.csrf = csrf[1];
		return got;
	}
	get(path, headers) { return this.send('GET', path, { headers }); }
	json(path) { return this.send('GET', path, { headers: { accept: 'application/json' } }); }
	// As a form of a page: urlencoded, or multipart when a value is a File.
	form(path, values = {}, headers = {}) {
		const files = Object.values(values).some((v) => v instanceof File);
		const body = files ? new FormData() : new URLSearchParams();
		for (const [k, v] of Object.entries({ _csrf: this.csrf, ...values })) body.append(k, v);
		return this.send('POST', path, { body, headers });
	}
	// As a program: JSON both ways.
	api(path, value = {}, headers = {}) {
		return this.send('POST', path, { body: JSON.stringify(value),
			headers: { accept: 'application/json', 'content-type': 'application/json', ...(this.token ? {} : { 'x-csrf-token': this.csrf }), ...headers } });
	}
	async signIn(login) {
		this.login = login;
		await this.get('/signin');
		const got = await this.form('/signin', { login, password });
		same(got.status, 303, `${login} signs in`);
		await this.get('/account');
		return this;
	}
	async makeToken(scope, name = `${scope} ${Math.random()}`) {
		const got = await this.form('/account/token', { name, scope }, { accept: 'application/json' });
		same(got.status, 200, 'a token is made');
		const client = new Client(this.base, { token: got.json.token });
		client.name = name;
		return client;
	}
	// Steps that must go well; the answer of the program interface.
	async make(type, values) {
		const got = await this.api(`/r/${type}/new`, { values });
		same(got.status, 200, `${this.login} makes a ${type}: ${got.text.slice(0, 1500)}`);
		return got.json;
	}
	async change(type, id, values) {
		const got = await this.api(`/r/${type}/${id}/edit`, { values });
		same(got.status, 200, `${this.login} changes ${type} ${id}: ${got.text.slice(0, 1500)}`);
		return got.json;
	}
	async move(type, id, move, body = {}) {
		const got = await this.api(`/r/${type}/${id}/${move}`, body);
		same(got.status, 200, `${this.login} makes ${move} of ${type} ${id}: ${got.text.slice(0, 1500)}`);
		return got.json;
	}
}

export const pdf = (text = '', name = 'plan.pdf') =>
	new File([`%PDF-1.4\n% ${text}\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`], name, { type: 'application/pdf' });

export function local(minutes) { return new Date(Date.now() + minutes * 60000 + 8 * 3600000).toISOString().slice(0, 16); }
export function day(days) { return new Date(Date.now() + 8 * 3600000 + days * 86400000).toISOString().slice(0, 10); }

export async function until(what, run, tries = 100) {
	for (let i = 0; i < tries; i++) {
		if (await run()) return;
		await new Promise((r) => setTimeout(r, 100));
	}
	throw new Error(`it did not come about: ${what}`);
}

/* ---- the case of a challenge, as far as a test needs it ---- */

export async function people(base, logins) {
	const all = {}, rest = [...logins];
	// A password takes a worker for a while: two at a time.
	const some = async () => { for (let login; (login = rest.shift());) all[login] = await new Client(base).signIn(login); };
	await Promise.all([some(), some()]);
	return all;
}

export const needValues = (title) => ({
	title, kind: 'joint', industry: '32', segment: 'al_alloy', place: '532500', urgency: 'now', openness: 'open', problem: '晶粒不均', base: '已做三轮试验',
	money: '200万元', months: '24', ip_rule: 'agreed', contact: '演示联系人', phone: '0871-60000000', consent: true,
	target: [{ name: '平均晶粒', unit: 'µm', now: '120', goal: '50', test: '金相法' }],
});

// The challenge that was drafted from a need.
export async function draftChallenge(who, title, needTitle = title) {
	const need = await who.enterprise.make('need', needValues(needTitle));
	await who.enterprise.move('need', need.id, 'file');
	await who.officer.move('need', need.id, 'accept');
	const list = await who.officer.json(`/r/challenge?need=${need.id}`);
	same(list.json.list.rows.length, 1, 'the challenge made from the need');
	return { need: need.id, challenge: list.json.list.rows[0].id };
}
export async function publishChallenge(who, id, deadline) {
	await who.officer.change('challenge', id, { bounty: '300万元', fiscal: '100万元', own: '200万元', months: '24', deadline });
	await who.officer.move('challenge', id, 'submit');
	await who.chief.move('challenge', id, 'publish');
}
export const bidForm = (challenge, over = {}) => ({
	challenge, title: '揭榜方案', leader: '负责人', contact: '联系人', phone: '0871-60000000', route: '技术路线', basis: '研究基础', feasibility: '可行',
	price: '280万元', months: '20', plan: pdf(), pledge: '1', 'team.1.name': '成员', 'team.1.unit': '单位', 'team.1.duty': '试验',
	'promise.1.name': '平均晶粒', 'promise.1.unit': 'µm', 'promise.1.goal': '48', ...over,
});
export async function makeBid(client, challenge, over) {
	const got = await client.form('/r/bid/new', bidForm(challenge, over), { accept: 'application/json' });
	same(got.status, 200, `${client.login} makes a bid: ${got.text.slice(0, 1500)}`);
	return got.json.id;
}
// What is due by itself in the demonstration comes in the first seconds of a server: wait until no more notices come.
export async function settled(who) {
	let before = '', same = 0;
	await until('no more notices come by themselves', async () => {
		const now = JSON.stringify(await Promise.all(Object.values(who).map(async (c) => (await c.json('/mail')).json.mail.map((m) => m.link + m.subject))));
		same = now === before ? same + 1 : 0;
		before = now;
		await new Promise((r) => setTimeout(r, 500));
		return same === 6;
	});
}
export async function advance(client, days) {
	const got = await client.form('/admin/clock', { days: String(days) });
	same(got.status, 303, 'the demonstration clock moves');
}

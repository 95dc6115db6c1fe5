// Long work: all records of a list as PDFs in one ZIP, away from requests. Killed in the middle it goes on to the same bytes; the rights are
// those at the time of the work; only who asked reaches it; cancelled it leaves nothing; people take turns; bounds.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { check, Client, end, full, local, people, same, startServer, test, until } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['officer', 'officer2', 'enterprise', 'secadmin', 'sysadmin', 'auditor']);
const { officer, officer2, sysadmin } = who;
const rows = Number(process.env.RECORDS || (full ? 400 : 48));
const folder = join(server.data, 'jobs');
const worker = () => Number(server.log().match(/child=jobs pid=(\d+)/g).at(-1).match(/\d+$/)[0]);
const hold = () => process.kill(worker(), 'SIGSTOP'), go = () => process.kill(worker(), 'SIGCONT');

async function ask(client, path, body = {}) {
	const got = await client.api(path, body);
	same(got.status, 200, `a job is asked for: ${got.text.slice(0, 500)}`);
	return got.json.link;
}
const state = async (client, link) => (await client.json(link)).json.job;
async function ended(client, link, tries = 1200) {
	let job;
	await until(`${link} ends`, async () => !(job = await state(client, link)).open, tries);
	return job;
}
// Held while it is under way: planned, and not at its end.
async function caught(client, link) {
	for (let job = null; !job?.total; ) job = await state(client, link);
	hold();
	const job = await state(client, link);
	check(job.open && job.done < job.total, `it was over too soon: ${JSON.stringify(job)}`);
}
async function result(client, link) {
	const job = await ended(client, link);
	same(job.state, 'done', `the job: ${JSON.stringify(job)}`);
	const got = await client.get(job.file);
	same(got.status, 200, got.text.slice(0, 300));
	same(got.bytes.length, job.bytes, 'its size');
	return got.bytes;
}
function listing(bytes) {
	const path = join(server.data, 'result.zip');
	writeFileSync(path, bytes);
	const tested = spawnSync('unzip', ['-tqq', path], { encoding: 'utf8' });
	same(tested.status, 0, `unzip: ${tested.stdout}${tested.stderr}`);
	return spawnSync('python3', ['-c', 'import zipfile,sys\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): print(i.header_offset, i.CRC, i.filename)', path], { encoding: 'utf8' })
		.stdout.trim().split('\n');
}

const path = `/r/proposal/pdfs?q=${encodeURIComponent('任务件')}`;
await test('records to work on', async () => {
	const lines = ['code,session,kind,title,proposer,content,received'];
	for (let i = 0; i < rows; i++) lines.push(`${i},十四届一次会议,proposal,任务件${i},提出人,内容${i},2026-01-05`);
	await officer.get('/r/proposal/import');
	const token = /name="token" value="(\d+)"/.exec((await officer.form('/r/proposal/import', { file: new File([lines.join('\n')], 'p.csv', { type: 'text/csv' }) })).text);
	same((await officer.form('/r/proposal/import/apply', { token: token[1] })).status, 303, 'imported');
});

let first;
await test('all of a list as PDFs: asked on the list, shown while it goes on, taken by who asked, and recorded', async () => {
	const list = await officer.get('/r/proposal');
	check(list.text.includes('formaction="/r/proposal/pdfs'), 'the list does not offer it');
	check(!(await who.enterprise.get('/r/need')).text.includes('/pdfs'), 'it is offered to somebody who is not staff');
	const asked = await officer.form(path);
	same(asked.status, 303, asked.text.slice(0, 300));
	const page = await officer.get(asked.location);
	same(page.status, 200, 'its page');
	check(page.text.includes(`href="${asked.location}"`) && page.text.includes('data-live'), 'no way to look again');
	const t = Date.now();
	first = { link: asked.location, bytes: await result(officer, asked.location) };
	const cpu = readFileSync(`/proc/${worker()}/stat`, 'utf8').split(') ')[1].split(' '), peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${worker()}/status`, 'utf8'))[1];
	console.log(`# ${rows} PDFs, ${first.bytes.length} bytes, in ${Date.now() - t} ms; the process since its start: CPU ${(+cpu[11] + +cpu[12]) / 100} s, at most ${Math.round(peak / 1024)} MiB`);
	const names = listing(first.bytes);
	same(names.length, rows + 2, 'entries: a PDF for each and the index twice');
	check(names.every((l) => /\.(pdf|html)$/.test(l)) && names.some((l) => l.includes('任务件0')), names[0]);
	const mine = (await officer.json('/jobs')).json.jobs;
	check(mine.some((j) => j.link === first.link && j.file) && (await officer.get('/jobs')).text.includes(`${first.link}/file`), 'the list of jobs');
	const acts = (await who.auditor.json('/audit')).json.events.map((e) => e.act);
	check(acts.includes('job-ask') && acts.includes('job-taken'), `the audit log: ${acts.slice(0, 8)}`);
});

await test('anybody else is answered as if it did not exist, byte for byte', async () => {
	for (const client of [officer2, who.enterprise, who.auditor]) for (const end of ['', '/file'])
		same((await client.json(first.link + end)).text, (await client.json(`/jobs/0000000000002${end}`)).text, `${client.login} at ${end || 'the job'}`);
	same((await officer2.api(`${first.link}/cancel`)).status, 404, 'another cancels');
	same((await new Client(server.base).json(first.link)).status, 401, 'a visitor');
	same((await who.enterprise.api('/r/need/pdfs', {})).status, 404, 'not staff');
});

await test('killed in the middle, twice, it goes on to the same bytes without doing parts again', async () => {
	const link = await ask(officer, path);
	for (const part of [0, 0.5]) {
		await until('some are done', async () => (await state(officer, link)).done > rows * part, 1200);
		const pid = worker(), before = (await state(officer, link)).done;
		check(part || before < rows, 'it was over too soon');
		process.kill(pid, 'SIGKILL');
		await until('another process has it', async () => worker() !== pid, 200);
		check((await state(officer, link)).done >= before, 'what was told is lost');
	}
	const got = await result(officer, link);
	// The index tells the time at which it was begun; all before it is the same, in the same places.
	const parts = (lines) => lines.filter((l) => !/ (目录|index)\.(html|pdf)$/.test(l)), a = parts(listing(first.bytes)), b = parts(listing(got));
	same(b.join('\n'), a.join('\n'), 'the entries');
	const until_index = Number(listing(got).find((l) => !b.includes(l)).split(' ')[0]);
	check(until_index > 1000 && got.subarray(0, until_index).equals(first.bytes.subarray(0, until_index)), 'the bytes before the index');
	check(readdirSync(folder).every((n) => !n.endsWith('.notes')), `left behind: ${readdirSync(folder)}`);
});

await test('cancelled, before it began and in the middle, it stops and leaves no file', async () => {
	hold();
	const early = await ask(officer, path), late = await ask(officer, path), id = (l) => l.slice(6);
	same((await officer.api(`${early}/cancel`)).json.job.state, 'cancelled', 'before it began');
	go();
	await caught(officer, late);
	same((await officer.form(`${late}/cancel`)).status, 303, 'in the middle');
	go();
	await until('no file is left', async () => !readdirSync(folder).some((n) => n.startsWith(id(early)) || n.startsWith(id(late))), 100);
	same((await state(officer, late)).state, 'cancelled', 'afterwards');
	same((await officer.json(`${late}/file`)).status, 404, 'its file');
	same((await officer.api(`${first.link}/cancel`)).json.job.state, 'over', 'a result that is removed');
	await until('its file is gone', async () => !readdirSync(folder).includes(id(first.link)), 100);
	same((await officer.json(`${first.link}/file`)).status, 404, 'its file');
});

await test('a small job of another does not wait for a large one', async () => {
	hold();
	const large = await ask(officer, path);
	const ids = (await officer2.json('/r/proposal?limit=1')).json.list.rows.map((r) => r.id);
	const small = await ask(officer2, '/r/proposal/pdfs', { ids });
	go();
	await ended(officer2, small);
	check((await state(officer, large)).open, 'the large one was done first');
	await officer.api(`${large}/cancel`);
});

await test('five at a time; the sixth is refused in words', async () => {
	hold();
	const links = [];
	for (let i = 0; i < 5; i++) links.push(await ask(officer2, path));
	const sixth = await officer2.api(path);
	same(sixth.status, 413, sixth.text);
	check((await officer2.form(path)).text.includes('后台作业'), 'what to do');
	for (const link of links) await officer2.api(`${link}/cancel`);
	go();
});

await test('rights that are lost between asking and the work, in the middle, and after it', async () => {
	const accounts = (await who.sysadmin.json('/accounts?q=officer2')).json.accounts, id = accounts.find((x) => x.login === 'officer2').id;
	const roles = async (values) => {
		same((await who.secadmin.form(`/accounts/${id}/roles`, values)).status, 200, 'roles are given');
		await officer2.signIn('officer2');      // other roles end the sessions
	};
	const made = await ask(officer2, '/r/proposal/pdfs', { ids: (await officer2.json('/r/proposal?limit=1')).json.list.rows.map((r) => r.id) });
	await ended(officer2, made);
	hold();
	const before = await ask(officer2, path);
	await roles({ 'role.enterprise': '1' });
	go();
	const job = await ended(officer2, before);
	same(job.state, 'failed', 'asked with rights that are gone');
	check(job.why && job.hint && (await officer2.get(before)).text.includes(job.why), 'in words');
	same((await state(officer2, made)).state, 'stale', 'a result of the rights before');
	same((await officer2.json(`${made}/file`)).status, 403, 'its file');
	same((await officer2.api(path)).status, 404, 'asking again');
	await roles({ 'role.officer': '1' });
	same((await officer2.json(`${made}/file`)).status, 200, 'with the same rights again');
	const middle = await ask(officer2, path);
	await caught(officer2, middle);
	await roles({ 'role.officer': '1', 'role.chief': '1' });
	go();
	const other = await ended(officer2, middle);
	check(other.state === 'failed' && other.why.includes('权限'), `rights that changed in the middle: ${JSON.stringify(other)}`);
	await until('no half file', async () => !readdirSync(folder).some((n) => n.startsWith(middle.slice(6))), 100);
});

await test('a dossier with all that hangs on it, in the background', async () => {
	const challenge = (await officer.json('/r/challenge?limit=1')).json.list.rows[0].id;
	check((await officer.get(`/r/challenge/${challenge}/dossier`)).text.includes('/dossier/job'), 'its page does not offer it');
	const small = await officer.get(`/r/challenge/${challenge}/dossier.zip`);
	const names = (bytes) => listing(bytes).map((l) => l.split(' ').slice(2).join(' ')).sort().join('\n');
	const got = await result(officer, await ask(officer, `/r/challenge/${challenge}/dossier/job`));
	same(names(got), names(small.bytes), 'the same as at once');
	check(names(got).includes('record.json'), 'data of the records');
});

await test('a large round is worked out as a job: the proposal appears by itself, once, also when the process is killed', async () => {
	const eligible = (await officer.json('/r/application?state=eligible&limit=200')).json.list.rows, guides = new Map();
	for (const r of eligible) {
		const guide = (await officer.json(`/r/application/${r.id}`)).json.values.guide;
		guides.set(guide, [...(guides.get(guide) || []), r.id]);
	}
	const [guide, chosen] = [...guides].sort((a, b) => b[1].length - a[1].length)[0];
	const round = (await officer.make('review_round', { guide, name: '后台指派', due: local(60 * 24 * 30) })).id, link = `/assignment/expert_draw/${round}`;
	for (const a of chosen) await officer.move('application', a, 'place_in', { values: { round } });
	const lines = ['name,is_expert,title_rank,keywords'];
	for (let i = 0; i < 6200 / chosen.length; i++) lines.push(`后台专家${i},true,senior,材料、工艺`);
	await sysadmin.get('/r/person/import');
	const token = /name="token" value="(\d+)"/.exec((await sysadmin.form('/r/person/import', { file: new File([lines.join('\n')], 'p.csv', { type: 'text/csv' }) })).text);
	same((await sysadmin.form('/r/person/import/apply', { token: token[1] })).status, 303, 'experts are imported');
	await officer.get(link);
	same((await officer.form(`${link}/propose`, { change: 'load', person: '?' })).status, 422, 'what is asked wrongly is said at once');
	hold();
	const asked = await officer.form(`${link}/propose`, { change: 'none' });
	check(asked.status === 303 && asked.location.startsWith('/jobs/'), `${asked.status} ${asked.location} ${asked.text.slice(0, 300)}`);
	same((await officer.json(link)).json.proposal, undefined, 'before it is worked out');
	process.kill(worker(), 'SIGKILL');
	const job = await ended(officer, asked.location);
	same(`${job.state} ${job.page}`, `done ${link}`, JSON.stringify(job));
	const page = (await officer.json(link)).json;
	check(page.proposal.tries === 1 && page.proposal.commitment, JSON.stringify(page.proposal));
	check((await officer.get(asked.location)).text.includes(`href="${link}"`), 'no way from the job to the proposal');
	/* Two at once: the second was asked without having seen the first. */
	hold();
	const one = await officer.form(`${link}/propose`, { change: 'none' });
	const two = await officer2.form(`${link}/propose`, { change: 'none' });
	go();
	const ends = [await ended(officer, one.location), await ended(officer2, two.location)].map((j) => j.state).sort();
	same(ends.join(' '), 'done failed', 'two at once');
});

await test('an export of many rows is made in the background, also when killed: the same as in one go', async () => {
	const many = 1200, lines = ['code,session,kind,title,proposer,content,received'];
	for (let i = 0; i < many; i++) lines.push(`${i},十四届一次会议,proposal,导出件${i},提出人,"内容,${i}",2026-01-05`);
	await officer.get('/r/proposal/import');
	const token = /name="token" value="(\d+)"/.exec((await officer.form('/r/proposal/import', { file: new File([lines.join('\n')], 'p.csv', { type: 'text/csv' }) })).text);
	same((await officer.form('/r/proposal/import/apply', { token: token[1] })).status, 303, 'imported');
	const query = `q=${encodeURIComponent('导出件')}&sort=code&cols=code,title,received`, at = (format) => `/r/proposal/export?${query}&format=${format}`;
	const list = await officer.get(`/r/proposal?${query}`);
	check(list.text.includes('formaction="/r/proposal/export?'), 'the list does not offer it');
	same((await officer.get(at('csv'))).status, 413, 'while one waits');
	const csv = await result(officer, await ask(officer, at('csv')));
	const text = csv.toString().split('\r\n');
	same(text.length, many + 2, 'rows, the head, and the end');
	same(new Set(text).size, many + 2, 'each once');
	const parts = [];
	for (const q of ['导出件1', '导出件2']) parts.push((await officer.get(at('csv').replace(encodeURIComponent('导出件'), encodeURIComponent(q)))).text.split('\r\n').slice(1, -1));
	check(parts[1].length > 100 && parts.flat().every((l) => text.includes(l)), 'the rows as in one go');
	const asked = await ask(officer, at('xlsx'));
	await until('it is under way', async () => (await state(officer, asked)).total > 0, 300);
	process.kill(worker(), 'SIGKILL');
	const book = await result(officer, asked), again = await result(officer, await ask(officer, at('xlsx')));
	same(listing(book).length, listing(again).length, 'parts of the workbook');
	const sheet = (bytes) => listing(bytes).find((l) => l.includes('sheet1.xml'));
	same(sheet(book), sheet(again), 'its rows');
	same((await who.enterprise.api(at('csv'))).status, (await who.enterprise.get(at('csv'))).status, 'somebody who does not see the type');
});

await server.stop();
end();

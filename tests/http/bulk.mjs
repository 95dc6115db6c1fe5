// One move for many rows of a list: chosen, looked at, confirmed; what cannot move is skipped and says why; rights, four eyes and
// notices as for one; confirmed twice moves once; 5,000 in one go.
import { check, end, full, needValues, people, same, startServer, test, until } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['enterprise', 'enterprise2', 'officer', 'officer2', 'chief', 'expert1']);
const { enterprise, officer } = who;

async function filed(title) {
	const made = await enterprise.make('need', needValues(title));
	await enterprise.move('need', made.id, 'file');
	return made.id;
}
async function form(client, path, pairs) {
	const body = new URLSearchParams([['_csrf', client.csrf], ...pairs]);
	return client.send('POST', path, { body });
}
async function ended(client, link) {
	let got;
	await until('the batch ends', async () => { got = (await client.json(link)).json; return got.bulk.state === 'done'; }, 600);
	return got;
}

await test('rows ticked on the list: a page says what would happen, nothing is written until it is confirmed', async () => {
	const a = await filed('批量一'), b = await filed('批量二'), draft = (await enterprise.make('need', needValues('批量草稿'))).id;
	const list = await officer.get('/r/need?state=filed');
	check(list.text.includes(`name="id" value="${a}"`), 'the list has no box for a row');
	check(list.text.includes('value="accept"'), 'the list does not offer to accept');
	const chosen = await form(officer, '/r/need/bulk', [['move', 'accept'], ['id', a], ['id', b], ['id', a], ['id', draft]]);
	same(chosen.status, 303, chosen.text.slice(0, 500));
	const look = await officer.get(chosen.location), value = (await officer.json(chosen.location)).json;
	same(look.status, 200, 'the page');
	same(value.bulk.count, 3, 'a row ticked twice counts once');
	same(value.bulk.done, 2, 'rows that would move');
	same(value.bulk.skipped, 1, 'rows that would be skipped');
	check(value.skipped_rows[0].why.length > 0 && !look.text.includes('批量草稿'), 'a draft of another organisation shows');
	same((await officer.json(`/r/need/${a}`)).json.state.name, 'filed', 'before it is confirmed');
	const go = await form(officer, chosen.location, [['_step', 'go'], ['_key', 'k1']]);
	same(go.status, 303, go.text.slice(0, 500));
	const got = await ended(officer, chosen.location);
	same(`${got.bulk.done} ${got.bulk.skipped}`, '2 1', 'done and skipped');
	for (const id of [a, b]) {
		const seen = (await officer.json(`/r/need/${id}`)).json;
		same(seen.state.name, 'accepted', 'a row that moved');
		same(seen.history.filter((h) => h.to === seen.state.label).length, 1, 'its event');
		same((await officer.json(`/r/challenge?need=${id}`)).json.list.rows.length, 1, 'what the move makes');
	}
	same((await enterprise.json(`/r/need/${draft}`)).json.state.name, 'draft', 'a row that was skipped');
	const sheet = await officer.get(`${chosen.location}/export`);
	same(sheet.bytes.subarray(0, 2).toString(), 'PK', 'the rows as XLSX');
	// Again: nothing more happens.
	await form(officer, chosen.location, [['_step', 'go'], ['_key', 'k2']]);
	same((await officer.json(`/r/challenge?need=${a}`)).json.list.rows.length, 1, 'confirmed twice');
});

await test('rights are those of each row; a batch is its owner\'s; a changed row is skipped', async () => {
	const a = await filed('批量三'), b = await filed('批量四');
	same((await who.expert1.api('/r/need/bulk', { move: 'accept', ids: [a] })).status, 404, 'an expert chooses needs');
	same((await enterprise.api('/r/need/bulk', { move: 'accept', ids: [a] })).status, 404, 'a move of somebody else');
	same((await officer.api('/r/need/bulk', { move: 'accept', ids: [] })).status, 422, 'nothing chosen');
	const staged = await officer.api('/r/need/bulk', { move: 'accept', ids: [a, b] });
	same(staged.status, 200, staged.text);
	const link = `/bulk/${staged.json.id}`;
	for (const other of ['officer2', 'enterprise', 'chief']) same((await who[other].json(link)).status, 404, `${other} reads the batch`);
	same((await who.officer2.api(link, {})).status, 404, 'another confirms');
	await who.officer2.move('need', a, 'accept');
	same((await officer.json(link)).json.bulk.skipped, 1, 'a row that somebody moved meanwhile');
	const done = await officer.api(link, {});
	same(done.status, 200, done.text);
	same(`${done.json.bulk.done} ${done.json.bulk.skipped}`, '1 1', 'done and skipped');
	check(done.json.skipped_rows[0].why.includes('修改'), `why: ${done.json.skipped_rows[0].why}`);
});

await test('a reason is asked once and stays on every record; without it nothing moves', async () => {
	const ids = [await filed('批量退回一'), await filed('批量退回二')];
	const moves = (await officer.json(`/r/need/${ids[0]}`)).json.moves;
	const back = moves.find((m) => m.name === 'return');
	check(back, `the moves are ${moves.map((m) => m.name)}`);
	const link = `/bulk/${(await officer.api('/r/need/bulk', { move: 'return', ids })).json.id}`;
	same((await officer.api(link, {})).status, 422, 'without a reason');
	same((await officer.json(link)).json.bulk.state, 'staged', 'still waiting');
	const before = (await enterprise.json('/mail')).json.mail.length;
	const got = await officer.api(link, { reason: '材料不全，请补充' });
	same(got.json.bulk.done, 2, got.text.slice(0, 300));
	for (const id of ids) check((await enterprise.json(`/r/need/${id}`)).json.history.at(-1).reason === '材料不全，请补充', 'the reason on the record');
	check((await enterprise.json('/mail')).json.mail.length > before, 'a notice for each');
});

await test('what waits is grouped by type and step, each group with its own boxes', async () => {
	const ids = [await filed('待办一'), await filed('待办二')];
	const page = (await officer.get('/todo')).text, all = (await officer.json('/todo')).json.todo;
	const form_id = /<form id="(bulk-\d+)" method="post" action="\/r\/need\/bulk"[^]*?name="move" value="accept"/.exec(page)?.[1];
	const group = page.split('<tbody').find((s) => s.includes(`form="${form_id}"`));
	check(form_id && group && ids.every((id) => group.includes(`value="${id}"`)), 'the group of needs to accept');
	const rows = page.match(/<td class="when">/g).length;
	same(rows, all.length, 'every task stands in one group');
	same((await form(officer, '/r/need/bulk', [['move', 'accept'], ...ids.map((id) => ['id', id])])).status, 303, 'chosen there');
});

await test('all that match the list, and no more; in one go', async () => {
	const n = full ? 5000 : 300, lines = ['code,session,kind,title,proposer,content,received'];
	for (let i = 0; i < n; i++) lines.push(`${i},十四届一次会议,proposal,量大${i},提出人,内容,2026-01-05`);
	await officer.get('/r/proposal/import');
	const token = /name="token" value="(\d+)"/.exec((await officer.form('/r/proposal/import', { file: new File([lines.join('\n')], 'p.csv', { type: 'text/csv' }) })).text);
	check(token, 'the import is not in order');
	same((await officer.form('/r/proposal/import/apply', { token: token[1] })).status, 303, 'imported');
	for (const [move, from, to] of [['assign', 'draft', 'assigned'], ['begin', 'assigned', 'drafting']]) {
		let started = Date.now();
		const took = () => { const ms = Date.now() - started; started = Date.now(); return ms; };
		const staged = await form(officer, `/r/proposal/bulk?q=${encodeURIComponent('量大')}&state=${from}`, [['move', move], ['all', '1']]);
		same(staged.status, 303, staged.text.slice(0, 300));
		const stagedMs = took(), look = (await officer.json(staged.location)).json, lookMs = took();
		same(`${look.bulk.count} ${look.bulk.done}`, `${n} ${n}`, 'all that match, all to be moved');
		await form(officer, staged.location, [['_step', 'go']]);
		const answeredMs = Date.now() - started, got = await ended(officer, staged.location);
		console.log(`# ${n} rows by ${move}: staged in ${stagedMs} ms, looked at in ${lookMs} ms, answered after ${answeredMs} ms, ended after ${took()} ms`);
		same(`${got.bulk.done} ${got.bulk.skipped}`, `${n} 0`, 'all done');
		same((await officer.json(`/r/proposal?q=${encodeURIComponent('量大')}&state=${to}&limit=1`)).json.list.count, Math.min(n, 1000), 'in their new state');
	}
});

await server.stop();
end();

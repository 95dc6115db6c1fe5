// Verdicts on many applications at once: who has a desk, what stands on it, saving each record by itself, filling in, the working copy,
// and going on to a batch of moves.
import { advance, check, end, people, same, startServer, test, until } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['officer', 'officer2', 'chief', 'lab', 'prefecture', 'expert1']);
const { officer, officer2 } = who;
const desk = '/r/application/verdicts';
const form = (client, path, pairs) => client.send('POST', path, { body: new URLSearchParams([['_csrf', client.csrf], ...pairs]) });
const all = async (client = officer, query = 'show=all') => (await client.json(`${desk}?${query}`)).json;
const input = (id, row) => `v.${id}.${row.measure}.${row.criterion}`;
const note = (id, row) => `n.${id}.${row.measure}.${row.criterion}`;
const stored = async (id) => (await officer.json(`/r/application/${id}`)).json.sections.flatMap((s) => s.tables ?? []).find((t) => t.is_criteria).criteria;

await test('only whoever may give verdicts has a desk', async () => {
	for (const r of (await officer.json('/r/application?state=filed&limit=50')).json.list.rows) await officer.move('application', r.id, 'check');
	same((await officer.get(desk)).status, 200, 'the officer');
	for (const other of ['chief', 'lab', 'prefecture', 'expert1']) {
		same((await who[other].get(desk)).status, 404, `${other} opens the desk`);
		same((await who[other].api(desk, { records: [] })).status, 404, `${other} saves`);
		same((await form(who[other], `${desk}/autosave`, [])).status, 404, `${other} keeps`);
	}
	same((await officer.get('/r/need/verdicts')).status, 404, 'a type without criteria');
	check((await officer.get('/r/application')).text.includes(`href="${desk}"`), 'the list leads to the desk');
	check(!(await who.lab.get('/r/application')).text.includes(`href="${desk}"`), 'the list of others does not');
});

await test('a row is open until figures or a person find it met; what the figures found is folded; the record stands beside it', async () => {
	const got = await all();
	check(got.cases.length >= 4, `cases: ${got.cases.length}`);
	const [one] = got.cases;
	check(one.rows.length > 0 && one.rows.every((r) => r.judged !== 'met' || r.fails), 'open rows');
	check(one.folded.length > 3 && one.folded.every((r) => r.judged === 'met'), 'folded rows');
	const suits = one.rows.find((r) => r.criterion === 'suits');
	check(suits.shown_beside.some((v) => v.name === 'keywords' && v.text.length > 0) && suits.shown_beside.some((v) => v.name === 'plan'), 'what stands beside it');
	const counts = Object.fromEntries(got.tabs.map((t) => [t.name, t.count]));
	same(counts.all, got.total, 'all');
	same(counts.open, (await all(officer, 'show=open')).total, 'those that need a person');
	same(counts.fails, (await all(officer, 'show=fails')).cases.filter((c) => c.fails > 0).length, 'those that fail');
	const narrow = await all(officer, 'show=all&criterion=application.suits');
	check(narrow.cases.every((c) => c.rows.every((r) => r.criterion === 'suits') && c.folded.length === 0), 'one criterion alone');
	const call = got.calls[0];
	same((await all(officer, `show=all&call=${call.value}`)).total, call.count, 'one call alone');
});

await test('verdicts of many are saved at once; a record that somebody changed keeps what was typed and says so', async () => {
	const [a, b] = (await all()).cases, suits = (c) => c.rows.find((r) => r.criterion === 'suits'), alike = (c) => [...c.rows, ...c.folded].find((r) => r.criterion === 'similarity');
	same((await officer2.api(desk, { records: [{ id: b.id, rev: String(b.rev), rows: [{ measure: 'application', criterion: 'similarity', verdict: 'met', note: '另一人' }] }] })).json.saved, 1, 'another officer');
	const got = await form(officer, `${desk}?show=all`, [['_step', 'save'], [`rev.${a.id}`, a.rev], [`rev.${b.id}`, b.rev],
		[input(a.id, suits(a)), 'met'], [note(a.id, suits(a)), ''], [input(b.id, suits(b)), 'not_met'], [note(b.id, suits(b)), '不属本方向']]);
	same(got.status, 409, got.text.slice(0, 300));
	check(got.text.includes('1 条已保存，1 条未能保存') && got.text.includes('不属本方向'), 'what was typed is gone');
	check(got.text.includes('有人在您之后修改了这条记录'), 'why');
	same((await stored(a.id)).find((r) => r.criterion === 'suits').verdict.text, '符合', 'the one that could be saved');
	check((await stored(b.id)).find((r) => r.criterion === 'suits').verdict.empty, 'the one that could not');
	const now = (await all()).cases.find((c) => c.id === b.id);
	const again = await form(officer, `${desk}?show=all`, [['_step', 'save'], [`rev.${b.id}`, now.rev], [input(b.id, suits(b)), 'not_met'], [note(b.id, suits(b)), '不属本方向'],
		[input(b.id, alike(b)), 'met'], [note(b.id, alike(b)), '另一人']]);
	same(again.status, 303, again.text.slice(0, 500));
	check(again.location.includes('done=saved') && again.location.endsWith(`#case-${b.id}`), again.location);
	const rows = await stored(b.id);
	same(`${rows.find((r) => r.criterion === 'suits').verdict.text} ${rows.find((r) => r.criterion === 'suits').note.text}`, '不符合 不属本方向', 'verdict and reason');
	same(rows.find((r) => r.criterion === 'similarity').note.text, '另一人', 'the verdict of another stays');
	check((await officer.json(`/r/application/${b.id}`)).json.history.filter((h) => h.who.includes('业务处室')).length >= 2, 'in the history');
});

await test('what is typed is kept on the server, across pages of the desk, until it is saved', async () => {
	const cases = (await all()).cases, [one, other] = cases.filter((c) => c.rows.some((r) => r.criterion === 'suits' && r.open)), row = one.rows.find((r) => r.criterion === 'suits');
	const kept = await form(officer, `${desk}/autosave`, [[`rev.${one.id}`, one.rev], [input(one.id, row), 'met'], [note(one.id, row), '属于该方向']]);
	same(kept.status, 200, kept.text);
	const seen = (await all()).cases.find((c) => c.id === one.id).rows.find((r) => r.criterion === 'suits');
	same(`${seen.options.find((o) => o.checked).value} ${seen.note_text}`, 'met 属于该方向', 'the working copy');
	check((await stored(one.id)).find((r) => r.criterion === 'suits').verdict.empty, 'not part of the record');
	check((await officer2.json(`${desk}?show=all`)).json.restored === undefined, 'another account sees it');
	/* Saving another record leaves it. */
	const third = other.rows.find((r) => r.criterion === 'suits');
	same((await form(officer, desk, [['_step', 'save'], [`rev.${other.id}`, other.rev], [input(other.id, third), 'met'], [note(other.id, third), '']])).status, 303, 'another is saved');
	same((await all()).cases.find((c) => c.id === one.id).rows.find((r) => r.criterion === 'suits').note_text, '属于该方向', 'the working copy of this one');
	const now = (await all()).cases.find((c) => c.id === one.id);
	same((await form(officer, desk, [['_step', 'save'], [`rev.${one.id}`, now.rev], [input(one.id, row), 'met'], [note(one.id, row), '属于该方向']])).status, 303, 'saved');
	check((await all()).restored === undefined, 'the working copy after saving');
});

await test('the same verdict is filled into those ticked, saved with one step and moved as a batch', async () => {
	const cases = (await all()).cases.filter((c) => c.rows.some((r) => r.open) && !c.rows.some((r) => r.options.some((o) => o.checked && o.value === 'not_met')));
	const ids = cases.slice(0, 2).map((c) => c.id);
	same((await form(officer, `${desk}?show=all`, [['_step', 'fill'], ['_verdict', 'met']])).status, 422, 'nothing is ticked');
	const filled = await form(officer, `${desk}?show=all`, [['_step', 'fill'], ['_verdict', 'met'], ['_note', '经核查'], ...cases.map((c) => [`rev.${c.id}`, c.rev]), ...ids.map((id) => ['id', id])]);
	same(filled.status, 200, filled.text.slice(0, 300));
	const pairs = [];
	for (const [, name, value] of filled.text.matchAll(/<input type="radio" name="(v\.[^"]+)" value="([^"]*)" data-key="\d" checked>/g)) pairs.push([name, value]);
	for (const [, name, text] of filled.text.matchAll(/<textarea id="[^"]*" name="(n\.[^"]+)"[^>]*>\n?([^<]*)<\/textarea>/g)) pairs.push([name, text]);
	check(ids.every((id) => pairs.some(([n, v]) => n.startsWith(`v.${id}.`) && v === 'met') && pairs.some(([n, v]) => n.startsWith(`n.${id}.`) && v === '经核查')), 'filled in');
	same((await form(officer, desk, [['_step', 'move'], ['move', 'pass']])).status, 422, 'a step for nobody');
	const moved = await form(officer, `${desk}?show=all`, [['_step', 'move'], ['move', 'pass'], ...ids.map((id) => ['id', id]), ...cases.map((c) => [`rev.${c.id}`, c.rev]), ...pairs]);
	same(moved.status, 303, moved.text.slice(0, 800));
	check(moved.location.startsWith('/bulk/'), moved.location);
	const look = (await officer.json(moved.location)).json;
	same(look.bulk.count, 2, 'the batch');
	same(look.bulk.done, 2, `would pass: ${JSON.stringify(look.skipped_rows)}`);
	await form(officer, moved.location, [['_step', 'go']]);
	await until('they have passed', async () => (await officer.json(moved.location)).json.bulk.state === 'done');
	for (const id of ids) same((await officer.json(`/r/application/${id}`)).json.state.name, 'eligible', 'its state');
	check((await all()).cases.every((c) => !ids.includes(c.id)), 'off the desk');
});

await test('what is overdue by the declared condition is marked', async () => {
	same((await all(officer, 'show=late')).total, 0, 'none yet');
	await advance(officer, 150);
	const got = await all(officer, 'show=late');
	check(got.total > 0 && got.total === got.tabs.find((t) => t.name === 'late').count && got.cases.every((c) => c.late), `late: ${got.total}`);
});

await server.stop();
end();

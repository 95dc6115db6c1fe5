// The cockpit: every figure is that of the list it leads to, for each who looks; times and lateness from events; as fast at 5,000 as small.
import { advance, check, end, full, needValues, people, same, startServer, test } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['officer', 'chief', 'prefecture', 'enterprise', 'expert1']);
const { officer, enterprise } = who;
// Lists count up to 1,000.
async function agrees(figure, client, link, message) {
	const l = (await client.json(`${link}${link.includes('?') ? '&' : '?'}limit=1`)).json.list;
	if (l.count_more) check(figure > l.count, `${message}: ${figure} instead of more than ${l.count}`);
	else same(figure, l.count, message);
}

await test('every figure is the count of its list', async () => {
	for (const login of ['officer', 'chief', 'prefecture']) {
		const all = (await who[login].json('/cockpit')).json.types;
		check(all.length > 3, `${login} sees few types`);
		for (const type of all) {
			await agrees(type.all, who[login], type.link, `${login}: all of ${type.name}`);
			for (const s of type.states.slice(0, 4)) await agrees(s.count, who[login], s.list, `${login}: ${type.name} in ${s.name}`);
		}
	}
	for (const type of ['application', 'need', 'challenge', 'lab']) {
		const one = (await officer.json(`/cockpit/${type}`)).json;
		for (const s of one.steps) await agrees(s.now, officer, s.list, `${type} in ${s.name}`);
		for (const by of one.splits.slice(0, 3)) {
			const split = (await officer.json(`/cockpit/${type}?by=${by.name}`)).json.split;
			for (const row of split.slice(0, 4)) {
				await agrees(row.sum, officer, row.list, `${type} by ${by.name}: ${row.label}`);
				for (const cell of row.cells.filter((c) => c.count).slice(0, 3)) await agrees(cell.count, officer, cell.list, cell.list);
			}
			same(split.length < 100 ? split.reduce((n, r) => n + r.sum, 0) : one.all, one.all, `${type} by ${by.name} adds up`);
		}
	}
});

await test('who may look: staff, over what they see', async () => {
	for (const login of ['enterprise', 'expert1']) for (const path of ['/cockpit', '/cockpit/need']) same((await who[login].json(path)).status, 404, `${login} at ${path}`);
	same((await officer.json('/cockpit/nothing')).status, 404, 'no such type');
	same((await officer.get('/cockpit/need/nothing')).status, 404, 'no such chart');
	same((await officer.json('/cockpit/need?by=title')).json.split.length, 0, 'a field that does not split');
	const names = (await officer.json('/cockpit/application_review')).json.people.map((x) => x.name);
	check(!names.some((n) => n.includes('专家')), `reviewers among the workload: ${names}`);
});

await test('times of a step, and what stands longer than usual', async () => {
	const ids = [];
	for (let i = 0; i < 7; i++) {
		const made = await enterprise.make('need', needValues(`用时${i}`));
		await enterprise.move('need', made.id, 'file');
		ids.push(made.id);
	}
	const before = (await officer.json('/cockpit/need')).json.steps.find((s) => s.name === 'filed');
	await advance(officer, 2);
	for (const id of ids.slice(0, 6)) await officer.move('need', id, 'accept');
	const after = (await officer.json('/cockpit/need')).json.steps.find((s) => s.name === 'filed');
	same(after.ended, before.ended + 6, 'left the state');
	check(after.high_ms >= 2 * 86400000, `nine tenths: ${after.high_ms}`);
	await advance(officer, 30);
	const late = (await officer.json('/cockpit/need')).json;
	const mine = late.late.find((x) => x.link.endsWith(ids[6]));
	check(mine && mine.with.includes('业务处室'), `the one left behind: ${JSON.stringify(late.late).slice(0, 300)}`);
	check(!late.late.some((x) => ids.slice(0, 6).some((id) => x.link.endsWith(id))), 'what went on is not late');
	check(late.people.length === 0, 'who did what 32 days ago still counts');
	for (const name of ['funnel', 'times']) check((await officer.get(`/cockpit/need/${name}`)).text.startsWith('<svg'), name);
});

await test('as fast at size', async () => {
	const n = full ? 5000 : 1000, lines = ['code,session,kind,title,proposer,content,received'];
	const best = async () => { let ms = Infinity; for (let i = 0; i < 5; i++) { const at = performance.now(); await officer.get('/cockpit/proposal'); ms = Math.min(ms, performance.now() - at); } return ms; };
	const small = await best();
	for (let i = 0; i < n; i++) lines.push(`${i},十四届一次会议,proposal,量大${i},提出人,内容,2026-01-05`);
	await officer.get('/r/proposal/import');
	const token = /name="token" value="(\d+)"/.exec((await officer.form('/r/proposal/import', { file: new File([lines.join('\n')], 'p.csv', { type: 'text/csv' }) })).text);
	await officer.form('/r/proposal/import/apply', { token: token[1] });
	const large = await best();
	console.log(`# the cockpit of ${n} records: ${large.toFixed(1)} ms; of a few: ${small.toFixed(1)} ms`);
	check(large < 1000, `slow: ${large} ms`);
});

await server.stop();
end();

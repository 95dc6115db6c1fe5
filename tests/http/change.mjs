// A change of a project: what is approved is seen before and after, rewrites the agreement at once, and what was agreed stays to be read.
// And the days that states declare: on to-do lists as coming, in the cockpit as late.
import { advance, check, day, end, people, same, startServer, test } from './kit.mjs';

const server = await startServer();
const { officer, lab, unit, university2 } = await people(server.base, ['officer', 'lab', 'unit', 'university2']);
const list = async (client, path) => (await client.json(path)).json;
const number = (text) => Date.parse(`${text}T00:00:00Z`) / 86400000;         // a date as the interface gives it
const id = (link) => link.split('/').pop();

// A project at work whose agreement is signed, of the demonstration's.
async function atWork() {
	for (const row of (await list(lab, '/r/task?state=signed&limit=50')).list.rows) {
		const task = await list(lab, `/r/task/${row.id}`), project = await list(lab, `/r/project/${task.values.project}`);
		if (project.state.name === 'running') return { task, project };
	}
	throw new Error('no project at work');
}

await test('who approves sees before and after; the agreement follows, its old words stay', async () => {
	const { task, project } = await atWork();
	const change = await lab.make('project_change', { project: id(project.link), kind: 'period', why: '试验周期长', what: '延期', new_end: day(400) });
	await lab.move('project_change', change.id, 'submit');
	await unit.move('project_change', change.id, 'forward');
	const asked = await list(officer, `/r/project_change/${change.id}/approve`);
	const ends = asked.effects.filter((x) => x.after.join() === day(400));
	same(ends.length, 2, `what it rewrites: ${JSON.stringify(asked.effects)}`);
	check(ends.every((x) => x.before.length === 1 && x.before[0] !== day(400) && x.after[0] === day(400)), `before and after: ${JSON.stringify(ends)}`);
	same((await list(lab, task.link)).values.ends, task.values.ends, 'changed before it is approved');
	await officer.move('project_change', change.id, 'approve', { values: { document: '1号' } });
	same((await list(lab, task.link)).values.ends, number(day(400)), 'the agreement');
	same((await list(lab, project.link)).values.ends, number(day(400)), 'the project');
	const kept = (await list(lab, `/r/task_version?task=${id(task.link)}`)).list.rows;
	same(kept.length, 1, 'one version is kept');
	same((await list(lab, `/r/task_version/${kept[0].id}`)).values.ends, task.values.ends, 'as it was agreed');
	same((await university2.json(`/r/task_version/${kept[0].id}`)).status, 404, 'another university reads it');
	check(/^\d{6}[A-Z]{2}\d{6}$/.test(project.number), `the project's number: ${project.number}`);
	// A second extension is refused to who writes it, before anybody approves it.
	const again = await lab.make('project_change', { project: id(project.link), kind: 'period', why: '再延', what: '再延', new_end: day(500) });
	same((await lab.api(`/r/project_change/${again.id}/submit`)).status, 422, 'extended twice');
});

await test('what is coming stands on the to-do list with its day; what is past its day is late', async () => {
	const coming = (await list(officer, '/todo')).todo.filter((x) => x.state.name === 'noticed' && x.due);
	check(coming.length, 'no running notice is on the officer\'s list');
	check(coming.every((x) => x.due >= day(0) && !x.overdue && x.blocked), `a notice that still runs: ${JSON.stringify(coming[0])}`);
	const before = await list(officer, '/cockpit/project_report');
	same(before.late.filter((x) => x.state.name === 'due').length, 0, 'late before its day');
	await advance(officer, 14);
	const after = await list(officer, '/cockpit/project_report'), late = after.late.filter((x) => x.state.name === 'due');
	check(late.length && late.every((x) => x.due && x.due < day(14)), `late by the declared day: ${JSON.stringify(after.late).slice(0, 400)}`);
	const open = (await list(officer, '/todo')).todo.filter((x) => x.state.name === 'noticed' && x.due);
	check(open.length && open.every((x) => x.overdue && !x.blocked), `a notice that has ended: ${JSON.stringify(open[0])}`);
});

await server.stop();
end();

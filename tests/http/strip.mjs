// What reviewers get of a field declared `strip`: the file without what tells of its author, under a plain name; the owner and the department
// get it as it was uploaded. What cannot be stripped is refused when it is uploaded. Other programs read the result where they are installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance, bidForm, check, draftChallenge, end, local, makeBid, people, publishChallenge, root, same, startServer, test, until } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['enterprise', 'university1', 'university2', 'officer', 'officer2', 'chief', 'supervisor', 'expert1']);
const sample = (name, as) => new File([readFileSync(join(root, 'tests/data/strip', name))], as);
const folder = mkdtempSync(join(tmpdir(), 'lc-strip-'));
let files;

async function planOf(login, bid) {
	const page = (await who[login].json(`/r/bid/${bid}`)).json;
	const field = page.sections.flatMap((s) => s.fields).find((f) => f.name === 'plan');
	return { text: field.text, got: await who[login].get(field.link), page: JSON.stringify(page) };
}

await test('a file that cannot be stripped is refused where it was chosen, and the form keeps what was typed', async () => {
	const { challenge } = await draftChallenge(who, '去除作者信息');
	await publishChallenge(who, challenge, local(600));
	const refused = await who.university1.form('/r/bid/new', bidForm(challenge, { title: '方案甲', plan: sample('locked.pdf', '张三-方案.pdf') }));
	same(refused.status, 422, 'a protected PDF');
	check(refused.text.includes('方案甲') && /张三-方案\.pdf[^<]*密码/.test(refused.text), refused.text.slice(0, 2000));
	files = [
		{ login: 'university1', sample: 'packed.pdf', bid: await makeBid(who.university1, challenge, { title: '方案甲', plan: sample('packed.pdf', '张三-方案.pdf') }) },
		{ login: 'university2', sample: 'text.docx', bid: await makeBid(who.university2, challenge, { title: '方案乙', plan: sample('text.docx', '李四-方案.docx') }) },
	];
	for (const f of files) await who[f.login].move('bid', f.bid, 'file');
	await advance(who.officer, 1);
	await until('the challenge closes', async () => (await who.officer.json(`/r/challenge/${challenge}`)).json.state.name === 'closed');
	await who.officer.move('challenge', challenge, 'first_open');
	await who.officer2.move('challenge', challenge, 'second_open');
	const experts = (await who.officer.json(`/r/person?q=${encodeURIComponent('评审专家')}&limit=100`)).json.list.rows;
	await who.officer.change('challenge', challenge, { panel: experts.map((e) => ({ expert: e.id })) });
	await who.officer.move('challenge', challenge, 'assign');
});

await test('the owner and the department read the original', async () => {
	for (const f of files)
		for (const login of [f.login, 'officer', 'supervisor'])
			same((await planOf(login, f.bid)).got.bytes.compare(readFileSync(join(root, 'tests/data/strip', f.sample))), 0, `${login}, ${f.sample}`);
});

await test('the reviewer reads the content and learns nothing of the author', async () => {
	for (const f of files) {
		const { text, got, page } = await planOf('expert1', f.bid);
		same(got.status, 200, f.sample);
		same(text, `plan.${f.sample.split('.')[1]}`, 'the name on the page');
		check(!/张三|李四|%E5%BC%A0|%E6%9D%8E/.test(page + got.headers.get('content-disposition')), 'the name tells');
		check(!got.bytes.includes('KANARI'), `${f.sample}: a canary`);
		const path = join(folder, text);
		writeFileSync(path, got.bytes);
		if (text.endsWith('.pdf')) {
			check(execFileSync('pdftotext', [path, '-'], { encoding: 'utf8' }).includes('the content stays'), 'the text of the page');
			check(!/Author|Creator|Producer|Title|CreationDate/.test(execFileSync('pdfinfo', [path], { encoding: 'utf8' })), 'pdfinfo knows more');
			const qpdf = spawnSync('qpdf', ['--check', path], { encoding: 'utf8' });
			if (!qpdf.error) same(qpdf.status, 0, `qpdf: ${qpdf.stdout}${qpdf.stderr}`);
		} else {
			const open = spawnSync('/usr/bin/python3', ['-c', 'import docx,sys\nd=docx.Document(sys.argv[1])\nprint(repr(d.core_properties.author), "\\n".join(p.text for p in d.paragraphs))', path], { encoding: 'utf8' });
			if (!/No module/.test(open.stderr)) check(open.stdout.includes('锡基新材料中试项目'), open.stderr);
		}
		const all = spawnSync('exiftool', ['-a', '-u', path], { encoding: 'utf8' });
		if (!all.error) check(!/KANARI|2026:11:2/.test(all.stdout.replace(/^File .*$/gm, '')), all.stdout);
	}
});

await server.stop();
rmSync(folder, { recursive: true, force: true });
end();

// What leaves the system: a dossier by a link for somebody without an account, Atom feeds of what is public, a calendar of deadlines by a
// secret address. Each shows what its maker may see, ends when it is withdrawn, and is read by other programs where they are installed.
import { spawnSync, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance, binary, check, Client, draftChallenge, end, local, makeBid, pdf, people, publishChallenge, same, startServer, test } from './kit.mjs';

const server = await startServer();
const who = { ...await people(server.base, ['enterprise', 'university1', 'university2', 'officer', 'chief', 'sysadmin']), visitor: new Client(server.base) };
const folder = mkdtempSync(join(tmpdir(), 'lc-paper-'));
const python = (code, ...args) => spawnSync('/usr/bin/python3', ['-c', code, ...args], { encoding: 'utf8' });
const title = '卷宗检验，含分号;与逗号', deadline = local(3 * 1440);
let challenge, need;

await test('a challenge with a need, a file and a sealed bid', async () => {
	({ challenge, need } = await draftChallenge(who, title));
	await who.officer.form(`/r/challenge/${challenge}/edit`, { material: pdf('KANARIinhalt', '攻关背景材料.pdf') });
	await publishChallenge(who, challenge, deadline);
	const bid = await makeBid(who.university1, challenge, { title: 'KANARIgeheim' });
	await who.university1.move('bid', bid, 'file');
});

let link;
await test('the dossier: an index, every record as PDF and data, files under their Chinese names', async () => {
	const refused = await who.officer.form(`/r/need/${need}/dossier`, { name: '', days: '7' });
	same(refused.status, 422, 'without a reason');
	const page = await who.officer.form(`/r/need/${need}/dossier`, { name: '省审计厅抽查', days: '7' });
	[, link] = /<code>(\/dossier\/[\w-]+)<\/code>/.exec(page.text);
	check((await who.officer.get(`/r/need/${need}`)).text.includes('省审计厅抽查'), 'the record does not tell of the link');
	const cover = await who.visitor.get(link);
	check(cover.status === 200 && cover.text.includes('省审计厅抽查'), cover.text.slice(0, 300));
	const got = await who.visitor.get(`${link}/zip`);
	same(got.headers.get('content-type'), 'application/zip', got.text.slice(0, 300));
	const path = join(folder, 'd.zip');
	writeFileSync(path, got.bytes);
	const tested = spawnSync('unzip', ['-tqq', path], { encoding: 'utf8' });
	same(tested.status, 0, tested.stdout.slice(0, 600) + tested.stderr.slice(0, 600));
	/* As flagged UTF-8, by two other programs. */
	const names = python('import zipfile,sys\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): print(bool(i.flag_bits & 0x800), i.filename)', path).stdout.trim().split('\n');
	check(names.every((n) => n.startsWith('True ')), 'names that do not say they are UTF-8');
	for (const want of ['目录.html', '目录.pdf', '攻关背景材料.pdf', '/记录.pdf', '/record.json', '技术需求', '榜单'])
		check(names.some((n) => n.includes(want)), `${want} is missing in\n${names.join('\n')}`);
	const all = spawnSync('unzip', ['-p', path], { maxBuffer: 1 << 26 }).stdout;
	check(!all.includes('KANARIgeheim'), 'the sealed bid is in the dossier');
	check(all.includes('KANARIinhalt'), 'the file is not');
	same(new Set(names).size, names.length, 'a name stands twice');
	await test('… and it is recorded, ends when it is withdrawn, and opens for nobody else', async () => {
		check((await who.officer.get(`/r/need/${need}`)).text.includes('凭链接取走卷宗'), 'taking it left no trace');
		same((await who.visitor.get(`${link}x/zip`)).status, 404, 'another token');
		same((await who.enterprise.get(`/r/need/${need}/dossier`)).status, 404, 'its owner is no staff');
		same((await who.enterprise.form(`/r/need/${need}/dossier`, { name: 'x', days: '7' })).status, 404, 'makes one all the same');
		const [, hash] = /name="hash" value="(\w+)"/.exec((await who.officer.get(`/r/need/${need}/dossier`)).text);
		same((await who.officer.form(`/r/need/${need}/dossier/revoke`, { hash })).status, 303, 'withdrawn');
		same((await who.visitor.get(`${link}/zip`)).status, 404, 'after it was withdrawn');
	});
});

await test('Atom: what the public may see, whoever asks', async () => {
	const got = await who.officer.get('/r/challenge/feed');
	same(got.headers.get('content-type'), 'application/atom+xml; charset=utf-8', 'type');
	check(got.text.includes(title) && got.text.includes(`/r/challenge/${challenge}`), 'the challenge');
	same(got.text, (await who.visitor.get('/r/challenge/feed')).text, 'a visitor reads the same');
	same((await who.officer.get('/r/review/feed')).status, 404, 'of what is not public there is none');
	same((await who.visitor.get('/r/review/feed')).text, (await who.visitor.get('/r/nothing/feed')).text, 'hidden and missing read the same');
	const path = join(folder, 'f.xml');
	writeFileSync(path, got.bytes);
	execFileSync('xmllint', ['--noout', path]);
	const read = python('import feedparser,sys\nf=feedparser.parse(sys.argv[1])\nprint(f.bozo, f.version, len(f.entries), all(e.id and e.updated_parsed and e.link for e in f.entries))', path);
	if (!/No module/.test(read.stderr)) check(/^(0|False) atom10 [1-9]\d* True/.test(read.stdout), read.stdout + read.stderr);
});

await test('the calendar: deadlines with their zone, by an address that can be withdrawn', async () => {
	const page = await who.university2.form('/feeds/calendar');
	const [, path] = /(\/calendar\/[\w-]+\.ics)/.exec(page.text);
	const got = await who.visitor.get(path);
	same(got.headers.get('content-type'), 'text/calendar; charset=utf-8', got.text.slice(0, 300));
	check(got.text.split('\r\n').every((l) => Buffer.byteLength(l) <= 75) && !/[^\r]\n/.test(got.text), 'lines longer than 75 bytes, or no CRLF');
	const unfolded = got.text.replace(/\r\n /g, '');
	const event = unfolded.split('BEGIN:VEVENT').find((e) => e.includes(challenge));
	check(event.includes(`DTSTART;TZID=UTC+0800:${deadline.replace(/[-:]/g, '')}00\r\n`), event);
	check(event.includes('卷宗检验，含分号\\;与逗号'), event);
	const file = join(folder, 'c.ics');
	writeFileSync(file, got.bytes);
	const read = python('import icalendar,sys\nc=icalendar.Calendar.from_ical(open(sys.argv[1],"rb").read())\ne=[x for x in c.walk("VEVENT")]\nprint(len(e), all(x.get("UID") and x.get("DTSTAMP") for x in e), {x["DTSTART"].dt.utcoffset().total_seconds() for x in e if hasattr(x["DTSTART"].dt,"utcoffset")})', file);
	if (!/No module/.test(read.stderr)) check(/^[1-9]\d* True \{28800\.0\}/.test(read.stdout), read.stdout + read.stderr);
	check(!unfolded.includes('KANARIgeheim'), 'a sealed bid');
	const [, hash] = /name="hash" value="(\w+)"/.exec((await who.university2.get('/feeds')).text);
	same((await who.officer.form('/feeds/calendar/revoke', { hash })).status, 404, 'somebody else withdraws it');
	same((await who.visitor.get(path)).status, 200, 'still open');
	same((await who.university2.form('/feeds/calendar/revoke', { hash })).status, 303, 'withdrawn');
	same((await who.visitor.get(path)).status, 404, 'after it was withdrawn');
});

await test('a link is over when its days are, and with its maker’s rights', async () => {
	const page = await who.officer.form(`/r/need/${need}/dossier`, { name: '到期检验', days: '1' });
	const [, short] = /<code>(\/dossier\/[\w-]+)<\/code>/.exec(page.text);
	same((await who.visitor.get(short)).status, 200, 'open');
	await advance(who.officer, 2);
	same((await who.visitor.get(short)).status, 404, 'two days later');
	execFileSync(binary, ['audit', 'verify', '--data', server.data]);
});

await server.stop();
rmSync(folder, { recursive: true, force: true });
end();

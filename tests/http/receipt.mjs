// Receipts: who files gets one, on the record, in the mail, as PDF and as a file; the file is checked offline by the command and by openssl
// alone; every alteration is named; nobody else sees it, and the sealed bid stays sealed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, Client, check, draftChallenge, end, local, makeBid, pdf, people, publishChallenge, same, startServer, test } from './kit.mjs';

const server = await startServer();
const who = { ...await people(server.base, ['enterprise', 'university1', 'university2', 'officer', 'chief']), visitor: new Client(server.base) };
const folder = mkdtempSync(join(tmpdir(), 'lc-receipt-'));
const verify = (...args) => {
	const run = spawnSync(binary, ['receipt', 'verify', ...args, '--lang', 'en'], { encoding: 'utf8' });
	return { code: run.status, said: run.stderr, json: run.stdout ? JSON.parse(run.stdout) : null };
};
const put = (name, content) => { const path = join(folder, name); writeFileSync(path, content); return path; };
const plan = pdf('die Datei', '实施方案.pdf'), planBytes = Buffer.from(await plan.arrayBuffer());
let bid, number, text, path, key;

await test('a sealed bid gives its filer a receipt with every field and the file', async () => {
	const { challenge } = await draftChallenge(who, '回执检验');
	await publishChallenge(who, challenge, local(600));
	bid = await makeBid(who.university1, challenge, { plan, title: '密封的名称' });
	await who.university1.move('bid', bid, 'file');
	const page = await who.university1.json(`/r/bid/${bid}`);
	same(page.json.receipts.length, 1, 'receipts on the record');
	({ number } = page.json.receipts[0]);
	check(/^R\d{8}-[0-9a-hjkmnp-tv-z]{8}$/.test(number), number);
	text = (await who.university1.get(`/receipt/${number}/file`)).text;
	path = put('r.json', text);
	const whole = JSON.parse(text), head = JSON.parse(whole.head);
	same(whole.values.title, '密封的名称', 'the value filed');
	same(head.files.length, 1, 'files');
	same(head.files[0].sha256, createHash('sha256').update(planBytes).digest('hex'), 'digest of the file');
	check(!('reviews' in head.fields) && !('score' in head.fields), 'computed fields do not belong in a receipt');
	const mail = (await who.university1.json('/mail')).text;
	check(mail.includes(number) && mail.includes(whole.digest), 'number and digest are in the mail');
	const pdfPage = await who.university1.get(`/receipt/${number}.pdf`);
	check(pdfPage.bytes.subarray(0, 5).toString() === '%PDF-', 'the receipt as PDF');
});

await test('openssl alone agrees with digest and signature', async () => {
	const whole = JSON.parse(text), head = put('head', whole.head);
	const sm3 = execFileSync('openssl', ['dgst', '-sm3', head], { encoding: 'utf8' }).trim().split(/\s/).pop();
	same(sm3, whole.digest, 'SM3 of the head');
	// RFC 8410: an Ed25519 public key is these twelve bytes and the key.
	const der = put('key.der', Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(whole.key, 'hex')]));
	const signature = put('signature', Buffer.from(whole.signature, 'hex'));
	execFileSync('openssl', ['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', der, '-rawin', '-in', head, '-sigfile', signature]);
	const value = JSON.stringify(whole.values.title), { salt, fields } = JSON.parse(whole.head);
	const one = execFileSync('openssl', ['dgst', '-sm3'], { input: `${salt}\ntitle\n${value}`, encoding: 'utf8' }).trim().split(/\s/).pop();
	same(one, fields.title, 'SM3 of one field');
});

await test('the command verifies it offline, with the key published, the file and the record', async () => {
	key = (await who.visitor.json('/receipt')).json.key;
	const file = put('andersgenannt.pdf', planBytes);
	const record = put('record.json', (await who.university1.json(`/r/bid/${bid}`)).text);
	const got = verify(path, file, '--key', key, '--record', record);
	same(got.code, 0, got.said);
	same(got.json.genuine, true, 'genuine');
	same(got.json.files[0].filed_as, 'plan.pdf', 'the file is known by its content');
	same(got.json.differs.length, 0, JSON.stringify(got.json.differs));
});

await test('every alteration is found and named', async () => {
	const alter = (name, change) => { const o = JSON.parse(text); change(o); return verify(put(name, JSON.stringify(o)), '--key', key); };
	let n = 0;
	for (const field of Object.keys(JSON.parse(text).values)) {
		const got = alter(`v${n++}.json`, (o) => { o.values[field] = o.values[field] === 'x' ? 'y' : 'x'; });
		same(got.code, 1, `${field} altered`);
		same(got.json.altered.join(), field, 'the altered field');
	}
	same(alter('row.json', (o) => { o.values.team[0].name += ' '; }).json.altered.join(), 'team', 'a blank more in a row');
	same(alter('gone.json', (o) => { delete o.values.price; }).json.altered.join(), 'price', 'a field taken out');
	same(alter('more.json', (o) => { o.values.extra = 1; }).json.altered.join(), 'extra', 'a field put in');
	same(alter('time.json', (o) => { o.head = o.head.replace(/"at_ms":(\d)/, '"at_ms":9'); }).json.wrong, 'signature', 'another time');
	same(alter('digest.json', (o) => { o.digest = o.digest.replace(/^./, (c) => (c === '0' ? '1' : '0')); }).json.wrong, 'digest', 'another digest');
	same(alter('signature.json', (o) => { o.signature = o.signature.replace(/^./, (c) => (c === '0' ? '1' : '0')); }).json.wrong, 'signature', 'another signature');
	const other = put('other.pdf', Buffer.concat([planBytes, Buffer.from('%')]));
	const got = verify(path, other);
	same(got.code, 1, 'another file');
	check(got.said.includes('none of the files'), got.said);
	same(verify(put('no.json', '{"a":1}')).code, 2, 'not a receipt');
	same(verify(path, '--key', key.replace(/^./, (c) => (c === '0' ? '1' : '0'))).json.wrong, 'key', 'another key');
});

await test('nobody else sees it, and its page checks for anybody who has the file', async () => {
	for (const login of ['enterprise', 'university2', 'officer', 'chief', 'visitor']) {
		const page = await who[login].get(`/r/bid/${bid}`);
		check(!page.text.includes(number), `${login} sees the number on the record`);
		const one = await who[login].get(`/receipt/${number}`);
		check(!one.text.includes('密封的名称'), `${login} reads the receipt`);
		if (login !== 'visitor') same(one.status, 404, `${login} opens the receipt`);
	}
	await who.visitor.get('/receipt');
	const send = (client, content) => client.form('/receipt', { receipt: new File([content], 'r.json') }, { accept: 'application/json' });
	const good = (await send(who.visitor, text)).json;
	check(good.genuine && good.known && good.our_key && !good.record_link, JSON.stringify(good).slice(0, 300));
	const forged = JSON.parse(text);
	forged.values.title = '另一个名称';
	const bad = (await send(who.visitor, JSON.stringify(forged))).json;
	check(!bad.genuine && bad.signature_good && bad.altered.join() === '方案名称', JSON.stringify(bad.altered));
});

await test('what has changed since is told to whom it may concern', async () => {
	await who.university1.move('bid', bid, 'withdraw');
	await who.university1.change('bid', bid, { months: '18' });
	const got = (await who.university1.form('/receipt', { receipt: new File([text], 'r.json') }, { accept: 'application/json' })).json;
	check(got.genuine, 'still genuine');
	same(got.changed.length, 1, JSON.stringify(got.changed));
	await who.university1.move('bid', bid, 'file');
	same((await who.university1.json(`/r/bid/${bid}`)).json.receipts.length, 2, 'another receipt for the version filed again');
	execFileSync(binary, ['audit', 'verify', '--data', server.data]);
});

await server.stop();
rmSync(folder, { recursive: true, force: true });
end();

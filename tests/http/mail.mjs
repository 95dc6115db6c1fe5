// Notices go out by SMTP when a server is named: a small real SMTP server here takes them.
import net from 'node:net';
import { Client, check, end, startServer, test, until } from './kit.mjs';

const messages = [];
const smtp = net.createServer((socket) => {
	let data = null, buffer = '';
	socket.write('220 test ESMTP\r\n');
	socket.on('error', () => {});
	socket.on('data', (chunk) => {
		buffer += chunk;
		for (let at; (at = buffer.indexOf('\r\n')) >= 0;) {
			const line = buffer.slice(0, at);
			buffer = buffer.slice(at + 2);
			if (data !== null) {
				if (line === '.') {
					messages.push(data);
					data = null;
					socket.write('250 ok\r\n');
				} else data += `${line.replace(/^\.\./, '.')}\n`;
			} else if (/^DATA/i.test(line)) {
				data = '';
				socket.write('354 go on\r\n');
			} else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
			else socket.write('250 ok\r\n');
		}
	});
});
await new Promise((r) => smtp.listen(0, '127.0.0.1', r));
const server = await startServer({ args: ['--smtp', `smtp://127.0.0.1:${smtp.address().port}`, '--mail-from', 'system@demo.invalid', '--link-base', 'http://127.0.0.1'] });

await test('a notice is sent once, readable, with its link', async () => {
	const officer = await new Client(server.base).signIn('officer');
	const list = await officer.json('/r/need?state=filed');
	const row = list.json.list.rows[0];
	check(row, 'no filed need in the demonstration');
	await officer.move('need', row.id, 'return', { reason: '请补充指标' });
	// Others may be on their way too: the clock sends reminders of its own.
	const parts = (m) => {
		const [head, body] = m.split('\n\n');
		return { head, text: Buffer.from(body.replace(/\s/g, ''), 'base64').toString() };
	};
	const link = `http://127.0.0.1/r/need/${row.id}`, about = () => messages.map(parts).filter((m) => m.text.includes(link));
	await until('a mail with the link arrives', () => about().length > 0);
	const { head } = about()[0];
	const subject = [...head.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map((m) => Buffer.from(m[1], 'base64').toString()).join('');
	check(/[\u4e00-\u9fff]/.test(subject), `the subject is not readable: ${head}`);
	check(/^To: <[a-z0-9]+@demo\.invalid>$/m.test(head), head);
	const count = about().length;
	await new Promise((r) => setTimeout(r, 4500));
	check(about().length === count, 'a notice was sent twice');
});

await server.stop();
smtp.close();
end();

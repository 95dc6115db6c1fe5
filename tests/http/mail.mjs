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

const idOf = (message) => message.match(/^Message-ID: (.*)$/m)[1];
const textOf = (message) => Buffer.from(message.split('\n\n')[1].replace(/\s/g, ''), 'base64').toString();

/* Return a filed need, and the notice about it; other notices (deadlines of the demonstration) may come between. */
async function noticeOfReturn(officer) {
	const row = (await officer.json('/r/need?state=filed')).json.list.rows[0];
	check(row, 'no filed need in the demonstration');
	await officer.move('need', row.id, 'return', { reason: '请补充指标' });
	const link = `http://127.0.0.1/r/need/${row.id}`;
	await until(`a mail about ${link}`, () => messages.some((m) => textOf(m).includes(link)));
	return messages.find((m) => textOf(m).includes(link));
}

await test('a notice is sent once, readable, with its link, in the language its reader signed in with', async () => {
	const officer = await new Client(server.base).signIn('officer');
	const message = await noticeOfReturn(officer), [head] = message.split('\n\n');
	const subject = [...head.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map((m) => Buffer.from(m[1], 'base64').toString()).join('');
	check(/[\u4e00-\u9fff]/.test(subject), `the subject is not readable: ${head}`);
	check(textOf(message).includes('请补充指标'), `no reason: ${textOf(message)}`);
	const [, login] = head.match(/^To: <([a-z0-9]+)@demo\.invalid>$/m) || [];
	check(login, head);
	const reader = new Client(server.base);
	await reader.get('/signin?lang=en');
	await reader.signIn(login);
	const english = textOf(await noticeOfReturn(officer));
	check(english.includes('was returned'), `not English, for ${login}: ${english}`);
	await new Promise((r) => setTimeout(r, 4500));
	const ids = messages.map(idOf);
	check(new Set(ids).size === ids.length, 'a notice was sent twice');
});

await server.stop();
smtp.close();
end();

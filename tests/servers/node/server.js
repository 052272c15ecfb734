// http with its defaults: server.js PORT; or server.js PORT ADDRESS [KEEP_ALIVE_MS].
const [port, address = '127.0.0.1', keepAliveMs] = process.argv.slice(2);
const server = require('http').createServer((request, answer) => answer.end('pong'));
if (keepAliveMs) server.keepAliveTimeout = Number(keepAliveMs);
server.listen(Number(port), address);
